import type { Readable } from "node:stream";
import type { Progress } from "../../operation/call.ts";
import { Problem } from "../../problem/problem.ts";
import { abortedProblem } from "../aborted.ts";
import { type Engine, messageOf, statusOf } from "./engine.ts";

/** One line of the engine's progress stream. */
export type PullEntry = {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
};

/** Makes the image present: asks the registry only when the engine does not have it. */
export async function pullImage(
  engine: Engine,
  image: string,
  signal: AbortSignal,
  report: (progress: Progress) => void,
): Promise<void> {
  if (await hasImage(engine, image, signal)) return;
  try {
    const options: object = { abortSignal: signal };
    const stream = (await engine.docker.pull(image, options)) as Readable;
    // The request's own signal ends with the answer's headers; the layers come after them.
    const abort = () => stream.destroy();
    signal.addEventListener("abort", abort, { once: true });
    await follow(stream, image, report).finally(() => signal.removeEventListener("abort", abort));
  } catch (thrown) {
    if (signal.aborted) throw abortedProblem(signal, `The pull of ${image}`);
    if (statusOf(thrown) === 0 && !(thrown instanceof PullError)) throw engine.unavailable(thrown);
    throw pullProblem(image, messageOf(thrown), thrown);
  }
  if (signal.aborted) throw abortedProblem(signal, `The pull of ${image}`);
  // Podman ends the stream of a failed pull as if all were well.
  if (!(await hasImage(engine, image, signal))) throw pullProblem(image, "the engine did not store it", undefined);
}

async function hasImage(engine: Engine, image: string, signal: AbortSignal): Promise<boolean> {
  const found = await engine.askUnless([404], `Image ${image}`, signal, () =>
    engine.docker.getImage(image).inspect({ abortSignal: signal } as object),
  );
  return found !== undefined;
}

class PullError extends Error {}

async function follow(stream: Readable, image: string, report: (progress: Progress) => void): Promise<void> {
  const meter = new PullMeter();
  let last = -1;
  for await (const entry of entriesOf(stream)) {
    if (entry.error !== undefined) throw new PullError(entry.error);
    const percent = meter.add(entry);
    if (percent === last) continue;
    last = percent;
    report({ message: `Pulling ${image}`, percent });
  }
}

async function* entriesOf(stream: Readable): AsyncGenerator<PullEntry> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as PullEntry);
  }
  if (rest.trim() !== "") yield JSON.parse(rest) as PullEntry;
}

/** Adds up layers: half of the way is the download, half the extraction. Never goes back, though layers are announced late. */
export class PullMeter {
  readonly #layers = new Map<string, { total: number; downloaded: number; extracted: number }>();
  #percent = 0;

  /** Whole percents after this entry. */
  add(entry: PullEntry): number {
    if (entry.id === undefined) return this.#percent;
    const layer = this.#layers.get(entry.id) ?? { total: 0, downloaded: 0, extracted: 0 };
    this.#layers.set(entry.id, layer);
    layer.total = Math.max(layer.total, entry.progressDetail?.total ?? 0);
    const current = entry.progressDetail?.current ?? 0;
    if (entry.status === "Downloading") layer.downloaded = current;
    if (entry.status === "Extracting") layer.extracted = current;
    if (entry.status === "Download complete" || entry.status === "Extracting") layer.downloaded = layer.total;
    if (entry.status === "Pull complete") layer.downloaded = layer.extracted = layer.total;
    const layers = [...this.#layers.values()];
    const total = layers.reduce((sum, each) => sum + 2 * each.total, 0);
    const done = layers.reduce((sum, each) => sum + each.downloaded + each.extracted, 0);
    if (total > 0) this.#percent = Math.max(this.#percent, Math.floor((100 * done) / total));
    return this.#percent;
  }
}

/** The registry an image reference points to. */
export function registryOf(image: string): string {
  const first = image.split("/")[0] ?? "";
  const isHost = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first : "the engine's default registry (Docker Hub)";
}

function pullProblem(image: string, cause: string, thrown: unknown): Problem {
  const detail =
    `The image ${image} could not be pulled from ${registryOf(image)}: ${cause}. Check the name, the engine's network ` +
    "and its login (`docker login`), use an image that is on the machine (`docker images`), or choose another template.";
  return new Problem("runtime_failed", detail, { cause: thrown });
}
