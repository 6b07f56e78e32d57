import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { someSpec, someTarget } from "../runtime/contract.ts";
import { hostImage, openProcessRuntime } from "../runtime/process.ts";

const never = new AbortController().signal;

/** A process runtime in a folder of its own; `make` starts a space in it. The test leaves neither behind. */
export async function processRuntime(t: TestContext, isolation: "sandbox" | "plain" = "sandbox") {
  const directory = await mkdtemp(join(tmpdir(), "knot-process-"));
  const options = { directory, instance_id: randomUUID(), isolation };
  const runtime = openProcessRuntime(options);
  t.after(async () => {
    for (const found of await runtime.list(never)) await runtime.remove({ ...found, user_id: "" }, never);
    await rm(directory, { recursive: true, force: true });
  });
  const make = async (spec: Parameters<typeof someSpec>[0] = {}) => {
    const target = someTarget();
    await runtime.create(target, someSpec({ image: hostImage, ...spec }), never);
    await runtime.start(target, never);
    return target;
  };
  return { runtime, options, make };
}
