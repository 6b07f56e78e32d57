import { Audit } from "../audit/audit.ts";
import type { Config } from "../config/schema.ts";
import { type Call, createCall } from "../operation/call.ts";
import { createRegistry, type Registry } from "../operation/registry.ts";
import { Waist } from "../operation/waist.ts";
import { SqlAudit } from "../store/audit.ts";
import * as token from "../token/operations.ts";
import * as user from "../user/operations.ts";
import { signInLog } from "./auth-door.ts";
import { lockDataDir, openDataDir } from "./data-dir.ts";
import { createIdentity } from "./identity.ts";
import { openConfiguredStore, takeNewKey } from "./open-store.ts";
import { Opened } from "./opened.ts";

/** Through the waist like every other call, so that it is checked and audited; the machine's administrator may do all. */
export async function asLocalAdmin<Result>(
  config: Config,
  work: (invoke: (name: string, input: unknown) => Promise<unknown>) => Promise<Result>,
): Promise<Result> {
  const opened = new Opened();
  try {
    const store = opened.use(await openConfiguredStore(config, openDataDir(config.data_dir, config.server.encrypt)));
    const audit = opened.use(new Audit({ store: new SqlAudit(store) }));
    const identity = createIdentity({ store, secure: true, signIns: signInLog(audit) });
    opened.use(identity.principals);
    const registry = localRegistry(identity, audit);
    const call = (): Call =>
      createCall({ principal: identity.principals.local(), door: "system", client: "knot admin" });
    return await work((name, input) => registry.invoke(name, input, call()));
  } finally {
    await opened[Symbol.asyncDispose]();
  }
}

function localRegistry(identity: ReturnType<typeof createIdentity>, audit: Audit): Registry {
  const waist = new Waist({
    audit,
    approvals: { admit: async () => ({ run: true }) },
    idempotency: { once: (_capability, _key, _input, _call, run) => run() },
    onInternal: (_call, _capability, cause) => console.error(cause),
  });
  return createRegistry([user.createUser, user.setPassword, token.createToken], identity, waist);
}

/** Makes a key where there is none, and has the database go on with it. No daemon may run meanwhile. */
export async function startNewKey(config: Config): Promise<void> {
  const data = openDataDir(config.data_dir, config.server.encrypt, { newKey: true });
  await lockDataDir(data.path);
  await takeNewKey(config, data);
}
