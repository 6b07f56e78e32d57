import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { type CliOptions, runCli } from "./cli.ts";

const run = operation({
  name: "run_thing",
  title: "Run thing",
  description: "Runs.",
  effect: "write",
  idempotent: false,
  permission: null,
  input: z.object({
    thing: z.string(),
    command: z.string().optional(),
    spec: z.string().describe("The spec"),
    env: z.record(z.string(), z.string()).default({}),
  }),
  output: z.object({}),
  problems: [],
  path: "/things/{thing}/run",
  tool: null,
  command: { words: ["run"], args: ["thing", "command"] },
  label: () => "Run",
  run: async () => ({}),
});

/** Types a command at a server that always gives the same answer. */
async function typed(
  argv: readonly string[],
  answer: object,
  stdin = "",
  status = 200,
  options: CliOptions = { operations: [run], version: "1" },
  terminal: { readonly isTTY?: boolean; readonly columns?: number } = {},
) {
  const seen: { url: string; body: unknown }[] = [];
  const output = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") =>
    new PassThrough().on("data", (chunk) => {
      output[name] += chunk;
    });
  const code = await runCli(
    argv,
    {
      stdout: Object.assign(into("stdout"), terminal),
      stderr: into("stderr"),
      stdin: Readable.from([Buffer.from(stdin)]),
      env: { KNOT_SERVER: "https://knot.example.com", KNOT_TOKEN: "t", XDG_CONFIG_HOME: "/nonexistent" },
      fetch: async (url, init) => {
        seen.push({ url: String(url), body: JSON.parse(String(init?.body)) });
        return Response.json(answer, { status });
      },
    },
    options,
  );
  await new Promise((resolve) => setImmediate(resolve));
  return { code, seen, ...output };
}

const ended = { exit_code: 0, signal: null, timed_out: false, stdout: "out\n", stderr: "err\n" };

function specFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "knot-spec-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "spec.yaml"), "image: x\n");
  return join(folder, "spec.yaml");
}

describe("a command that ran in a space", () => {
  test("keeps its streams and its exit code", async () => {
    const { code, stdout, stderr } = await typed(["run", "dev", "ls", "--spec", "x"], { ...ended, exit_code: 7 });
    assert.deepEqual([code, stdout, stderr], [7, "out\n", "err\n"]);
  });

  test("says how it was ended as a shell does", async () => {
    const killed = { ...ended, exit_code: null, signal: "SIGKILL" };
    assert.equal((await typed(["run", "dev", "--spec", "x"], killed)).code, 137);
    const late = await typed(["run", "dev", "--spec", "x"], { ...killed, timed_out: true, note: "Too slow." });
    assert.equal(late.code, 124);
    assert.match(late.stderr, /^knot: Too slow\.$/m);
  });

  test("says when its output was cut", async () => {
    const { stderr } = await typed(["run", "dev", "--spec", "x"], { ...ended, stdout_cut: true, stdout_bytes: 99 });
    assert.match(stderr, /stdout was cut; it had 99 bytes/);
  });
});

describe("a long text", () => {
  test("comes from a file or from standard input", async (t) => {
    const { seen } = await typed(["run", "dev", "--spec-file", specFile(t), "--env", "A=1"], {});
    assert.deepEqual(seen, [
      { url: "https://knot.example.com/api/things/dev/run", body: { spec: "image: x\n", env: { A: "1" } } },
    ]);
    assert.deepEqual((await typed(["run", "dev", "--spec-file", "-"], {}, "piped")).seen[0]?.body, { spec: "piped" });
  });

  test("is asked for when it is missing, and its file has to be there", async () => {
    const missing = await typed(["run", "dev"], {});
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /--spec is missing/);
    assert.match((await typed(["run", "dev", "--spec-file", "/nonexistent"], {})).stderr, /cannot be read: ENOENT/);
  });
});

describe("a list of objects", () => {
  test("is explained in help by the fields of its objects", async () => {
    const edits = z.array(z.object({ search: z.string(), times: z.int().optional() })).describe("What to replace");
    const edit = {
      ...run,
      input: z.object({ thing: z.string(), edits }),
      command: { words: ["edit"], args: ["thing"] },
    };
    const { stdout } = await typed(["edit", "--help"], {}, "", 200, { operations: [edit], version: "1" });
    assert.match(stdout, /--edits JSON +What to replace; each is JSON such as \{"search": text, "times": number\}/);
  });
});

describe("standard input", () => {
  const cat = { ...run, input: z.object({ thing: z.string(), stdin: z.string().optional() }) };
  const piped = { ...cat, command: { words: ["run"], args: ["thing"] } };
  const options = { operations: [piped], version: "1" };
  const sent = async (argv: readonly string[], stdin: string) => typed(argv, {}, stdin, 200, options);

  test("is passed on when it is piped in, unless it is empty or given otherwise", async () => {
    assert.deepEqual((await sent(["run", "dev"], "hi\n")).seen[0]?.body, { stdin: "hi\n" });
    assert.deepEqual((await sent(["run", "dev"], "")).seen[0]?.body, {});
    assert.deepEqual((await sent(["run", "dev", "--stdin", "said"], "hi\n")).seen[0]?.body, { stdin: "said" });
    assert.deepEqual((await sent(["run", "dev", "--stdin-file", "-"], "hi\n")).seen[0]?.body, { stdin: "hi\n" });
  });

  test("is passed on as base64 when it is no text and the operation can say so", async (t) => {
    const bytes = Buffer.from([0xff, 0x00, 0x0a]);
    const file = join(mkdtempSync(join(tmpdir(), "knot-bytes-")), "bytes");
    t.after(() => rmSync(join(file, ".."), { recursive: true }));
    writeFileSync(file, bytes);
    const refused = await typed(["run", "dev", "--stdin-file", file], {}, "", 200, options);
    assert.deepEqual([refused.code, refused.seen], [2, []]);
    assert.match(refused.stderr, /--stdin-file is not UTF-8 text/);
    const stdin_encoding = z.enum(["utf8", "base64"]).optional();
    const encoded = { ...piped, input: cat.input.extend({ stdin_encoding }) };
    const argv = ["run", "dev", "--stdin-file", file];
    const { seen } = await typed(argv, {}, "", 200, { operations: [encoded], version: "1" });
    assert.deepEqual(seen[0]?.body, { stdin: bytes.toString("base64"), stdin_encoding: "base64" });
  });

  test("is refused above 1 MiB", async () => {
    const { code, stderr, seen } = await sent(["run", "dev"], "x".repeat(1_048_577));
    assert.deepEqual([code, seen], [2, []]);
    assert.match(stderr, /over 1 MiB/);
  });

  test("is left alone by an operation that takes none", async () => {
    assert.deepEqual((await typed(["run", "dev", "--spec", "x"], {}, "hi")).seen[0]?.body, { spec: "x" });
  });
});

describe("a long text given by position", () => {
  const write = { ...run, command: { words: ["write"], args: ["thing", "spec"] } };
  const options = { operations: [write], version: "1" };

  test("may come from a file instead, and one of both is needed", async (t) => {
    assert.deepEqual((await typed(["write", "dev", "text"], {}, "", 200, options)).seen[0]?.body, { spec: "text" });
    const file = specFile(t);
    const fromFile = await typed(["write", "dev", "--spec-file", file], {}, "", 200, options);
    assert.deepEqual(fromFile.seen[0]?.body, { spec: "image: x\n" });
    assert.match((await typed(["write", "dev"], {}, "", 200, options)).stderr, /--spec-file is missing/);
  });
});

describe("an answer", () => {
  test("that is a text is printed as it is", async () => {
    assert.equal((await typed(["run", "dev", "--spec", "x"], { text: "a\nb\n", lines: 2 })).stdout, "a\nb\n");
    assert.equal((await typed(["run", "dev", "--spec", "x"], { content: "c", encoding: "utf8" })).stdout, "c");
    const part = { content: "YQA=", encoding: "base64", cut: true, next_offset: 2, note: "Two bytes." };
    const { stdout, stderr } = await typed(["run", "dev", "--spec", "x"], part);
    assert.equal(stdout, "a\0");
    assert.match(stderr, /Two bytes\.\n.*goes on at offset 2/);
  });

  test("that is a text ends its last line at a terminal", async () => {
    const shown = async (text: string, encoding = "utf8") => {
      const answer = { content: text, encoding };
      return (await typed(["run", "dev", "--spec", "x"], answer, "", 200, undefined, { isTTY: true })).stdout;
    };
    assert.deepEqual([await shown("a"), await shown("a\n"), await shown("")], ["a\n", "a\n", ""]);
    assert.equal(await shown("YQ==", "base64"), "a");
  });

  test("that is a list is as wide as the terminal", async () => {
    const things = { things: [{ name: "x".repeat(99) }], returned: 1, total: 1, next_cursor: null };
    const shown = async (terminal: object) =>
      (await typed(["run", "dev", "--spec", "x"], things, "", 200, undefined, terminal)).stdout.split("\n")[1]?.length;
    assert.deepEqual([await shown({ isTTY: true, columns: 40 }), await shown({ columns: 40 })], [40, 99]);
  });

  test("that finds something not valid is printed and fails", async () => {
    const [invalid, valid] = [
      { valid: false, mistakes: [{ line: 2, message: "no" }] },
      { valid: true, mistakes: [] },
    ];
    const command = ["run", "dev", "--spec", "x"];
    const told = await typed(command, invalid);
    assert.deepEqual([told.code, told.stderr], [1, ""]);
    assert.match(told.stdout, /valid: +no\n/);
    assert.equal((await typed([...command, "--json"], invalid)).code, 1);
    assert.deepEqual([(await typed(command, valid)).code, (await typed([...command, "--json"], valid)).code], [0, 0]);
    assert.deepEqual(
      [(await typed(command, { intact: false })).code, (await typed(command, { intact: true })).code],
      [1, 0],
    );
  });

  test("that needs approval says so in the server's words, which tell how to go on", async () => {
    const problem = {
      code: "approval_required",
      status: 409,
      title: "",
      type: "",
      detail: "Ann is asked.",
      approval: { id: "a1" },
    };
    const { code, stderr } = await typed(["run", "dev", "--spec", "x"], problem, "", 409);
    assert.equal(code, 3);
    assert.match(stderr, /^knot: Ann is asked\.\n$/);
  });
});
