import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A process that is Fastify and nothing else. */
export type BareFastify = AsyncDisposable & { readonly url: string; readonly pid: number };

/** Starts one that answers `body`, and resolves when it listens. The body is handed over in a file in `folder`. */
export async function startBareFastify(folder: string, body = "{}"): Promise<BareFastify> {
  const file = join(folder, "baseline.json");
  writeFileSync(file, body);
  const child = spawn(process.execPath, [join(import.meta.dirname, "baseline.ts"), file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  return {
    url: await ready(child),
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function ready(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("The baseline's output is not piped.");
  for await (const line of createInterface({ input: child.stdout })) {
    const url = / is ready at (\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error("The baseline ended before it listened.");
}
