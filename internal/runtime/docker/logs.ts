import type Docker from "dockerode";
import type { Engine } from "./engine.ts";
import { framesOf } from "./frames.ts";

/** At most this much of the end is returned, however long the lines are. */
const limitBytes = 1024 * 1024;

/** The last `lines` lines of what the container's main process printed, both streams in their order. */
export async function logsOf(
  engine: Engine,
  found: Docker.ContainerInspectInfo,
  lines: number,
  signal: AbortSignal,
): Promise<string> {
  const container = engine.docker.getContainer(found.Id);
  const answer = await engine.ask("Reading the log", signal, () =>
    container.logs({ stdout: true, stderr: true, tail: lines, follow: false, abortSignal: signal }),
  );
  const bytes = found.Config.Tty ? answer : await payload(answer);
  return bytes.subarray(-limitBytes).toString("utf8");
}

async function payload(multiplexed: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const frame of framesOf(single(multiplexed))) pieces.push(frame.bytes);
  return Buffer.concat(pieces);
}

async function* single(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
