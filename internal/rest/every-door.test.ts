import { everyDoorTest } from "../testkit/every-door.ts";
import { openRest } from "../testkit/rest.ts";
import { thingOperations } from "../testkit/things.ts";

everyDoorTest(thingOperations, {
  open: async () => {
    const { server, audit } = openRest();
    return {
      inject: (request) => server.inject(request),
      everything: { authorization: "Bearer all" },
      nothing: { authorization: "Bearer none" },
      reading: { authorization: "Bearer reader" },
      mcpOnly: { authorization: "Bearer mcp-only" },
      audited: async () => audit.map(({ capability, outcome }) => ({ operation: capability.name, outcome })),
      close: () => server.close(),
    };
  },
});
