import { constants } from "node:os";
import { createClient } from "../client/client.ts";
import { cardOf } from "../operation/card.ts";
import type { AnyOperation } from "../operation/operation.ts";
import { Problem } from "../problem/problem.ts";
import type { Invocation, Io } from "./command.ts";
import { connectionFor } from "./connections.ts";
import { detailOf, problemFrom } from "./next-step.ts";
import { moreText, textOf, visible, widthOf } from "./output.ts";
import { confirmed, isInteractive } from "./prompt.ts";

type Row = Readonly<Record<string, unknown>>;

type Answer = Awaited<ReturnType<ReturnType<typeof clientFor>["call"]>>;

/** Calls the operation on the server and prints what it answers. */
export async function runOperation(op: AnyOperation, invocation: Invocation): Promise<number> {
  const { globals, io } = invocation;
  const answer = await withConfirmation(op, invocation);
  if (!answer.ok) throw problemFrom(answer.problem);
  const output = answer.value as Row;
  if (!globals.json) return print(output, invocation);
  io.stdout.write(`${JSON.stringify(output, null, 2)}\n`);
  return verdictOf(output);
}

/** A client that names itself as the CLI. */
export function clientFor(op: readonly AnyOperation[], { globals, io }: Invocation) {
  const { server, token } = connectionFor(globals, io.env);
  return createClient<readonly AnyOperation[]>({
    fetch: io.fetch,
    baseUrl: server,
    ...(token === undefined ? {} : { token }),
    headers: { "user-agent": "knot-cli" },
    routes: op.map(cardOf),
  });
}

/** The server says what would be lost; at a terminal the person is asked with its words. */
async function withConfirmation(op: AnyOperation, invocation: Invocation): Promise<Answer> {
  const { input, globals, io } = invocation;
  const client = clientFor([op], invocation);
  const call = (confirm: object) =>
    client.call(op.name as never, { ...input, ...confirm } as never, {
      ...(io.signal === undefined ? {} : { signal: io.signal }),
      ...(globals.approval === undefined ? {} : { approval: globals.approval }),
      ...(globals.idempotency_key === undefined ? {} : { idempotencyKey: globals.idempotency_key }),
      // also when nothing is shown: a stream stays open longer than an answer may be waited for
      onProgress: (progress) => void (globals.quiet || io.stderr.write(progressLine(progress))),
    });
  const first = await call({});
  if (first.ok || first.problem.code !== "confirmation_required" || !isInteractive(io)) return first;
  if (!(await confirmed(io, visible(detailOf(first.problem))))) throw new Problem("cancelled", "Nothing was changed.");
  return call({ confirm: true });
}

function progressLine({ message, percent }: { message: string; percent?: number | undefined }): string {
  return `${visible(message)}${percent === undefined ? "" : ` (${Math.round(percent)} %)`}\n`;
}

/** The output of a command that ran keeps its streams and its exit code; a file or a log is just its text. */
function print(output: Row, { io }: Invocation): number {
  if ("exit_code" in output && "stdout" in output) return printRun(output, io);
  const text = [output["content"], output["text"]].find((value) => typeof value === "string");
  if (text === undefined) io.stdout.write(textOf(output, widthOf(io.stdout)));
  else printText(text, output["encoding"], io);
  // beside the table, not in it: what reads the table wants rows
  const more = moreText(output);
  if (more !== null) io.stderr.write(`knot: ${more}\n`);
  if (typeof output["note"] === "string") io.stderr.write(`knot: ${visible(output["note"])}\n`);
  if (output["cut"] === true) io.stderr.write(`knot: this is not all; it goes on at offset ${output["next_offset"]}\n`);
  return verdictOf(output);
}

/** Byte for byte; only at a terminal a last line is ended, so that the prompt begins a new one. */
function printText(text: string, encoding: unknown, { stdout }: Io): void {
  stdout.write(encoding === "base64" ? Buffer.from(text, "base64") : text);
  const isOpen = encoding !== "base64" && text !== "" && !text.endsWith("\n");
  if (isOpen && stdout.isTTY === true) stdout.write("\n");
}

/** A check that ran and found something wrong fails, as a linter does. */
const verdictOf = ({ valid, intact }: Row): number => (valid === false || intact === false ? 1 : 0);

function printRun(output: Row, io: Io): number {
  const { exit_code, signal, timed_out, stdout, stderr, note } = output;
  io.stdout.write(String(stdout));
  io.stderr.write(String(stderr ?? ""));
  for (const name of ["stdout", "stderr"]) {
    if (output[`${name}_cut`] === true)
      io.stderr.write(`knot: ${name} was cut; it had ${output[`${name}_bytes`]} bytes\n`);
  }
  if (typeof note === "string") io.stderr.write(`knot: ${visible(note)}\n`);
  if (typeof exit_code === "number") return exit_code;
  // as timeout(1) and shells say it
  return timed_out === true ? 124 : 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}
