import autocannon from "autocannon";

/** One measured row: knot against its baseline, taken in turns in the same run. */
export type Row = {
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly knot: number;
  readonly baseline: number;
  /** What the baseline is. */
  readonly against: string;
  /** knot divided by baseline. */
  readonly ratio: number;
  readonly rounds: number;
};

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Takes knot and its baseline in turns, so that a busy moment of the machine hits both, and keeps the medians. The first
 * turn of each is warm-up and does not count.
 */
export async function inTurns(
  row: Pick<Row, "name" | "unit" | "better" | "against">,
  rounds: number,
  knot: () => Promise<number>,
  baseline: () => Promise<number>,
): Promise<Row> {
  const taken: [number[], number[]] = [[], []];
  await knot();
  await baseline();
  for (let round = 0; round < rounds; round++) {
    taken[0].push(await knot());
    taken[1].push(await baseline());
  }
  const [ours, theirs] = [median(taken[0]), median(taken[1])];
  return { ...row, knot: ours, baseline: theirs, ratio: ours / theirs, rounds };
}

export type Load = {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly headers?: Record<string, string>;
  readonly body?: string;
};

/** Requests per second at 16 connections for two seconds; throws when an answer was not 200. */
export async function throughput({ url, method = "GET", headers = {}, body }: Load): Promise<number> {
  const result = await autocannon({
    url,
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    connections: 16,
    duration: 2,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were not 200, ${result.errors} failed`);
  return result.requests.average;
}

/** How long one run takes, in milliseconds. */
export async function duration(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
