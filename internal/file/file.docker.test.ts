import { randomUUID } from "node:crypto";
import { after } from "node:test";
import { someSpec, someTarget } from "../runtime/contract.ts";
import { openDockerRuntime } from "../runtime/docker.ts";
import type { Runtime, Target } from "../space/runtime.ts";
import { busyboxImage } from "../testkit/images.ts";
import { testInstance } from "../testkit/instance.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { caller, fileContract } from "./contract.ts";
import { runScript, type Workplace } from "./shell.ts";

const never = new AbortController().signal;
let started: Promise<{ runtime: Runtime; target: Target }> | null = null;

async function start() {
  const runtime = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: testInstance() });
  const target = someTarget();
  await runtime.create(target, someSpec({ image: await busyboxImage() }), never);
  await runtime.start(target, never);
  return { runtime, target };
}

after(async () => {
  const { runtime, target } = (await started) ?? {};
  if (runtime !== undefined && target !== undefined) await runtime.remove(target, never);
});

fileContract({
  name: "busybox",
  needs: needs("docker"),
  isOrdinary: true,
  open: async () => {
    started ??= start();
    const { runtime, target } = await started;
    const home: Workplace = {
      id: target.space_id,
      name: "box",
      target,
      runtime,
      working_dir: "/home/dev",
      user: "dev",
    };
    const name = randomUUID();
    await runScript(caller(), home, { text: 'mkdir "$1"', args: [name], path: name });
    return { ...home, working_dir: `/home/dev/${name}` };
  },
});
