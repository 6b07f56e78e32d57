import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { FakeCatalogue, fakeTool } from "./fixtures/catalogue.ts";
import { startDaemon } from "./fixtures/daemon.ts";

describe("SDK v2", () => {
  for (const mode of ["auto", "legacy"] as const) {
    test(`lists and calls, ${mode}`, async () => {
      await using daemon = await startDaemon({ catalogue: new FakeCatalogue([fakeTool({ name: "greet" })]) });
      const client = new Client(
        { name: "t", version: "1" },
        mode === "auto" ? { versionNegotiation: { mode: "auto" } } : {},
      );
      await client.connect(
        new StreamableHTTPClientTransport(new URL(daemon.url), {
          requestInit: { headers: { authorization: "Bearer ada" } },
        }),
      );
      console.log(
        mode,
        client.getServerVersion(),
        client.getServerCapabilities(),
        client.getInstructions(),
        (client as any).getNegotiatedProtocolVersion?.(),
      );
      console.log((await client.listTools()).tools.map((t) => t.name));
      console.log(await client.callTool({ name: "execute_tool", arguments: { name: "greet" } }));
      console.log(await client.callTool({ name: "nope", arguments: { name: "greet" } }).catch((e) => e));
      await client.close();
    });
  }
});
