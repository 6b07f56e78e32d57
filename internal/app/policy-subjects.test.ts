import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type House, type Inhabitant, startHouse } from "../testkit/house.ts";

describe("a policy for a token", () => {
  let house: House;
  let ann: Inhabitant;
  let ids: { readonly ann: string; readonly admin: string };
  before(async () => {
    house = await startHouse({ flags: ["--server-docker-enabled=never", "--server-podman-enabled=never"] });
    ann = await house.add("ann", "member");
    ids = { ann: (await ann.token("agent")).id, admin: (await house.admin.token("agent")).id };
  });
  after(() => house?.[Symbol.asyncDispose]());

  const set = async ({ browser }: Inhabitant, subject_id: string) => {
    const { status, body } = await browser.call("set_approval_policy", {
      ...{ subject: "token", subject_id, tool: "run_command", mode: "ask" },
    });
    return status < 300 ? body.policy.subject_id : body.code;
  };

  test("finds it by its id and by its name among one's own", async () => {
    assert.deepEqual([await set(ann, ids.ann), await set(ann, "agent")], [ids.ann, ids.ann]);
    assert.equal(await set(house.admin, "agent"), ids.admin);
  });

  test("finds another user's token as username/name for those who may", async () => {
    assert.equal(await set(house.admin, "ann/agent"), ids.ann);
    assert.deepEqual([await set(ann, "ann/agent"), await set(ann, "admin/agent")], [ids.ann, "not_found"]);
    for (const ref of ["ann/none", "nobody/agent", "/agent"]) {
      assert.equal(await set(house.admin, ref), "not_found", ref);
    }
  });
});
