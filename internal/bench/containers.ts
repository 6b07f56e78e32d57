import { randomUUID } from "node:crypto";
import { busyboxImage } from "../testkit/images.ts";
import { createBareContainer, openBareEngine, sweepEngine } from "./engine.ts";
import { duration, inTurns, type Row } from "./measure.ts";
import type { Subject } from "./subject.ts";

const rounds = 7;

/** How long a stopped container takes to run, through knot and through the engine alone; null without an engine. */
export async function containerRow(name: string, subject: Subject, network: "none" | "own"): Promise<Row | null> {
  const docker = await openBareEngine();
  if (docker === null) return null;
  const image = await busyboxImage();
  const id = `knot-bench-${randomUUID()}`;
  try {
    await subject.call("POST", "/templates", { name: `bench-${network}`, spec: templateOf(image, network) });
    const space = `started-${network}`;
    await subject.call("POST", "/spaces", { name: space, template: `bench-${network}` });
    await subject.call("POST", `/spaces/${space}/stop`, {});
    const bare = await createBareContainer(docker, id, image, network === "none" ? "none" : id);
    return await inTurns(
      { name, unit: "ms", better: "lower", against: "the engine alone" },
      rounds,
      async () => {
        const ms = await duration(() => subject.call("POST", `/spaces/${space}/start`, {}));
        await subject.call("POST", `/spaces/${space}/stop`, {});
        return ms;
      },
      async () => {
        const ms = await duration(() => bare.start());
        await bare.stop({ t: 10 });
        return ms;
      },
    );
  } finally {
    await sweepEngine(docker, `${subject.folder}/data`, [id]);
  }
}

const templateOf = (image: string, network: string): string => `image: ${image}
command: [sleep, "3600"]
network: ${network}
memory: 64M
cpus: 1
`;
