import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { buffer, text } from "node:stream/consumers";
import { Problem } from "../problem/problem.ts";
import type { Flag, Io } from "./command.ts";

/** Whether a person sits at the terminal. */
export const isInteractive = (io: Io): boolean => io.stdin.isTTY === true;

/** Asks a yes-or-no question; anything but y and yes is no. */
export async function confirmed(io: Io, question: string): Promise<boolean> {
  const answer = await ask(io, `${question} [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}

async function ask(io: Io, question: string): Promise<string> {
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  try {
    io.stderr.write(question);
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    return await Promise.race([new Promise<string>((resolve) => lines.once("line", resolve)), ended]);
  } finally {
    lines.close();
  }
}

/** The values of these flags: asked for without echo at a terminal, else one line of standard input for each. */
export async function secretsFrom(io: Io, flags: readonly Flag[]): Promise<readonly string[]> {
  if (isInteractive(io)) {
    const values: string[] = [];
    for (const { description } of flags) values.push(await askHidden(io, description));
    return values;
  }
  const given = await text(io.stdin);
  if (flags.length === 1) return [given.replace(/\r?\n$/, "")];
  const lines = given.split(/\r?\n/);
  if (lines.length >= flags.length) return lines;
  throw new Problem(
    "invalid_input",
    `Standard input has to have ${flags.length} lines: ${flags.map(({ name }) => name).join(", ")}.`,
  );
}

/** What a file holds; what comes on standard input for `-`. */
export async function bytesFrom(io: Io, path: string): Promise<Buffer> {
  if (path === "-") return buffer(io.stdin);
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Problem("invalid_input", `${path} cannot be read: ${(cause as NodeJS.ErrnoException).code}.`, { cause });
  }
}

const mostPipedBytes = 1_048_576;

/** What is piped in, 1 MiB at most; undefined at a terminal and when that is nothing. */
export async function pipedBytes(io: Io): Promise<Buffer | undefined> {
  if (isInteractive(io)) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > mostPipedBytes)
      throw new Problem(
        "invalid_input",
        "Standard input is over 1 MiB, which is more than a command can be given. Write it to a file of the space first.",
      );
    chunks.push(bytes);
  }
  return size === 0 ? undefined : Buffer.concat(chunks);
}

async function askHidden(io: Io, question: string): Promise<string> {
  io.stdin.setRawMode?.(true);
  io.stderr.write(`${question}: `);
  try {
    return await hiddenLine(io);
  } finally {
    io.stdin.setRawMode?.(false);
    io.stderr.write("\n");
  }
}

/** A line typed in raw mode, where backspace and Ctrl-C are ours to handle. */
async function hiddenLine({ stdin }: Io): Promise<string> {
  let typed = "";
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      stdin.off("data", hear);
      stdin.pause();
      settle();
    };
    const hear = (chunk: Buffer | string) => {
      for (const character of chunk.toString()) {
        if (character === "\x03") return done(() => reject(new Problem("cancelled", "Cancelled.")));
        if (character === "\r" || character === "\n") return done(() => resolve(typed));
        typed = character === "\x7f" ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.on("data", hear);
    stdin.resume();
  });
}
