import assert from "node:assert/strict";
import { test } from "node:test";
import { HostGuard, type Iptables } from "./firewall.ts";

/** A table that remembers its rules, and every change made to it. */
function table() {
  const rules = new Set<string>();
  const changes: string[] = [];
  const iptables: Iptables = async ([, , verb, ...rule]) => {
    const words = rule.join(" ");
    if (verb === "-C" && !rules.has(words)) throw Object.assign(new Error("no such rule"), { code: 1 });
    if (verb === "-C") return;
    rules.add(words);
    changes.push(`${verb} ${words}`);
  };
  return { rules, changes, iptables };
}

const failing =
  (failure: object): Iptables =>
  async () => {
    throw Object.assign(new Error("iptables failed"), failure);
  };

test("the host guard adds each rule once, also when asked twice at the same time", async () => {
  const { changes, iptables } = table();
  const guard = new HostGuard(assert.fail, iptables);
  await Promise.all([guard.ensure(), guard.ensure()]);
  assert.deepEqual(changes, [
    "-I DOCKER-USER -i kn-+ -d 169.254.0.0/16 -m comment --comment knot -j REJECT",
    "-I INPUT -i kn-+ -m conntrack --ctstate NEW -m comment --comment knot -j REJECT",
  ]);
});

test("the host guard adds again what was flushed, and nothing else", async () => {
  const { rules, changes, iptables } = table();
  const guard = new HostGuard(assert.fail, iptables);
  await guard.ensure();
  for (const rule of rules) if (rule.startsWith("INPUT")) rules.delete(rule);
  changes.length = 0;
  await guard.ensure();
  assert.equal(changes.length, 1);
  assert.match(changes[0] ?? "", /^-I INPUT /);
});

test("the host guard tells once why it cannot, and what to run", async () => {
  const warnings: string[] = [];
  const guard = new HostGuard((warning) => warnings.push(warning), failing({ code: 4, stderr: "Permission denied\n" }));
  await guard.ensure();
  await guard.ensure();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /Permission denied.*`iptables -I INPUT -i kn-\+ .*guard_host = false/);
});

test("the host guard says so when there is no iptables", async () => {
  const warnings: string[] = [];
  await new HostGuard((warning) => warnings.push(warning), failing({ code: "ENOENT" })).ensure();
  assert.match(warnings[0] ?? "", /there is no iptables/);
});

test("the host guard warns when the engine's bridge is not on this machine", async () => {
  const warnings: string[] = [];
  const guard = new HostGuard((warning) => warnings.push(warning), table().iptables);
  await guard.ensure("kn-000000000000");
  assert.match(warnings[0] ?? "", /not among this machine's/);
});
