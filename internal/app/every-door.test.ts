import { everyDoorTest } from "../testkit/every-door.ts";
import { startHouse } from "../testkit/house.ts";
import { operations } from "./operations.ts";

everyDoorTest(operations, {
  open: async () => {
    const house = await startHouse({ flags: ["--server-docker-enabled=never", "--server-podman-enabled=never"] });
    const { admin, daemon } = house;
    await admin.browser.ok("create_role", { name: "nothing", permissions: [] });
    const nobody = await house.add("nobody", "nothing");
    const bearer = async (scope: string) => ({ authorization: `Bearer ${(await admin.token(scope, [scope])).secret}` });
    return {
      inject: async ({ method, url, headers, payload }) => {
        const response = await fetch(`${daemon.origin}${url}`, {
          method,
          headers,
          ...(payload === undefined ? {} : { body: payload }),
        });
        return { statusCode: response.status, body: await response.text() };
      },
      everything: admin.browser.headers,
      nothing: nobody.browser.headers,
      reading: await bearer("read"),
      mcpOnly: await bearer("mcp"),
      audited: async () =>
        (await admin.browser.ok("list_audit_entries", { outcome: "denied", user: "nobody", limit: 1000 })).entries,
      close: async () => house[Symbol.asyncDispose](),
    };
  },
});
