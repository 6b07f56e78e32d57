import { execFileSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { startBareFastify } from "./bare-fastify.ts";
import { duration, inTurns, type Row } from "./measure.ts";
import type { Subject } from "./subject.ts";

const against = "a bare Fastify process";

/** From the start of the process until it says that it is ready, with the data in place. */
export const startUpRow = (name: string, subject: Subject): Promise<Row> =>
  inTurns(
    { name, unit: "ms", better: "lower", against },
    5,
    () => subject.restart(),
    async () => {
      let bare: AsyncDisposable | undefined;
      const ms = await duration(async () => {
        bare = await startBareFastify(subject.folder);
      });
      await bare?.[Symbol.asyncDispose]();
      return ms;
    },
  );

/** Memory of a process that was started two seconds ago and has nothing to do. */
export const memoryRow = (name: string, subject: Subject): Promise<Row> =>
  inTurns(
    { name, unit: "MB", better: "lower", against },
    3,
    async () => {
      await subject.restart();
      await setTimeout(2000);
      return megabytesOf(subject.pid);
    },
    async () => {
      const bare = await startBareFastify(subject.folder);
      try {
        await setTimeout(2000);
        return megabytesOf(bare.pid);
      } finally {
        await bare[Symbol.asyncDispose]();
      }
    },
  );

const megabytesOf = (pid: number): number =>
  Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024;
