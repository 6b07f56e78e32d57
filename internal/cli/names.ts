import type { AnyOperation } from "../operation/operation.ts";
import type { Globals, Io } from "./command.ts";
import type { Candidate } from "./completion.ts";
import { oneLine, visible } from "./output.ts";
import { clientFor } from "./run-operation.ts";

type Row = Readonly<Record<string, unknown>>;

/** Nobody waits longer than this for the Tab key. */
const patienceMs = 2000;

/**
 * The names of what there is on the server of this kind, such as the spaces for "space"; none where no operation lists
 * them, or the server does not answer.
 */
export async function namesOf(
  noun: string,
  operations: readonly AnyOperation[],
  { io, globals }: { readonly io: Io; readonly globals: Globals },
): Promise<readonly Candidate[]> {
  const op = operations.find(({ name }) => name === `list_${noun}s`);
  if (op === undefined) return [];
  try {
    const client = clientFor([op], { io, globals, input: {} });
    const answer = await client.call(op.name as never, {} as never, { signal: AbortSignal.timeout(patienceMs) });
    const list = answer.ok ? Object.values(answer.value as Row).find(Array.isArray) : undefined;
    return ((list ?? []) as readonly Row[]).flatMap(candidateOf);
  } catch {
    return [];
  }
}

function candidateOf(row: Row): Candidate[] {
  // a username beside a user_id names somebody else
  const word = row["name"] ?? ("user_id" in row ? undefined : row["username"]) ?? row["id"];
  if (typeof word !== "string") return [];
  const about = ["label", "title", "description", "state", "display_name"].map((key) => row[key]).find(isText);
  return [about === undefined ? { word } : { word, about: visible(oneLine(about)) }];
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
