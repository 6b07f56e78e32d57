import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { someSpec, someTarget } from "../runtime/contract.ts";
import { openDockerRuntime } from "../runtime/docker.ts";
import { busyboxImage } from "./images.ts";
import { testRun } from "./instance.ts";
import { leftoversOf } from "./leftovers.ts";
import { dockerSocket, needs } from "./needs.ts";

const never = new AbortController().signal;

test("the engine shows what a run has left: containers, volumes and networks", needs("docker"), async () => {
  const run = `left-${randomUUID()}`;
  const runtime = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: `${run}-1` });
  const target = someTarget();
  const volumes = [{ volume: `kn-${target.space_id}-home`, path: "/data", read_only: false }];
  await runtime.create(target, someSpec({ image: await busyboxImage(), network: "own", volumes }), never);
  assert.equal((await leftoversOf(run, dockerSocket())).length, 3);
  await runtime.remove(target, never);
  assert.deepEqual(await leftoversOf(run, dockerSocket()), [`volume kn-${target.space_id}-home`]);
  await runtime.removeVolume(`kn-${target.space_id}-home`, never);
  assert.deepEqual(await leftoversOf(run, dockerSocket()), []);
});

// only when the runner asks for it: after all other tests
if (process.env["KNOT_TEST_ENDED"] !== undefined) {
  test("the tests of a run leave nothing in the engine", needs("docker"), async () => {
    assert.deepEqual(await leftoversOf(testRun(), dockerSocket()), []);
  });
}
