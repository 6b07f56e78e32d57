import type { AnyOperation } from "../operation/operation.ts";
import { Problem } from "../problem/problem.ts";
import { argument, type Command, flag, type Invocation } from "./command.ts";
import { connectionsFile, defaultAlias, readConnections, serverUrl, writeConnections } from "./connections.ts";
import { problemFrom } from "./next-step.ts";
import { textOf, widthOf } from "./output.ts";
import { isInteractive, secretsFrom } from "./prompt.ts";
import { clientFor } from "./run-operation.ts";

/** The commands that save which server to talk to. */
export function connectCommands(operations: readonly AnyOperation[]): readonly Command[] {
  return [
    {
      words: ["connect"],
      title: "Save a server and a token for it",
      description:
        "Save a server and an API token for it, after trying them. Make the token on the Tokens page or with `knot token create`.",
      args: [argument("url", "Address of the server, such as https://knot.example.com")],
      flags: [
        flag("name", "Name of the connection, for --alias", { placeholder: "NAME", fallback: defaultAlias }),
        flag("token-stdin", "The API token", { kind: "stdin", path: ["given_token"] }),
      ],
      run: (invocation) => connect(invocation, operations),
    },
    {
      words: ["connection", "list"],
      title: "List the saved connections",
      description: "List the saved connections. Tokens are not shown.",
      args: [],
      flags: [],
      run: async ({ io, globals }) => {
        const connections = Object.entries(readConnections(io.env)).map(([name, { server }]) => ({ name, server }));
        io.stdout.write(
          globals.json ? `${JSON.stringify({ connections }, null, 2)}\n` : textOf({ connections }, widthOf(io.stdout)),
        );
        return 0;
      },
    },
    {
      words: ["connection", "delete"],
      title: "Forget a saved connection",
      description: "Forget a saved connection and its token. The token stays valid until it is revoked.",
      args: [argument("name", "Name of the connection")],
      flags: [],
      run: async ({ io, input }) => {
        const { [String(input["name"])]: gone, ...rest } = readConnections(io.env);
        if (gone === undefined) throw new Problem("not_found", `There is no connection "${input["name"]}".`);
        writeConnections(io.env, rest);
        return 0;
      },
    },
  ];
}

async function connect(invocation: Invocation, operations: readonly AnyOperation[]): Promise<number> {
  const { io, input, globals } = invocation;
  const server = serverUrl(String(input["url"]));
  const name = String(input["name"] ?? defaultAlias);
  const token = await tokenFor(invocation);
  if (server.startsWith("http:") && !/^http:\/\/(localhost|127\.|\[::1\])/.test(server)) {
    io.stderr.write("knot: this address is not https: whoever is on the way can read the token.\n");
  }
  const whoami = operations.find((op) => op.name === "whoami");
  if (whoami !== undefined) {
    const client = clientFor([whoami], { ...invocation, globals: { ...globals, server, token } });
    const answer = await client.call("whoami" as never, {} as never);
    if (!answer.ok) {
      const { detail } = answer.problem;
      throw problemFrom({ ...answer.problem, detail: `Nothing was saved. ${detail}` });
    }
  }
  writeConnections(io.env, { ...readConnections(io.env), [name]: { server, token } });
  io.stderr.write(`Saved ${server} as "${name}" in ${connectionsFile(io.env)}.\n`);
  return 0;
}

async function tokenFor({ io, input, globals }: Invocation): Promise<string> {
  const given = input["given_token"] ?? globals.token ?? io.env["KNOT_TOKEN"];
  if (typeof given === "string" && given !== "") return given.trim();
  if (!isInteractive(io))
    throw new Problem("invalid_input", "Give the API token with --token-stdin, or set KNOT_TOKEN.");
  const [typed = ""] = await secretsFrom(io, [flag("token", "API token")]);
  return typed.trim();
}
