import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fastify from "fastify";
import { assertFixturesAllowed, closeUnlessLoopback } from "./fixture-source.ts";

describe("fixtures", () => {
  test("are refused unless the environment says that this is a test", () => {
    assert.throws(() => assertFixturesAllowed("http://localhost:3000", {}));
    assert.throws(() => assertFixturesAllowed("http://localhost:3000", { KNOT_TEST_FIXTURES: "true" }));
    assert.doesNotThrow(() => assertFixturesAllowed("http://localhost:3000", { KNOT_TEST_FIXTURES: "1" }));
  });

  test("are gone when the server listens for others", async () => {
    const closed = Promise.withResolvers<void>();
    const open = fastify();
    open.addHook("onClose", async () => closed.resolve());
    closeUnlessLoopback(open);
    await open.listen({ host: "0.0.0.0", port: 0 });
    await closed.promise;
    const own = fastify();
    closeUnlessLoopback(own);
    await own.listen({ host: "127.0.0.1", port: 0 });
    assert.equal(own.server.listening, true);
    await own.close();
  });

  test("are refused where others can reach the daemon, whatever the environment says", () => {
    for (const url of ["https://knot.example.com", "http://0.0.0.0:3000", "http://192.168.1.2", "http://[::]:3000"]) {
      assert.throws(() => assertFixturesAllowed(url, { KNOT_TEST_FIXTURES: "1" }), url);
    }
  });
});
