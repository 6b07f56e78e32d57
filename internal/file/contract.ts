import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { z } from "zod";
import { type Call, createCall } from "../operation/call.ts";
import { parse } from "../operation/schema.ts";
import type { Problem } from "../problem/problem.ts";
import { odd, registerSearches } from "./contract-searches.ts";
import { registerSwaps } from "./contract-swaps.ts";
import { Files } from "./file.ts";
import * as operations from "./operations.ts";
import { runScript, runToEnd, type Workplace } from "./shell.ts";

/** How the tests get at one kind of space. */
export type FileFixture = {
  readonly name: string;
  readonly needs: { skip: string | false };
  /** An empty working directory of its own. */
  open(t: TestContext): Promise<Workplace>;
  /** Whether the space's user is not root, so that modes matter. */
  readonly isOrdinary: boolean;
};

export const caller = (parts: Partial<Call> = {}): Call =>
  createCall({
    door: "mcp",
    principal: {
      user_id: "ann",
      username: "ann",
      group_ids: [],
      permissions: new Set(),
      scopes: new Set(),
      credential: { kind: "token", id: "t", name: "" },
    },
    ...parts,
  });

/** The services as callers reach them: the input goes through the operation's schema. */
export function filesIn(space: Workplace, call = caller()) {
  const files = new Files({ spaces: { running: async () => space } });
  const bind =
    <Schema extends z.ZodType, Output>(schema: Schema, run: (call: Call, input: z.output<Schema>) => Promise<Output>) =>
    (input: Record<string, unknown>) =>
      run(call, parse(schema, { space: "s", ...input }));
  return {
    read: bind(operations.readFile.input, (c, input) => files.read(c, input)),
    write: bind(operations.writeFile.input, (c, input) => files.write(c, input)),
    edit: bind(operations.editFile.input, (c, input) => files.edit(c, input)),
    list: bind(operations.listFiles.input, (c, input) => files.list(c, input)),
    find: bind(operations.find.input, (c, input) => files.find(c, input)),
    grep: bind(operations.grep.input, (c, input) => files.grep(c, input)),
    delete: bind(operations.deleteFile.input, (c, input) => files.delete(c, input)),
    move: bind(operations.moveFile.input, (c, input) => files.move(c, input)),
  };
}

export type Tools = ReturnType<typeof filesIn> & {
  sh: (command: string, ...args: string[]) => Promise<string>;
  space: Workplace;
  caller: typeof caller;
};

const sha = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

/** Registers what file operations promise in every kind of space, as tests of `fixture`. */
export function fileContract(fixture: FileFixture): void {
  const it = (name: string, body: (tools: Tools) => Promise<void>) =>
    test(`${fixture.name}: ${name}`, fixture.needs, async (t) => {
      const space = await fixture.open(t);
      await body({ ...filesIn(space), space, caller, sh: (command, ...args) => shell(space, command, args) });
    });
  registerReads(it);
  registerWrites(it, fixture);
  registerEdits(it);
  registerSearches(it, fixture);
  registerChanges(it, fixture);
  registerSwaps(it);
}

/** An empty working directory of its own in a space that tests share. */
export async function workplaceIn({ runtime, target }: Pick<Workplace, "runtime" | "target">): Promise<Workplace> {
  const home = { id: target.space_id, name: "box", target, runtime, working_dir: "/home/dev", user: "dev" };
  const name = randomUUID();
  await runScript(caller(), home, { text: 'mkdir "$1"', args: [name], path: name });
  return { ...home, working_dir: `/home/dev/${name}` };
}

export type It = (name: string, body: (tools: Tools) => Promise<void>) => void;

async function shell(space: Workplace, command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr, exit_code } = await runToEnd(caller(), space, { text: command, args, path: "" });
  assert.equal(exit_code, 0, `${command}: ${stderr}`);
  return stdout.toString("utf8");
}

function registerReads(it: It): void {
  it("reads a whole file with its size and hash", async ({ read, write }) => {
    await write({ path: "a", content: "héllo\n" });
    assert.deepEqual(await read({ path: "a" }), {
      content: "héllo\n",
      encoding: "utf8",
      size_bytes: 7,
      sha256: sha("héllo\n"),
      returned_bytes: 7,
      cut: false,
      next_offset: null,
      note: null,
    });
  });

  it("reads an empty file", async ({ read, write }) => {
    await write({ path: "a", content: "" });
    const { content, size_bytes, cut, sha256 } = await read({ path: "a" });
    assert.deepEqual([content, size_bytes, cut, sha256], ["", 0, false, sha("")]);
  });

  it("reads by bytes, part after part, without breaking characters", async ({ read, write }) => {
    const text = "aé日👩".repeat(50);
    await write({ path: "a", content: text });
    let [whole, offset, parts] = ["", 0 as number | null, 0];
    while (offset !== null) {
      const part = await read({ path: "a", offset_bytes: offset, limit_bytes: 33 });
      assert.equal(part.note, null);
      assert.equal(part.cut, part.next_offset !== null);
      whole += part.content;
      offset = part.next_offset;
      parts++;
    }
    assert.equal(whole, text);
    assert.ok(parts > 10);
  });

  it("reads by lines, part after part", async ({ read, write }) => {
    const lines = Array.from({ length: 10 }, (_, index) => `line ${index}\n`);
    await write({ path: "a", content: lines.join("") });
    const some = await read({ path: "a", offset_lines: 3, limit_lines: 2 });
    assert.deepEqual([some.content, some.cut, some.next_offset], ["line 3\nline 4\n", true, 5]);
    const end = await read({ path: "a", offset_lines: 8, limit_lines: 2 });
    assert.deepEqual([end.content, end.cut, end.next_offset], ["line 8\nline 9\n", false, null]);
    const small = await read({ path: "a", offset_lines: 0, limit_bytes: 20 });
    assert.deepEqual([small.content, small.next_offset], ["line 0\nline 1\n", 2]);
    const behind = await read({ path: "a", offset_lines: 99 });
    assert.deepEqual([behind.content, behind.cut], ["", false]);
  });

  it("reads a last line without an end, and the beginning of a line that is too long", async ({ read, write }) => {
    await write({ path: "a", content: "one\ntwo" });
    const last = await read({ path: "a", offset_lines: 1, limit_lines: 5 });
    assert.deepEqual([last.content, last.cut], ["two", false]);
    await write({ path: "b", content: `${"x".repeat(100)}\nend\n` });
    const long = await read({ path: "b", offset_lines: 0, limit_bytes: 10 });
    assert.deepEqual([long.content, long.next_offset], ["x".repeat(10), 1]);
    assert.match(long.note ?? "", /longer than limit_bytes/);
  });

  it("reads every byte as base64, and says when text is none", async ({ read, write }) => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await write({ path: "a", content: bytes.toString("base64"), encoding: "base64" });
    const { content, returned_bytes, sha256 } = await read({ path: "a", encoding: "base64" });
    assert.deepEqual([content, returned_bytes, sha256], [bytes.toString("base64"), 256, sha(bytes)]);
    await assert.rejects(read({ path: "a" }), { code: "conflict", message: /binary.*base64/ });
    await write({ path: "latin", content: Buffer.from("caf\xe9", "latin1").toString("base64"), encoding: "base64" });
    const latin = await read({ path: "latin" });
    assert.deepEqual([latin.content, /base64/.test(latin.note ?? "")], ["caf\ufffd", true]);
  });

  it("reads a piece of a gigabyte without hashing it unasked", async ({ read, sh }) => {
    await sh("dd if=/dev/zero of=big bs=1 count=0 seek=1073741824 2>/dev/null; printf end >> big");
    const part = await read({ path: "big", offset_bytes: 1_073_741_824 });
    assert.deepEqual([part.content, part.sha256, part.size_bytes], ["end", null, 1_073_741_827]);
  });

  it("hashes a larger file when asked", async ({ read, sh }) => {
    await sh("dd if=/dev/zero of=big bs=1048576 count=17 2>/dev/null");
    assert.equal(
      (await read({ path: "big", limit_bytes: 1, hash: true, encoding: "base64" })).sha256,
      sha(Buffer.alloc(17 * 1048576)),
    );
  });

  it("refuses to read what is no regular file", async ({ read, sh, space }) => {
    await sh("mkdir d; mkfifo p; ln -s nowhere l; ln -s c1 c2; ln -s c2 c1; touch f");
    const refused = async (path: string, code: string, message: RegExp) =>
      assert.rejects(read({ path }), { code, message }, path);
    await refused("d", "conflict", /is a directory/);
    await refused("p", "conflict", /a pipe/);
    await refused("/dev/null", "conflict", /a device/);
    await refused("l", "not_found", /no "l"/);
    await refused("gone", "not_found", /no "gone"/);
    await refused("f/x", "conflict", /where a directory is needed/);
    await refused("c1", "conflict", /in a circle/);
    await refused("a\0b", "invalid_input", /NUL/);
    for (const path of ["~", "~/f"]) await refused(path, "invalid_input", /absolute path/);
    await refused("x".repeat(300), "invalid_input", /longer than/);
    assert.equal((await read({ path: `${space.working_dir}//./f` })).size_bytes, 0);
  });

  it("refuses bytes and lines together", async ({ read }) => {
    await assert.rejects(read({ path: "a", offset_bytes: 1, offset_lines: 1 }), { code: "invalid_input" });
  });
}

function registerWrites(it: It, { isOrdinary }: FileFixture): void {
  it("writes, replaces and appends, and counts bytes", async ({ read, write }) => {
    assert.deepEqual(await write({ path: "a", content: "é" }), { bytes_written: 2, sha256: sha("é") });
    await write({ path: "a", content: "one\n" });
    assert.deepEqual(await write({ path: "a", content: "two\n", mode: "append" }), {
      bytes_written: 4,
      sha256: sha("one\ntwo\n"),
    });
    assert.equal((await read({ path: "a" })).content, "one\ntwo\n");
    await write({ path: "new", content: "x", mode: "append" });
    assert.equal((await read({ path: "new" })).content, "x");
  });

  it("creates only what does not exist, also when many try", async ({ write, read }) => {
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) =>
        write({ path: index % 2 ? "a" : "./a", content: `${index}`, mode: "create" }),
      ),
    );
    assert.equal(tries.filter(({ status }) => status === "fulfilled").length, 1);
    const winner = tries.findIndex(({ status }) => status === "fulfilled");
    assert.equal((await read({ path: "a" })).content, `${winner}`);
    await assert.rejects(write({ path: "a", content: "", mode: "create" }), { code: "conflict", message: /exists/ });
  });

  it("writes only what fits if_match, and names the hash there is", async ({ write, read }) => {
    const { sha256 } = await write({ path: "a", content: "one" });
    await write({ path: "a", content: "two", if_match: sha256 });
    const problem = await write({ path: "a", content: "three", if_match: sha256 }).catch((thrown: Problem) => thrown);
    assert.deepEqual([(problem as Problem).code, (problem as Problem).extra["sha256"]], ["conflict", sha("two")]);
    await assert.rejects(write({ path: "b", content: "", if_match: sha256 }), {
      code: "conflict",
      message: /not exist/,
    });
    assert.equal((await read({ path: "a" })).content, "two");
  });

  it("lets one of many writers with the same if_match win", async ({ write }) => {
    const { sha256 } = await write({ path: "a", content: "one" });
    const tries = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) => write({ path: "a", content: `${index}`, if_match: sha256 })),
    );
    assert.equal(tries.filter(({ status }) => status === "fulfilled").length, 1);
  });

  it("keeps the mode, writes through links, and leaves no other file behind", async ({ write, sh }) => {
    await sh("mkdir real; echo old > real/x; chmod 751 real/x; ln -s real/x l; ln -s ./l l2; ln -s new fresh");
    await write({ path: "l2", content: "new" });
    await write({ path: "fresh", content: "made" });
    const mode = await sh(
      "stat -c %a real/x; cat real/x; cat new; test -L l && test -L l2 && test -L fresh && ls -A . real",
    );
    assert.equal(mode, "751\nnewmade.:\nfresh\nl\nl2\nnew\nreal\n\nreal:\nx\n");
  });

  it("appends to a large file without reading it", async ({ write, sh }) => {
    await sh("dd if=/dev/zero of=big bs=1 count=0 seek=1073741824 2>/dev/null");
    assert.deepEqual(await write({ path: "big", content: "x", mode: "append" }), { bytes_written: 1, sha256: null });
    assert.equal(await sh("stat -c %s big"), "1073741825\n");
  });

  it("makes directories only when asked", async ({ write, read }) => {
    await assert.rejects(write({ path: "a/b/c", content: "x" }), { code: "not_found", message: /directory of/ });
    await write({ path: "a/b/c", content: "x", make_parents: true });
    assert.equal((await read({ path: "a/b/c" })).content, "x");
  });

  it("refuses to write to what is no regular file, and what is no content", async ({ write, sh }) => {
    await sh("mkdir d; mkfifo p; touch f; ln -s c1 c2; ln -s c2 c1");
    const refused = async (input: Record<string, unknown>, code: string) =>
      assert.rejects(write({ content: "x", ...input }), { code }, JSON.stringify(input));
    for (const path of ["d", "p", "/dev/null", "f/x", "c1"]) await refused({ path }, "conflict");
    for (const path of ["a\0b", ".", "/"]) await refused({ path }, "invalid_input");
    await refused({ path: "a", content: "not base64!", encoding: "base64" }, "invalid_input");
    await refused({ path: "a", content: "\ud800" }, "invalid_input");
    assert.equal(await sh("ls -A"), "c1\nc2\nd\nf\np\n");
  });

  it("writes and reads names of every kind", async ({ write, read, list, sh }) => {
    for (const name of odd) await write({ path: name, content: name });
    for (const name of odd) assert.equal((await read({ path: name })).content, name);
    const { entries } = await list({});
    assert.deepEqual(new Set(entries.map(({ path }) => path)), new Set(odd));
    assert.equal(await sh("test -e x && echo injected || echo clean"), "clean\n");
  });

  it("writes megabytes", async ({ write, read }) => {
    const bytes = randomBytes(5 * 1024 * 1024);
    const { sha256 } = await write({ path: "big", content: bytes.toString("base64"), encoding: "base64" });
    assert.deepEqual([sha256, (await read({ path: "big", limit_bytes: 1 })).sha256], [sha(bytes), sha(bytes)]);
  });

  if (!isOrdinary) return;
  it("says what the space's user may not do", async ({ write, read, sh }) => {
    await sh("mkdir shut; echo x > shut/f; echo ro > ro; chmod 444 ro; chmod 000 shut; echo no > no; chmod 000 no");
    const refused = { code: "conflict", message: /may not/ };
    await assert.rejects(read({ path: "no" }), refused);
    await assert.rejects(read({ path: "shut/f" }), refused);
    await assert.rejects(write({ path: "ro", content: "" }), refused);
    await assert.rejects(write({ path: "shut/new", content: "" }), refused);
    await assert.rejects(write({ path: "/etc/new", content: "" }), refused);
    const refusedOrFixed = { code: "conflict", message: /may not|read-only/ };
    await assert.rejects(write({ path: "/etc/passwd", content: "" }), refusedOrFixed);
    await sh("chmod 700 shut");
  });
}

function registerEdits(it: It): void {
  it("edits, shows the diff, and keeps the mode", async ({ write, edit, read, sh }) => {
    await write({ path: "a", content: "one\ntwo\nthree\n" });
    await sh("chmod 700 a");
    const edited = await edit({
      path: "a",
      edits: [
        { search: "two", replace: "2" },
        { search: "e\n", replace: "E\n", expected_count: 2 },
      ],
    });
    assert.deepEqual([edited.counts, edited.written, edited.sha256], [[1, 2], true, sha("onE\n2\nthreE\n")]);
    assert.equal(edited.diff, "--- a\n+++ a\n@@ -1,3 +1,3 @@\n-one\n-two\n-three\n+onE\n+2\n+threE\n");
    assert.equal((await read({ path: "a" })).content, "onE\n2\nthreE\n");
    assert.equal(await sh("stat -c %a a"), "700\n");
  });

  it("takes every edit or none", async ({ write, edit, read }) => {
    await write({ path: "a", content: "one two two\n" });
    const edits = [
      { search: "one", replace: "1" },
      { search: "two", replace: "2" },
    ];
    await assert.rejects(edit({ path: "a", edits }), { code: "conflict", message: /found 2 times, not 1.*lines 1, 1/ });
    await assert.rejects(edit({ path: "a", edits: [{ search: "three", replace: "" }] }), { message: /found 0 times/ });
    assert.equal((await read({ path: "a" })).content, "one two two\n");
  });

  it("keeps the ends of lines", async ({ write, edit, read }) => {
    await write({ path: "a", content: "one\r\ntwo\r\nthree" });
    const { diff } = await edit({ path: "a", edits: [{ search: "one\ntwo", replace: "1\n2\n2b" }] });
    assert.match(diff, /-one\r\n-two\r\n\+1\r\n\+2\r\n\+2b\r\n/);
    await edit({ path: "a", edits: [{ search: "2b\r\nthree", replace: "3" }] });
    assert.equal((await read({ path: "a" })).content, "1\r\n2\r\n3");
    await write({ path: "mixed", content: "one\r\ntwo\nthree\r\n" });
    const edits = [{ search: "one\ntwo", replace: "x" }];
    await assert.rejects(edit({ path: "mixed", edits }), { code: "conflict", message: /Some lines.*CR LF/ });
    await edit({ path: "mixed", edits: [{ search: "two\n", replace: "2\n" }] });
    assert.equal((await read({ path: "mixed" })).content, "one\r\n2\nthree\r\n");
  });

  it("says where the text is that it does not find", async ({ write, edit }) => {
    await write({ path: "a", content: "top\nif (x) {\n\treturn 1;\n}\n" });
    const hint = (search: string) => edit({ path: "a", edits: [{ search, replace: "" }] });
    await assert.rejects(hint("if (x) {\n  return 1;\n}"), { message: /other white space.*line 2\)/ });
    await assert.rejects(hint("if (x) {\n  return 2;\n}"), { message: /not there.*line 2\)/ });
    await assert.rejects(hint("nothing of it"), { message: /It is not there: read/ });
  });

  it("changes nothing in a dry run", async ({ write, edit, read }) => {
    await write({ path: "a", content: "one\n" });
    const edited = await edit({ path: "a", edits: [{ search: "one", replace: "1" }], dry_run: true });
    assert.deepEqual([edited.written, edited.sha256], [false, sha("one\n")]);
    assert.match(edited.diff, /-one\n\+1/);
    assert.equal((await read({ path: "a" })).content, "one\n");
  });

  it("refuses what changed, what is large and what is no text", async ({ write, edit, sh }) => {
    const { sha256 } = await write({ path: "a", content: "one\n" });
    await write({ path: "a", content: "One\n" });
    const edits = [{ search: "One", replace: "1" }];
    await assert.rejects(edit({ path: "a", edits, if_match: sha256 }), { code: "conflict", message: /has changed/ });
    await sh("dd if=/dev/zero of=big bs=1048576 count=11 2>/dev/null; printf 'One\\000' > binary; mkdir d");
    await assert.rejects(edit({ path: "big", edits }), { code: "too_large" });
    await assert.rejects(edit({ path: "binary", edits }), { code: "conflict", message: /not UTF-8 text/ });
    await assert.rejects(edit({ path: "d", edits }), { code: "conflict", message: /directory/ });
  });

  it("edits a file of some megabytes as a whole, and refuses a gigabyte at once", async ({ edit, sh }) => {
    await sh(
      "yes 0123456789abcde | head -c 8000000 > a; echo end >> a; cp a b; printf B | dd of=b conv=notrunc 2>/dev/null",
    );
    await edit({ path: "a", edits: [{ search: "end\n", replace: "END\n" }] });
    assert.equal(await sh("wc -c < a; tail -n 1 a"), "8000004\nEND\n");
    await edit({ path: "b", edits: [{ search: "B123456789abcde\n", replace: "" }] });
    assert.equal(await sh("wc -c < b; head -n 1 b; tail -n 1 b"), "7999988\n0123456789abcde\nend\n");
    const { counts } = await edit({ path: "b", edits: [{ search: "9ab", replace: "9AB", expected_count: 499_999 }] });
    assert.deepEqual(counts, [499_999]);
    await sh("dd if=/dev/zero of=big bs=1 count=0 seek=1073741824 2>/dev/null");
    await assert.rejects(edit({ path: "big", edits: [{ search: "x", replace: "y" }] }), { code: "too_large" });
  });

  it("loses none of many edits at once", async ({ write, edit, read }) => {
    const names = Array.from({ length: 8 }, (_, index) => `<${index}>`);
    await write({ path: "a", content: names.join("") });
    await Promise.all(names.map((search) => edit({ path: "a", edits: [{ search, replace: "." }] })));
    assert.equal((await read({ path: "a" })).content, "........");
  });
}

function registerChanges(it: It, { isOrdinary }: FileFixture): void {
  it("deletes files, links and empty directories", async (tools) => {
    await tools.sh("mkdir empty full; touch f full/x; ln -s full l; ln -s nowhere dangling");
    for (const path of ["f", "l", "dangling", "empty"])
      assert.deepEqual(await tools.delete({ path }), { deleted: true });
    assert.equal(await tools.sh("ls -A . full"), ".:\nfull\n\nfull:\nx\n");
    await assert.rejects(tools.delete({ path: "full" }), { code: "conflict", message: /not empty.*recursive/ });
    await assert.rejects(tools.delete({ path: "gone" }), { code: "not_found" });
  });

  it("asks before it deletes a directory that is not empty", async (tools) => {
    await tools.sh("mkdir -p d/e; touch d/a d/e/b");
    const asked = tools.delete({ path: "d", recursive: true });
    await assert.rejects(asked, { code: "confirmation_required", message: /"d".* 3 entries/ });
    assert.equal(await tools.sh("ls d"), "a\ne\n");
    await tools.delete({ path: "d", recursive: true, confirm: true });
    assert.equal(await tools.sh("ls -A"), "");
  });

  it("does not delete the root or the directory it works in", async (tools) => {
    for (const path of ["/", ".", "./", "//", "..", "a/..", `${tools.space.working_dir}/`]) {
      const refused = tools.delete({ path, recursive: true, confirm: true });
      await assert.rejects(refused, { code: "invalid_input" }, path);
    }
  });

  it("moves and renames, and replaces nothing unasked", async ({ move, write, read, sh }) => {
    await write({ path: "a", content: "a" });
    await write({ path: "b", content: "b" });
    await sh("mkdir d; ln -s d l");
    assert.deepEqual(await move({ path: "a", to: "c" }), { moved: true });
    await assert.rejects(move({ path: "c", to: "b" }), { code: "conflict", message: /"b" exists already.*overwrite/ });
    await move({ path: "c", to: "b", overwrite: true });
    assert.equal((await read({ path: "b" })).content, "a");
    for (const to of ["d", "l"])
      await assert.rejects(move({ path: "b", to, overwrite: true }), { code: "conflict" }, to);
    await assert.rejects(move({ path: "b", to: "gone/b" }), { code: "not_found", message: /directory of "gone\/b"/ });
    await assert.rejects(move({ path: "gone", to: "x" }), { code: "not_found", message: /"gone"/ });
    await assert.rejects(move({ path: "b", to: "./d/../b", overwrite: true }), {
      code: "conflict",
      message: /same file/,
    });
    await assert.rejects(move({ path: "d", to: "d/x/../y" }), { code: "not_found" });
    await assert.rejects(move({ path: "d", to: "d/y" }), { code: "conflict", message: /inside/ });
    await assert.rejects(move({ path: "d", to: "b", overwrite: true }), { code: "conflict", message: /"b" is a file/ });
    await move({ path: "d", to: "e" });
    await move({ path: "b", to: "e/-n" });
    assert.equal((await read({ path: "e/-n" })).content, "a");
  });

  if (!isOrdinary) return;
  it("says why it cannot delete or move", async (tools) => {
    const refused = { code: "conflict", message: /may not|read-only/ };
    await assert.rejects(tools.delete({ path: "/etc/passwd" }), refused);
    await assert.rejects(tools.move({ path: "/etc/passwd", to: "x" }), refused);
    await tools.sh("mkdir -p part/shut; touch part/shut/x; chmod 500 part/shut");
    const partly = tools.delete({ path: "part", recursive: true, confirm: true });
    await assert.rejects(partly, { code: "conflict", message: /not all/ });
    await tools.sh("chmod 700 part/shut");
  });
}
