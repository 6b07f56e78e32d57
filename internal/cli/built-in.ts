import type { AnyOperation } from "../operation/operation.ts";
import { Problem } from "../problem/problem.ts";
import { argument, type Command, flag, type Globals, type Invocation } from "./command.ts";
import { complete, completionScript, shells } from "./completion.ts";
import { connectCommands } from "./connect.ts";
import { connectionFor } from "./connections.ts";
import { namesOf } from "./names.ts";
import { unreachableStep } from "./next-step.ts";
import { usage } from "./parse.ts";

type Deps = {
  readonly version: string;
  readonly commands: () => readonly Command[];
  readonly operations: readonly AnyOperation[];
};

/** The commands of the program itself. */
export function builtInCommands(deps: Deps): readonly Command[] {
  return [
    ...connectCommands(deps.operations),
    {
      words: ["ping"],
      title: "See whether the server answers and is ready",
      description: "Ask the server whether it is ready, and print each part that is not.",
      args: [],
      flags: [],
      run: ping,
    },
    {
      words: ["version"],
      title: "Print the version of this program",
      description: "Print the version of this program.",
      args: [],
      flags: [],
      run: async ({ io, globals }) => {
        io.stdout.write(globals.json ? `${JSON.stringify({ version: deps.version })}\n` : `knot ${deps.version}\n`);
        return 0;
      },
    },
    {
      words: ["completion"],
      title: "Print the completion script of a shell",
      description:
        "Print the completion script of your shell, which knows commands, flags and the names of what is on the server. bash: `source <(knot completion bash)`; zsh: `source <(knot completion zsh)`; fish: `knot completion fish | source`.",
      args: [argument("shell", "The shell", { choices: shells })],
      flags: [],
      run: async ({ io, input }) => {
        const script = completionScript(String(input["shell"]));
        if (script === undefined) throw usage(`The shell is one of ${shells.join(", ")}`, { words: ["completion"] });
        io.stdout.write(script);
        return 0;
      },
    },
    {
      words: ["__complete"],
      title: "Answer the completion scripts",
      description: "Print what can follow the words.",
      args: [],
      flags: [flag("words", "The words so far", { kind: "list" })],
      hidden: true,
      raw: true,
      run: async ({ io, input }) => {
        const words = input["words"] as readonly string[];
        const { candidates, noun, partial } = complete(words, deps.commands());
        const names = noun === null ? [] : await namesOf(noun, deps.operations, { io, globals: globalsIn(words) });
        const found = [...candidates, ...names.filter(({ word }) => word.startsWith(partial))];
        io.stdout.write(found.map(({ word, about }) => `${word}${about ? `\t${about}` : ""}\n`).join(""));
        return 0;
      },
    },
  ];
}

/** Which server is meant by a line that is not whole yet. */
function globalsIn(words: readonly string[]): Globals {
  const after = (flag: string) => (words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined);
  return { json: false, help: false, quiet: true, server: after("--server"), alias: after("--alias") };
}

async function ping({ io, globals }: Invocation): Promise<number> {
  const { server } = connectionFor(globals, io.env);
  const begun = performance.now();
  const response = await io.fetch(`${server}/readyz`, { signal: io.signal ?? null }).catch((cause: Error) => {
    const why = cause.cause as NodeJS.ErrnoException | undefined;
    const reason = (why?.message ?? cause.message).split("\n")[0];
    throw new Problem("unavailable", `${server} does not answer: ${reason}${unreachableStep(why?.code ?? "")}`, {
      cause,
    });
  });
  const readiness = (await response.json().catch(() => null)) as { ready?: boolean; checks?: object } | null;
  if (typeof readiness?.ready !== "boolean") {
    throw new Problem("unavailable", `${server} answered ${response.status}, but not as knot does.`);
  }
  const took = Math.round(performance.now() - begun);
  if (globals.json) io.stdout.write(`${JSON.stringify({ server, ...readiness, milliseconds: took })}\n`);
  else
    io.stdout.write(
      `${server} ${readiness.ready ? "is ready" : "is not ready"} (${took} ms)\n${checksText(readiness.checks)}`,
    );
  return readiness.ready ? 0 : new Problem("unavailable", "").exit;
}

const checksText = (checks: object | undefined): string =>
  Object.entries((checks ?? {}) as Record<string, { ok: boolean; detail?: string }>)
    .filter(([, { ok }]) => !ok)
    .map(([name, { detail }]) => `  ${name}: ${detail ?? "not ready"}\n`)
    .join("");
