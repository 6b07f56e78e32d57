import type { Capability } from "../operation/waist.ts";
import type { Catalogue } from "../tool/catalogue.ts";

/** How long a connected server may take after the start of the daemon, in milliseconds. */
const arrivalMs = 20_000;

/** The tool of this name; one of a connected server is waited for, undefined when it does not come. */
export async function arrived(
  catalogue: Pick<Catalogue, "find" | "onChange">,
  { name, origin }: Pick<Capability, "name" | "origin">,
  signal: AbortSignal,
): Promise<Capability | undefined> {
  if (origin === "knot") return catalogue.find(name);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(arrivalMs)]);
  while (catalogue.find(name) === undefined && !patience.aborted) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = catalogue.onChange(() => resolve());
    patience.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    stop();
  }
  return catalogue.find(name);
}
