import { Vault } from "../secret/secret.ts";
import { openSpaces } from "../space/open-spaces.ts";
import { SqlSpaces } from "../store/spaces.ts";
import { openStore } from "../store/store.ts";
import { withFailpoints } from "./failpoint.ts";
import { callOf } from "./principal.ts";
import { FakeEngine, FakeRuntime } from "./runtime.ts";
import { FakeTemplates, newSpace, unlimited } from "./spaces.ts";

/**
 * A process of its own that does one thing to the space "dev" and is killed with SIGKILL at the point that
 * KNOT_FAILPOINT names. Arguments: SQLite file, engine file, what to do.
 */
const [database = "", engine = "", action = ""] = process.argv.slice(2);
const fatal = process.env["KNOT_FAILPOINT"];

const at = async (point: string) => {
  if (point !== "" && point === fatal) process.kill(process.pid, "SIGKILL");
};
const store = await openStore({ kind: "sqlite", path: database });
const opened = openSpaces({
  store: withFailpoints(new SqlSpaces(store), "store", at),
  runtimes: new Map([["docker", withFailpoints(new FakeRuntime(new FakeEngine(engine)), "runtime", at)]]),
  templates: new FakeTemplates(),
  quotas: { limitsOf: async () => unlimited },
  owners: { emailOf: async () => null },
  vault: new Vault(Buffer.alloc(32, 7)),
  onError: (what, cause) => console.error(what, cause),
  timing: { pollEvery: 5, progressEvery: 0, grace: 0 },
});
const dev = { space: "dev", wait_seconds: 60 };
if (action === "create") await opened.spaces.create(callOf({ idempotency_key: "key-1" }), newSpace());
if (action === "stop") await opened.spaces.stop(callOf(), dev);
if (action === "delete") {
  await opened.spaces.delete(callOf(), { ...dev, confirm: true, force: false, keep_volumes: false });
}
if (action === "settle") await opened.reconciler.sweep();
await opened[Symbol.asyncDispose]();
await store[Symbol.asyncDispose]();
