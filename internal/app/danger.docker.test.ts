import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Docker from "dockerode";
import { type House, type Inhabitant, startHouse } from "../testkit/house.ts";
import { busyboxImage } from "../testkit/images.ts";
import { dangerous, type Knob, knobs } from "../testkit/knobs.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { containerPlace } from "../testkit/places.ts";

const docker = () => new Docker({ socketPath: dockerSocket(), host: undefined } as unknown as Docker.DockerOptions);

/** Every container of a space, as the engine describes it. */
async function containersOf(space: string): Promise<Docker.ContainerInspectInfo[]> {
  const label = [`knot.space=${space}`];
  const found = await docker().listContainers({ all: true, filters: { label } });
  return Promise.all(found.map(({ Id }) => docker().getContainer(Id).inspect()));
}

const ended = (knob: Knob, image: string) => `${dangerous(knob, image)}\ncommand: [sleep, "1000000"]\nmemory: 64M`;

describe("the engine of a daemon with an author who may not loosen isolation", needs("docker"), () => {
  let house: House;
  let author: Inhabitant;
  let image: string;
  before(async () => {
    image = await busyboxImage();
    house = await startHouse({ config: (await containerPlace()).config });
    author = await house.add("bob", "template_author");
  });
  after(() => house?.[Symbol.asyncDispose]());

  test("makes an ordinary user's container with nothing but the short list", async () => {
    const spec = `image: ${image}\ncommand: [sleep, "1000000"]\nmemory: 64M\nworking_dir: /work/here\nvolumes: [{ name: work, path: /work }]`;
    await author.browser.ok("create_template", { name: "plain", spec });
    const { space } = await author.browser.ok("create_space", { template: "plain", name: "plain" });
    const [container] = await containersOf(space.id);
    const { HostConfig: host, Config: config, Mounts: mounts } = container as Docker.ContainerInspectInfo;
    assert.equal(config.User, "1000:1000");
    assert.deepEqual([host.Privileged, host.CapDrop, host.SecurityOpt], [false, ["ALL"], ["no-new-privileges:true"]]);
    const short = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];
    assert.deepEqual(host.CapAdd.map((word: string) => word.replace("CAP_", "")).sort(), short);
    assert.deepEqual([host.PidMode, host.UTSMode, host.UsernsMode, host.IpcMode], ["", "", "", "private"]);
    assert.match(host.NetworkMode ?? "", /^kn-net-/);
    assert.deepEqual([host.PidsLimit, host.Memory, host.MemorySwap], [512, 64 * 1024 ** 2, 64 * 1024 ** 2]);
    assert.deepEqual([host.Devices ?? [], host.Binds ?? [], host.VolumesFrom ?? []], [[], [], []]);
    assert.deepEqual(
      mounts.map(({ Type, Destination }) => [Type, Destination]),
      [["volume", "/work"]],
    );
    const command =
      'id -u; id -g; pwd; echo "$HOME"; touch mine ../mine && echo wrote; touch /etc/mine || echo refused';
    const { stdout } = await author.browser.ok("run_command", { space: "plain", command });
    assert.equal(stdout, "1000\n1000\n/work/here\n/work/here\nwrote\nrefused\n");
  });

  test("makes root's container where the template says so", async () => {
    const spec = `image: ${image}\ncommand: [sleep, "1000000"]\nmemory: 64M\nnetwork: none\nuser: root`;
    await author.browser.ok("create_template", { name: "rooted", spec });
    await author.browser.ok("create_space", { template: "rooted", name: "rooted" });
    const { stdout } = await author.browser.ok("run_command", { space: "rooted", command: "id -u; echo $HOME" });
    assert.equal(stdout, "0\n/root\n");
  });

  for (const [at, knob] of knobs.filter(({ allow }) => allow !== null).entries()) {
    const what = knob.line.replace("VALUE", knob.value);
    test(`never runs a container with "${what}" once that is not allowed any more`, async () => {
      const [name, spec] = [`danger-${at}`, ended(knob, image)];
      for (const input of [
        { name, spec },
        { name, spec, allow: [knob.allow] },
      ]) {
        assert.ok([403, 422].includes((await author.browser.call("create_template", input)).status));
      }
      await house.admin.browser.ok("create_template", { name, spec, allow: [knob.allow] });
      const { space } = await author.browser.ok("create_space", { template: name, name, start: false });
      await house.admin.browser.ok("update_template", { template: name, allow: [] });
      for (const operation of ["start_space", "restart_space"]) {
        const refused = await author.browser.call(operation, { space: name });
        assert.deepEqual([refused.status, refused.body.code], [422, "invalid_input"]);
      }
      const refused = await author.browser.call("create_space", { template: name, name: `${name}-2` });
      assert.deepEqual([refused.status, refused.body.code], [422, "invalid_input"]);
      // made while it was allowed, it never ran
      const states = (await containersOf(space.id)).map(({ State }) => [State.Status, Date.parse(State.StartedAt) > 0]);
      assert.deepEqual(states, [["created", false]]);
      const { spaces } = await author.browser.ok("list_spaces", { query: `${name}-2` });
      assert.deepEqual(spaces, []);
    });
  }
});
