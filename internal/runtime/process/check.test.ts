import assert from "node:assert/strict";
import { test } from "node:test";
import { obstacle } from "./check.ts";

const machine = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n24 22 0:51 / /proc rw - proc proc rw\n";
const chroot = "121 46 0:51 / /proc rw,relatime - proc proc rw\n122 46 0:6 / /dev rw - devtmpfs devtmpfs rw\n";
const noNamespace = "bwrap: No permissions to create new namespace";

test("names the switch of the kernel that forbids a sandbox", () => {
  assert.match(
    obstacle(noNamespace, false, machine),
    /\(bwrap: No permissions.*\)\. As root run `sysctl -w user\.max_user/,
  );
  assert.match(obstacle("bwrap: setting up uid map: denied", false, machine), /sysctl -w kernel\.apparmor_/);
});

test("tells root in a plain chroot to enter it by way of a mount, and anyone else to leave it", () => {
  const asRoot = obstacle("bwrap: Failed to make / slave: Invalid argument", true, chroot);
  assert.match(asRoot, /chroot whose root folder is no mount point.*`mount --rbind \/ \/mnt && chroot \/mnt`/);
  const asUser = obstacle(noNamespace, false, chroot);
  assert.match(asUser, /chroot whose root folder is no mount point.*Start knot outside of it, or as root$/);
  for (const text of [asRoot, asUser]) assert.doesNotMatch(text, /sysctl/);
});
