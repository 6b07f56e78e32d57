import { Audit } from "../audit/audit.ts";
import { type Command, type Flag, flag, type Invocation } from "../cli/command.ts";
import type { Config } from "../config/schema.ts";
import { type Call, createCall } from "../operation/call.ts";
import { type Scope, scopes } from "../operation/principal.ts";
import { createRegistry, type Registry } from "../operation/registry.ts";
import { Waist } from "../operation/waist.ts";
import { SqlAudit } from "../store/audit.ts";
import * as token from "../token/operations.ts";
import * as user from "../user/operations.ts";
import { signInLog } from "./auth-door.ts";
import { openDataDir } from "./data-dir.ts";
import { createIdentity } from "./identity.ts";
import { openConfiguredStore } from "./open-store.ts";
import { Opened } from "./opened.ts";

type Work = (invoke: (name: string, input: unknown) => Promise<unknown>, invocation: Invocation) => Promise<string>;

const texts = { type: "array", items: { type: "string" } };

/** `knot admin …`: for whoever may read the data folder. It works on the database itself, whether a daemon runs or not. */
export function adminCommands(
  configFlags: readonly Flag[],
  configOf: (invocation: Invocation) => Config,
): readonly Command[] {
  const command = (words: string, title: string, description: string, flags: readonly Flag[], work: Work): Command => ({
    words: ["admin", words],
    title,
    description,
    args: [],
    flags: [...flags, ...configFlags],
    run: async (invocation) => {
      const text = await asLocalAdmin(configOf(invocation), (invoke) => work(invoke, invocation));
      invocation.io.stdout.write(`${text}\n`);
      return 0;
    },
  });
  const username = flag("username", "Name to sign in with", { required: true });
  const password = flag("password-stdin", "Password", { kind: "stdin", path: ["password"], required: true });
  return [
    command(
      "create-user",
      "Create a user on this machine",
      "Create a user, such as the first administrator, without a running daemon. Reads the password from standard input.",
      [
        username,
        flag("email", "E-mail address"),
        flag("role", "Role to give", { kind: "list", schema: texts, fallback: ["member"] }),
        password,
      ],
      async (invoke, { input }) => {
        const role_ids = (input["role"] as string[] | undefined) ?? ["member"];
        const { username: name, email, password: secret } = input as Record<string, string | undefined>;
        await invoke("create_user", {
          username: name,
          ...(email === undefined ? {} : { email }),
          role_ids,
          password: secret,
        });
        return `Created the user ${name} with the role ${role_ids.join(", ")}.`;
      },
    ),
    command(
      "create-token",
      "Create an API token on this machine",
      "Create an API token for a user and print it, once. Nothing else is printed.",
      [
        flag("user", "Username", { required: true }),
        flag("name", "What the token is for", { required: true }),
        flag("scope", "What it opens", { kind: "list", schema: texts, choices: scopes }),
        flag("expires", "Days until it expires", { placeholder: "DAYS", schema: { type: "integer" } }),
      ],
      async (invoke, { input }) => {
        const chosen = input["scope"] as Scope[] | undefined;
        const created = await invoke("create_token", {
          user: input["user"],
          name: input["name"],
          ...(chosen === undefined ? {} : { scopes: chosen }),
          ...(input["expires"] === undefined ? {} : { expires_in_days: input["expires"] }),
        });
        return (created as { secret: string }).secret;
      },
    ),
    command(
      "set-password",
      "Set a user's password on this machine",
      "Set a new password for a user who cannot sign in any more. Ends the user's sessions. Reads it from standard input.",
      [username, password],
      async (invoke, { input }) => {
        await invoke("set_password", { user: input["username"], password: input["password"] });
        return `The password of ${input["username"]} is set.`;
      },
    ),
  ];
}

/** Through the waist like every other call, so that it is checked and audited; the machine's administrator may do all. */
async function asLocalAdmin(
  config: Config,
  work: (invoke: (name: string, input: unknown) => Promise<unknown>) => Promise<string>,
) {
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
