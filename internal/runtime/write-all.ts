import { once } from "node:events";
import type { Writable } from "node:stream";

/** The reader of a command's output went away. */
export class WriteError extends Error {}

/** Writes and waits until the reader has room again; throws WriteError when it closes or `signal` is aborted. */
export async function writeAll(target: Writable, bytes: Buffer, signal: AbortSignal): Promise<void> {
  if (target.destroyed) throw new WriteError("the stream is closed");
  if (target.write(bytes)) return;
  const closed = new AbortController();
  const onClose = () => closed.abort();
  target.once("close", onClose);
  try {
    await once(target, "drain", { signal: AbortSignal.any([signal, closed.signal]) });
  } catch (cause) {
    throw new WriteError("the stream was closed", { cause });
  } finally {
    target.off("close", onClose);
  }
}
