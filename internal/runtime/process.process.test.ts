import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { needs } from "../testkit/needs.ts";
import { runtimeContract } from "./contract.ts";
import { hostImage, openProcessRuntime } from "./process.ts";

const directory = await mkdtemp(join(tmpdir(), "knot-process-"));
after(() => rm(directory, { recursive: true, force: true }));

runtimeContract({
  name: "process",
  needs: needs("process"),
  open: async (_t, instanceId) => openProcessRuntime({ directory, instance_id: instanceId, isolation: "sandbox" }),
  image: async () => hostImage,
});
