import assert from "node:assert/strict";
import { storeTest } from "../testkit/store.ts";
import { SqlInstallation } from "./installation.ts";

storeTest("belongs to whoever claimed it first, also of many at once", async (_t, store) => {
  const installation = new SqlInstallation(store);
  const claims = await Promise.all(
    ["a", "b", "c"].map((name) => installation.claim({ instance_id: name, key_id: `k-${name}` })),
  );
  assert.equal(new Set(claims.map(({ instance_id }) => instance_id)).size, 1);
  assert.deepEqual(await installation.claim({ instance_id: "d", key_id: "k-d" }), claims[0]);
});

storeTest("takes another key when it is told to, and keeps its name", async (_t, store) => {
  const installation = new SqlInstallation(store);
  await installation.claim({ instance_id: "a", key_id: "old" });
  await installation.setKey("new");
  assert.deepEqual(await installation.claim({ instance_id: "b", key_id: "old" }), { instance_id: "a", key_id: "new" });
});
