import assert from "node:assert/strict";
import { test } from "node:test";
import { type Call, createCall, type Progress } from "../operation/call.ts";
import { parse } from "../operation/schema.ts";
import { localSpace } from "../testkit/local-space.ts";
import { type CommandInput, Commands, type SpaceAccess } from "./command.ts";
import { runCommand } from "./operations.ts";

const caller = (parts: Partial<Call> = {}): Call =>
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

type Space = Awaited<ReturnType<SpaceAccess["running"]>>;

const commandsIn = (space: Space) => new Commands({ spaces: { running: async () => space } });

const input = (parts: Partial<CommandInput>) => parse(runCommand.input, { space: "local", ...parts });

test("answers with exit code and both outputs", async (t) => {
  const commands = commandsIn(await localSpace(t));
  const { duration_ms, ...result } = await commands.run(caller(), input({ command: "echo out; echo err >&2; exit 3" }));
  assert.ok(duration_ms >= 0);
  assert.deepEqual(result, {
    exit_code: 3,
    signal: null,
    timed_out: false,
    stdout: "out\n",
    stderr: "err\n",
    stdout_bytes: 4,
    stderr_bytes: 4,
    stdout_cut: false,
    stderr_cut: false,
  });
});

test("gives arguments to the shell and to a program without interpreting them", async (t) => {
  const commands = commandsIn(await localSpace(t));
  const args = ["$HOME", "a b", "'; exit 9 #"];
  const shell = await commands.run(caller(), input({ command: 'printf "%s|" "$@"', args }));
  const plain = await commands.run(caller(), input({ argv: ["printf", "%s|"], args }));
  assert.deepEqual([shell.stdout, plain.stdout], [`${args.join("|")}|`, `${args.join("|")}|`]);
});

test("passes environment, standard input and directory", async (t) => {
  const space = await localSpace(t);
  const commands = commandsIn(space);
  await commands.run(caller(), input({ command: "mkdir -p a/b" }));
  const result = await commands.run(
    caller(),
    input({ command: 'cat; echo "$WHO"; pwd', env: { WHO: "ann $X" }, stdin: "in\n", cwd: "a/b" }),
  );
  assert.equal(result.stdout, `in\nann $X\n${space.working_dir}/a/b\n`);
});

test("ends a command that takes too long, with its children", async (t) => {
  const space = await localSpace(t);
  const slow = { ...input({ command: "sh -c 'sleep 300; touch late' & echo begun; wait" }), timeout_seconds: 0.2 };
  const result = await commandsIn(space).run(caller(), slow);
  assert.deepEqual(
    [result.timed_out, result.exit_code, result.signal, result.stdout],
    [true, null, "SIGKILL", "begun\n"],
  );
  assert.match(result.note ?? "", /timeout_seconds.*background/);
});

test("ends a command whose caller went away", async (t) => {
  const leaving = new AbortController();
  const run = commandsIn(await localSpace(t)).run(caller({ signal: leaving.signal }), input({ command: "sleep 300" }));
  leaving.abort(new Error("gone"));
  await assert.rejects(run);
});

test("says cancelled when a runtime answers a cancelled command with an exit", async (t) => {
  const leaving = new AbortController();
  leaving.abort();
  const exec = async () => ({ exit_code: null, signal: "SIGKILL" });
  const commands = commandsIn({ ...(await localSpace(t)), runtime: { exec } });
  const call = caller({ signal: leaving.signal });
  await assert.rejects(commands.run(call, input({ command: "x" })), { code: "cancelled" });
});

test("explains an end that does not explain itself", async (t) => {
  const space = await localSpace(t);
  const ends: readonly (readonly [number | null, string | null, string, RegExp | null])[] = [
    [null, "SIGKILL", "", /memory limit/],
    [null, "SIGTERM", "", null],
    [127, null, "sh: not found\n", /no shell.*argv/],
    [127, null, "sh: line 0: gcc: not found\n", null],
  ];
  for (const [exit_code, signal, said, note] of ends) {
    const exec: typeof space.runtime.exec = async (_target, { stderr }) => {
      stderr.write(said);
      return { exit_code, signal };
    };
    const result = await commandsIn({ ...space, runtime: { exec } }).run(caller(), input({ command: "x" }));
    if (note === null) assert.equal(result.note, undefined);
    else assert.match(result.note ?? "", note);
  }
});

test("gives bytes to standard input", async (t) => {
  const bytes = Buffer.from([0, 255, 10, 128]);
  const commands = commandsIn(await localSpace(t));
  const stdin = bytes.toString("base64");
  const result = await commands.run(caller(), input({ command: "od -An -tx1", stdin, stdin_encoding: "base64" }));
  assert.equal(result.stdout, " 00 ff 0a 80\n");
  const wrong = commands.run(caller(), input({ command: "cat", stdin: "no base64!", stdin_encoding: "base64" }));
  await assert.rejects(wrong, { code: "invalid_input", message: /base64/ });
});

test("keeps beginning and end of much output", async (t) => {
  const result = await commandsIn(await localSpace(t)).run(
    caller(),
    input({ command: "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done", max_output_bytes: 512 }),
  );
  assert.match(result.stdout, /^line 0\n.*bytes left out.*line 1999\n$/s);
  assert.deepEqual([result.stdout_cut, result.stdout_bytes], [true, 18_890]);
});

test("reports while it runs", async (t) => {
  const told = Promise.withResolvers<Progress>();
  const leaving = new AbortController();
  const call = caller({ report: told.resolve, signal: leaving.signal });
  const run = commandsIn(await localSpace(t)).run(call, input({ command: "echo step one; sleep 300" }));
  assert.match((await told.promise).message, /^\d+ s: step one$/);
  leaving.abort(new Error("enough"));
  await assert.rejects(run);
});

test("refuses what no command can be", async (t) => {
  const space = await localSpace(t);
  const commands = commandsIn({ ...space, working_dir: null });
  for (const wrong of [
    {},
    { command: "a", argv: ["a"] },
    { command: "a\0b" },
    { argv: ["a", "\0"] },
    { command: "a", env: { "A=B": "" } },
    { command: "a", env: { A: "\0" } },
    { command: "a", cwd: "relative" },
    { command: "a", cwd: "~/app" },
  ]) {
    const run = commands.run(caller(), input(wrong as Partial<CommandInput>));
    await assert.rejects(run, { code: "invalid_input" }, JSON.stringify(wrong));
  }
});

test("names the command for approvers, shortened", () => {
  assert.equal(runCommand.label(input({ command: 'echo "hi"' })), 'Run "echo \\"hi\\"" in space "local"');
  assert.ok(runCommand.label(input({ command: "x".repeat(9999) })).length < 400);
});
