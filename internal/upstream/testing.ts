import { setTimeout } from "node:timers/promises";

/** Waits until something is so; fails after 20 s. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (holds()) return;
    await setTimeout(20);
  }
  throw new Error(`It never came true: ${holds}`);
}
