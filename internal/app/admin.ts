import { type Command, type Flag, flag, type Invocation } from "../cli/command.ts";
import type { Config } from "../config/schema.ts";
import { type Scope, scopes } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";

type Work = (invoke: (name: string, input: unknown) => Promise<unknown>, invocation: Invocation) => Promise<Done>;

/** What was done: in words, and as --json prints it. */
type Done = { readonly text: string; readonly output: unknown };

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
      // the store and its services: nothing that other commands should wait for
      const { asLocalAdmin } = await import("./local-admin.ts");
      return tell(await asLocalAdmin(configOf(invocation), (invoke) => work(invoke, invocation)), invocation);
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
        const output = await invoke("create_user", {
          username: name,
          ...(email === undefined ? {} : { email }),
          role_ids,
          password: secret,
        });
        return { text: `Created the user ${name} with the role ${role_ids.join(", ")}.`, output };
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
        const output = await invoke("create_token", {
          user: input["user"],
          name: input["name"],
          ...(chosen === undefined ? {} : { scopes: chosen }),
          ...(input["expires"] === undefined ? {} : { expires_in_days: input["expires"] }),
        });
        return { text: (output as { secret: string }).secret, output };
      },
    ),
    command(
      "set-password",
      "Set a user's password on this machine",
      "Set a new password for a user who cannot sign in any more. Ends the user's sessions. Reads it from standard input.",
      [username, password],
      async (invoke, { input }) => {
        const output = await invoke("set_password", { user: input["username"], password: input["password"] });
        return { text: `The password of ${input["username"]} is set.`, output };
      },
    ),
    {
      words: ["admin", "new-key"],
      title: "Go on with a new key when the old one is lost",
      description:
        "Make a key where data_dir/knot.key is missing, or take the one that is there, and have the database go on with it. What the old key sealed, such as secret parameters of spaces, cannot be opened any more. Stop the daemon first.",
      args: [],
      flags: [flag("confirm", "Give up what the old key sealed", { kind: "switch" }), ...configFlags],
      run: async (invocation) => {
        if (invocation.input["confirm"] !== true)
          throw new Problem(
            "confirmation_required",
            "What the old key sealed can then never be opened again. Add --confirm to do it.",
          );
        const { startNewKey } = await import("./local-admin.ts");
        await startNewKey(configOf(invocation));
        return tell(
          {
            text: "The database goes on with the key there is now; what the former one sealed stays closed.",
            output: {},
          },
          invocation,
        );
      },
    },
  ];
}

function tell({ text, output }: Done, { io, globals }: Invocation): number {
  io.stdout.write(`${globals.json ? JSON.stringify(output, null, 2) : text}\n`);
  return 0;
}
