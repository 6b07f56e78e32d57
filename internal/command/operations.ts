import { z } from "zod";
import { operation } from "../operation/operation.ts";
import type { Commands } from "./command.ts";
import { CommandResult } from "./schema.ts";

export const runCommand = operation({
  name: "run_command",
  title: "Run command",
  description:
    "Run a shell command in a running space and wait for its end. Answers with the exit code and what it printed; a command that fails is a result, not an error. Give argv instead of command to run a program without a shell. What it starts in the background (program > /tmp/log 2>&1 &) goes on running after its end.",
  effect: "write",
  idempotent: false,
  permission: "spaces.run",
  input: z.strictObject({
    space: z.string().min(1).max(200).describe("The space, by name or id; somebody else's as username/name"),
    command: z.string().min(1).max(100_000).optional().describe("A command line for sh, such as: cd app && npm test"),
    argv: z
      .array(z.string().max(100_000))
      .min(1)
      .max(1000)
      .optional()
      .describe("Instead of command: a program and its arguments, which no shell interprets"),
    args: z
      .array(z.string().max(100_000))
      .max(1000)
      .default([])
      .describe('Further arguments: "$1", "$2" and so on of command, or the end of argv'),
    cwd: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe("Directory to run in, absolute or below the space's working directory, which is the default"),
    env: z.record(z.string(), z.string()).default({}).describe("Environment variables beside the space's own"),
    stdin: z.string().max(1_048_576).optional().describe("For its standard input; none when left out"),
    stdin_encoding: z
      .enum(["utf8", "base64"])
      .default("utf8")
      .describe("How to understand stdin; base64 for what is not text"),
    timeout_seconds: z.coerce
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe("After so many seconds it is ended with all its children, 1 to 3600"),
    max_output_bytes: z.coerce
      .number()
      .int()
      .min(256)
      .max(262_144)
      .default(16_384)
      .describe("How much of each output to return; of more the beginning and the end are kept, 256 to 262144"),
    user: z.string().min(1).max(100).optional().describe("User in the space to run as; the space's own by default"),
  }),
  output: CommandResult,
  problems: ["not_found", "conflict", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/commands",
  tool: {
    visibility: "native",
    keywords: ["exec", "shell", "bash", "sh", "execute", "terminal", "script", "test", "build", "install"],
  },
  command: { words: ["space", "run"], args: ["space", "command"] },
  label: ({ space, command, argv }) => `Run ${brief(command ?? argv?.join(" ") ?? "")} in space "${space}"`,
  run: (call, input, { commands }: { readonly commands: Pick<Commands, "run"> }) => commands.run(call, input),
});

const brief = (text: string): string => JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}...` : text);
