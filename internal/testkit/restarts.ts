import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { dataFolder } from "./daemon.ts";
import { type House, reopenHouse, startHouse } from "./house.ts";
import type { Place } from "./places.ts";

type Started = { readonly house: House; readonly data_dir: string };

const dev = { space: "dev" };

/** What spaces owe to those who work in them while the daemon ends, dies and comes back. */
export function restartTest(place: Place): void {
  describe("a space whose daemon", { skip: place.skip }, () => {
    for (const end of ["stop", "kill"] as const) {
      test(`is ended with ${end} goes on running, and the next daemon goes on with it`, patience, async (t) => {
        const { house, data_dir } = await started(t, place);
        const before = await create(house, place);
        await run(house, "echo kept > /tmp/mark");
        await house.daemon[end]();
        const alone = await place.runtime(data_dir).list(never);
        assert.deepEqual(
          alone.map(({ state }) => state),
          ["running"],
        );

        const next = await reopenHouse({ data_dir, config: place.config });
        try {
          const { space } = await next.admin.browser.ok("get_space", dev);
          assert.deepEqual([space.state, space.started_at], ["running", before.started_at]);
          assert.equal((await run(next, "cat /tmp/mark")).stdout, "kept\n");
          await deleteAndLookFor(next, place, data_dir);
        } finally {
          await next[Symbol.asyncDispose]();
        }
      });
    }

    test("is stopped while a command runs gets its end, and the daemon exits with 0", patience, async (t) => {
      const { house, data_dir } = await started(t, place);
      await create(house, place);
      const running = run(house, "touch begun; sleep 1; echo finished; exit 5");
      await until(async () => (await run(house, "ls")).stdout.includes("begun"));
      const code = house.daemon.stop();
      const { exit_code, stdout } = await running;
      assert.deepEqual([exit_code, stdout], [5, "finished\n"]);
      assert.equal(await code, 0);
      const next = await reopenHouse({ data_dir, config: place.config });
      try {
        await deleteAndLookFor(next, place, data_dir);
      } finally {
        await next[Symbol.asyncDispose]();
      }
    });

    test(
      "is killed while a command runs ends it at the next start, and no service that was started",
      patience,
      async (t) => {
        const { house, data_dir } = await started(t, place);
        await create(house, place);
        await run(house, "sleep 4343 >/dev/null 2>&1 &");
        const left = run(house, "touch begun; sleep 4242").catch(() => "its caller is told that the daemon went away");
        await until(async () => (await run(house, "ls")).stdout.includes("begun"));
        await house.daemon.kill();
        await left;
        const next = await reopenHouse({ data_dir, config: place.config });
        try {
          const sleeping = async (seconds: string) =>
            (await run(next, `cat /proc/[0-9]*/cmdline | tr '\\0' ' '`)).stdout.includes(`sleep ${seconds}`);
          await until(async () => !(await sleeping("4242")));
          assert.equal(await sleeping("4343"), true);
          await deleteAndLookFor(next, place, data_dir);
        } finally {
          await next[Symbol.asyncDispose]();
        }
      },
    );

    test("is killed while it is created runs once the next one has finished that", patience, async (t) => {
      const { house, data_dir } = await started(t, place);
      const { space } = await house.admin.browser.ok("create_space", newSpace(place, { wait_seconds: 0 }));
      await house.daemon.kill();
      assert.equal(space.desired, "running");
      const next = await reopenHouse({ data_dir, config: place.config });
      try {
        await reaches(next, "running");
        assert.equal((await run(next, "echo here")).stdout, "here\n");
        assert.equal((await place.runtime(data_dir).list(never)).length, 1);
        await deleteAndLookFor(next, place, data_dir);
      } finally {
        await next[Symbol.asyncDispose]();
      }
    });

    test("is killed while it is started runs once the next one has finished that", patience, async (t) => {
      const { house, data_dir } = await started(t, place);
      await create(house, place);
      await run(house, "echo kept > kept");
      await house.admin.browser.ok("stop_space", dev);
      await house.admin.browser.ok("start_space", { ...dev, wait_seconds: 0 });
      await house.daemon.kill();
      const next = await reopenHouse({ data_dir, config: place.config });
      try {
        await reaches(next, "running");
        assert.equal((await run(next, "cat kept")).stdout, "kept\n");
        assert.equal((await place.runtime(data_dir).list(never)).length, 1);
        await deleteAndLookFor(next, place, data_dir);
      } finally {
        await next[Symbol.asyncDispose]();
      }
    });

    test("is killed while it is deleted is gone once the next one has finished that", patience, async (t) => {
      const { house, data_dir } = await started(t, place);
      await create(house, place);
      await house.admin.browser.ok("delete_space", { ...dev, confirm: true, wait_seconds: 0 });
      await house.daemon.kill();
      const next = await reopenHouse({ data_dir, config: place.config });
      try {
        await until(async () => (await next.admin.browser.call("get_space", dev)).status === 404);
        await until(async () => (await remains(place, data_dir)) === 0);
        assert.equal((await next.admin.browser.call("create_space", newSpace(place, { start: false }))).status, 200);
      } finally {
        await next[Symbol.asyncDispose]();
      }
    });
  });
}

/** A guard against waiting for what never comes; it measures nothing. */
const patience = { timeout: 180_000 };

const never = new AbortController().signal;

const newSpace = ({ template }: Place, rest: object = {}) => ({ template, name: "dev", ...rest });

/** A daemon on a data folder that outlives it. What a failed test leaves running is deleted by one more start. */
async function started(t: TestContext, place: Place): Promise<Started> {
  let house: House | undefined;
  // hooks run in the order they are given: the folder goes last
  t.after(async () => {
    // a daemon that a failed test was just ending cannot delete its spaces any more
    await house?.[Symbol.asyncDispose]().then(null, () => {});
    if (house === undefined || (await remains(place, data_dir)) === 0) return;
    await (await reopenHouse({ data_dir, config: place.config }))[Symbol.asyncDispose]();
  });
  const data_dir = dataFolder(t);
  house = await startHouse({ data_dir, config: place.config });
  if (place.spec !== undefined) {
    await house.admin.browser.ok("create_template", { name: place.template, spec: place.spec });
  }
  return { house, data_dir };
}

async function create({ admin }: House, place: Place): Promise<{ started_at: number }> {
  const { space } = await admin.browser.ok("create_space", newSpace(place));
  assert.equal(space.state, "running");
  return space;
}

const run = ({ admin }: House, command: string) => admin.browser.ok("run_command", { ...dev, command });

const reaches = ({ admin }: House, state: string) =>
  until(async () => {
    const { space } = await admin.browser.ok("get_space", dev);
    assert.notEqual(space.state, "failed", space.state_reason);
    return space.state === state;
  });

/** How many spaces and volumes there are in the runtime itself. */
async function remains(place: Place, data_dir: string): Promise<number> {
  const runtime = place.runtime(data_dir);
  return (await runtime.list(never)).length + (await runtime.listVolumes(never)).length;
}

async function deleteAndLookFor({ admin }: House, place: Place, data_dir: string): Promise<void> {
  assert.ok((await remains(place, data_dir)) > 0);
  assert.equal((await admin.browser.ok("delete_space", { ...dev, confirm: true })).deleted, true);
  assert.equal(await remains(place, data_dir), 0);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}
