import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createCall } from "../operation/call.ts";
import { parse } from "../operation/schema.ts";
import { someSpec, someTarget } from "../runtime/contract.ts";
import { openDockerRuntime } from "../runtime/docker.ts";
import { busyboxImage } from "../testkit/images.ts";
import { testInstance } from "../testkit/instance.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { type CommandInput, Commands } from "./command.ts";
import { runCommand } from "./operations.ts";

const never = new AbortController().signal;

async function busybox(t: TestContext) {
  const runtime = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: testInstance() });
  const target = someTarget();
  t.after(() => runtime.remove(target, never));
  await runtime.create(target, someSpec({ image: await busyboxImage() }), never);
  await runtime.start(target, never);
  const space = { id: target.space_id, name: "box", target, runtime, working_dir: "/home/dev", user: "dev" };
  const commands = new Commands({ spaces: { running: async () => space } });
  const principal = {
    user_id: "ann",
    username: "ann",
    group_ids: [],
    permissions: new Set<never>(),
    scopes: new Set<never>(),
    credential: { kind: "session", id: "s", name: "" },
  } as const;
  return (input: Partial<CommandInput>) =>
    commands.run(createCall({ principal, door: "rest" }), parse(runCommand.input, { space: "box", ...input }));
}

test("runs as the space's user in its directory, and as another when asked", needs("docker"), async (t) => {
  const run = await busybox(t);
  assert.equal((await run({ command: "id -un; pwd" })).stdout, "dev\n/home/dev\n");
  assert.equal((await run({ command: "id -un", user: "root", cwd: "/tmp" })).stdout, "root\n");
  assert.deepEqual((await run({ argv: ["nothing-like-this"] })).exit_code, 127);
  await assert.rejects(run({ command: "true", cwd: "/gone" }), { code: "invalid_input" });
});

test("ends a command and its children when its time is over", needs("docker"), async (t) => {
  const run = await busybox(t);
  const result = await run({ command: "sh -c 'sleep 12345' & echo begun; wait", timeout_seconds: 1 });
  assert.deepEqual([result.timed_out, result.exit_code, result.stdout], [true, null, "begun\n"]);
  assert.equal((await run({ command: "ps | grep -c '[s]leep 12345'", user: "root" })).stdout, "0\n");
});

test("lets a program in the background go on when its command ends", needs("docker"), async (t) => {
  const run = await busybox(t);
  for (const output of ["", "> /dev/null 2>&1"]) {
    const result = await run({ command: `sleep 23456 ${output} & echo begun`, timeout_seconds: 50 });
    assert.deepEqual([result.exit_code, result.timed_out, result.stdout], [0, false, "begun\n"]);
  }
  assert.equal((await run({ command: "ps | grep -c '[s]leep 23456'", user: "root" })).stdout, "2\n");
});
