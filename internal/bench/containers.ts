import { randomUUID } from "node:crypto";
import type Docker from "dockerode";
import { busyboxImage } from "../testkit/images.ts";
import { createBareContainer, openBareEngine, runBare, sweepEngine } from "./engine.ts";
import { duration, inTurns, type Row } from "./measure.ts";
import type { Subject } from "./subject.ts";

const rounds = 7;

type Network = "none" | "own";

/** How long a stopped container takes to run, through knot and through the engine alone; null without an engine. */
export const startRow = (name: string, subject: Subject, network: Network): Promise<Row | null> =>
  withBoth(name, subject, network, async (space, bare) => {
    await subject.call("POST", `/spaces/${space}/stop`, {});
    return inTurns(
      { name, ...columns },
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
  });

/** How long `true` takes in a running container, through knot and through the engine alone; null without an engine. */
export const commandRow = (name: string, subject: Subject): Promise<Row | null> =>
  withBoth(name, subject, "none", async (space, bare) => {
    await bare.start();
    return inTurns(
      { name, ...columns },
      3 * rounds,
      () => duration(() => subject.call("POST", `/spaces/${space}/commands`, { argv: ["true"] })),
      () => duration(() => runBare(bare, ["true"])),
    );
  });

const columns = { unit: "ms", better: "lower", against: "the engine alone" } as const;

/** A running space and a container of the engine that was made the same way and is not started, for one row. */
async function withBoth(
  name: string,
  subject: Subject,
  network: Network,
  measure: (space: string, bare: Docker.Container) => Promise<Row>,
): Promise<Row | null> {
  const docker = await openBareEngine();
  if (docker === null) return null;
  const image = await busyboxImage();
  const id = `knot-bench-${randomUUID()}`;
  const space = name.replaceAll("_", "-");
  try {
    await subject.call("POST", "/templates", { name: space, spec: templateOf(image, network) });
    await subject.call("POST", "/spaces", { name: space, template: space });
    const bare = await createBareContainer(docker, id, image, network === "none" ? "none" : id);
    return await measure(space, bare);
  } finally {
    await sweepEngine(docker, `${subject.folder}/data`, [id]);
  }
}

const templateOf = (image: string, network: Network): string => `image: ${image}
command: [sleep, "3600"]
network: ${network}
memory: 64M
cpus: 1
`;
