import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { It, Tools } from "./contract.ts";
import { runToEnd } from "./shell.ts";

const sha = (content: string): string => createHash("sha256").update(content).digest("hex");

/** What file operations promise while something else changes what a path means. */
export function registerSwaps(it: It): void {
  it("reads size, hash and content of one file while others take its place", async (tools) => {
    await tools.sh('printf short > short; printf "much\\nlonger" > longer; cp short a');
    const turns = "cp short t; mv -f t a; cp longer t; mv -f t a";
    await during(turns, tools, async () => {
      for (let round = 0; round < 20; round++) {
        const { content, size_bytes, sha256, cut } = await tools.read({ path: "a" });
        assert.deepEqual([size_bytes, sha256, cut], [content.length, sha(content), false]);
        const lines = await tools.read({ path: "a", offset_lines: 0 });
        assert.deepEqual([lines.size_bytes, lines.sha256], [lines.content.length, sha(lines.content)]);
      }
    });
  });

  it("reads size and hash of the content it gives while another writes", async (tools) => {
    await during('printf short > a; printf "much\\nlonger" > a', tools, async () => {
      await tools.sh("until [ -e a ]; do :; done");
      for (let round = 0; round < 20; round++) {
        for (const input of [{ path: "a" }, { path: "a", offset_lines: 0 }]) {
          const { content, size_bytes, sha256, cut } = await tools.read(input);
          assert.deepEqual([size_bytes, sha256, cut], [content.length, sha(content), false]);
        }
      }
    });
  });

  it("tells the size of what the kernel makes up, where it was read to its end", async ({ read }) => {
    const { content, size_bytes, sha256 } = await read({ path: "/proc/sys/kernel/ostype" });
    assert.deepEqual([content, size_bytes, sha256], ["Linux\n", 6, sha("Linux\n")]);
  });

  it("replaces no file but the one that if_match was compared with", async (tools) => {
    await tools.sh("mkdir ours theirs; printf theirs > theirs/f; ln -s ours x");
    const turns = "ln -s theirs t; mv -fT t x; ln -s ours t; mv -fT t x";
    await during(turns, tools, async () => {
      let written = 0;
      for (let round = 0; round < 20; round++) {
        await tools.write({ path: "ours/f", content: "ours" });
        const input = { path: "x/f", content: "new", if_match: sha("ours") };
        const problem = await tools.write(input).then(
          () => null,
          (thrown) => thrown,
        );
        if (problem !== null) assert.equal(problem.code, "conflict", problem.message);
        assert.equal(await tools.sh("cat theirs/f"), "theirs");
        if (problem === null) written++;
        assert.equal(await tools.sh("cat ours/f"), problem === null ? "new" : "ours");
      }
      assert.ok(written > 0);
    });
  });
}

/** Repeats `turns` in the space as long as `body` runs. */
async function during(turns: string, { space, caller }: Tools, body: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const text = `while :; do ${turns}; done`;
  const swapping = runToEnd(caller({ signal: stop.signal }), space, { text, args: [], path: "" });
  const stopped = assert.rejects(swapping);
  try {
    await body();
  } finally {
    stop.abort(new Error("enough"));
  }
  await stopped;
}
