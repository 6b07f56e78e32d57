import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { restUnderTest } from "../testkit/rest.ts";
import { thingOperations } from "../testkit/things.ts";
import { runCli } from "./cli.ts";
import { argument, type Command, type Io } from "./command.ts";

type Typed = { readonly columns?: number; readonly stdin?: string; readonly tty?: boolean; readonly env?: Io["env"] };

const serve: Command = {
  words: ["server"],
  title: "Run the daemon",
  description: "Runs the daemon.",
  args: [],
  flags: [],
  raw: true,
  run: async ({ io, input }) => {
    io.stdout.write(`serving ${JSON.stringify(input["words"])}\n`);
    return 0;
  },
};

const broken: Command = {
  ...serve,
  words: ["broken"],
  run: async () => {
    throw new TypeError("a mistake of ours");
  },
};

const echo: Command = {
  words: ["run"],
  title: "Run",
  description: "Runs words.",
  args: [argument("space", "The space"), argument("command", "The command")],
  flags: [],
  run: async ({ io, input }) => {
    io.stdout.write(`${input["command"]}\n`);
    return 0;
  },
};

/** A server with the made-up things, and a way to type commands at it. */
async function terminal(t: TestContext, token = "all") {
  const rest = restUnderTest(t);
  const server = await rest.server.listen({ host: "127.0.0.1", port: 0 });
  const home = mkdtempSync(join(tmpdir(), "knot-cli-"));
  t.after(() => rmSync(home, { recursive: true }));
  const type = async (line: string | readonly string[], { stdin = "", tty = false, env, columns }: Typed = {}) => {
    const output = { stdout: "", stderr: "" };
    const into = (name: "stdout" | "stderr") =>
      new PassThrough().on("data", (chunk) => {
        output[name] += chunk;
      });
    const io: Io = {
      stdout: Object.assign(into("stdout"), columns === undefined ? {} : { isTTY: true, columns }),
      stderr: into("stderr"),
      stdin: Object.assign(Readable.from([Buffer.from(stdin)]), tty ? { isTTY: true } : {}),
      env: { XDG_CONFIG_HOME: home, ...(env ?? { KNOT_SERVER: server, KNOT_TOKEN: token }) },
      fetch,
    };
    const argv = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
    const code = await runCli(argv, io, {
      operations: thingOperations,
      version: "1.2.3",
      extra: [serve, echo, broken],
    });
    await new Promise((resolve) => setImmediate(resolve));
    return { code, ...output };
  };
  return { ...rest, type, url: server, home };
}

describe("commands of operations", () => {
  test("make, list and show things", async (t) => {
    const { type, audit } = await terminal(t);
    const made = await type(["thing", "create", "lamp", "--labels", "room=kitchen", "--labels", "a=b=c"]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(
      made.stdout,
      /name: {7}lamp\nsize_bytes: 2 KiB\ncreated_at: 2023-11-14T22:13:20Z\nlabels:\n {2}room: kitchen\n {2}a: {4}b=c/,
    );
    const listed = await type("thing list --kinds round --kinds square --no-large");
    assert.match(listed.stdout, /^NAME +SIZE +CREATED\nlamp +2 KiB +2023-11-14T22:13:20Z\n$/);
    assert.equal(audit[0]?.call.door, "cli");
  });

  test("print JSON for machines", async (t) => {
    const { type } = await terminal(t);
    await type("thing create lamp");
    const { stdout } = await type("thing list --json");
    assert.equal(JSON.parse(stdout).things[0].size_bytes, 2048);
    const failed = await type("thing get nothing --json");
    assert.equal(JSON.parse(failed.stderr).code, "not_found");
  });

  test("take fields of an object as flags of their own", async (t) => {
    const { type } = await terminal(t);
    assert.equal((await type("thing create lamp --limits-cpus 2 --limits-memory-bytes 1024")).code, 0);
    const wrong = await type("thing create chair --limits-cpus many");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /\/limits\/cpus/);
  });

  test("say each of several mistakes once", async (t) => {
    const { type } = await terminal(t);
    const { stderr } = await type(`thing create ${"x".repeat(41)} --limits-memory-bytes 0.5`);
    assert.match(stderr, /^knot: \/name: [^\n]+\.\n {2}\/limits\/memory_bytes: [^\n]+\n$/);
  });

  test("show progress on stderr, and not when quiet", async (t) => {
    const { type } = await terminal(t);
    await type("thing create lamp");
    const loud = await type("thing start lamp --wait-seconds 5");
    assert.equal(loud.stderr, "Warming up (10 %)\nNearly there (90 %)\n");
    assert.match(loud.stdout, /lamp/);
    assert.equal((await type("thing start lamp -q")).stderr, "");
  });

  test("read secrets from standard input and refuse them as flags", async (t) => {
    const { type, things } = await terminal(t);
    const open = await type("thing create lamp --password hunter2");
    assert.equal(open.code, 2);
    assert.match(open.stderr, /--password-stdin/);
    assert.doesNotMatch(open.stderr, /hunter2/);
    assert.equal((await type("thing create lamp --password-stdin", { stdin: "hunter2\n" })).code, 0);
    assert.deepEqual(things.passwords, ["hunter2"]);
  });

  test("ask for secrets at a terminal without showing them", async (t) => {
    const { type, things } = await terminal(t);
    const asked = await type("thing create lamp --password-stdin", { tty: true, stdin: "hunter3\x7f2\r" });
    assert.equal(asked.code, 0, asked.stderr);
    assert.match(asked.stderr, /What opens it: \n/);
    assert.doesNotMatch(asked.stdout + asked.stderr, /hunter/);
    assert.deepEqual(things.passwords, ["hunter2"]);
    const left = await type("thing create chair --password-stdin", { tty: true, stdin: "hun\x03" });
    assert.equal(left.code, 130);
  });

  test("exit with the number of the problem and say what to do next", async (t) => {
    const { type, things } = await terminal(t);
    things.create({ name: "busy", labels: {} });
    things.create({ name: "broken", labels: {} });
    assert.equal((await type("thing get nothing")).code, 1);
    assert.equal((await type("thing start busy")).code, 75);
    const broken = await type("thing start broken");
    assert.equal(broken.code, 70);
    assert.match(broken.stderr, /call [0-9a-f-]{36}/);
    const env = { KNOT_SERVER: "http://127.0.0.2:65533" };
    const gone = await type("thing list", { env });
    assert.equal(gone.code, 75);
    assert.match(gone.stderr, /could not be reached: connect ECONNREFUSED \S+\. Is it running\? `knot server` /);
  });

  test("say what to do about a wrong address", async (t) => {
    const { type, url } = await terminal(t);
    const secure = await type("thing list", {
      env: { KNOT_SERVER: url.replace("http:", "https:"), KNOT_TOKEN: "all" },
    });
    assert.match(secure.stderr, /could not be reached: [^\n]*try the address with http:\/\/\.\n$/);
    const bare = await type("ping", { env: { KNOT_SERVER: "127.0.0.1:3000" } });
    assert.match(bare.stderr, /Did you mean http:\/\/127\.0\.0\.1:3000\?/);
  });

  test("page, and say beside the table how to go on", async (t) => {
    const { type, things } = await terminal(t);
    for (const name of ["desk", "lamp"]) things.create({ name, labels: {} });
    const { stdout, stderr } = await type("thing list --limit 1");
    assert.equal(stdout.trimEnd().split("\n").length, 2, stdout);
    assert.match(stderr, /^knot: 1 of 2; go on with --cursor \S+\n$/);
  });

  test("name commands where the server names operations", async (t) => {
    const { type } = await terminal(t);
    const { stderr } = await type("thing get nothing");
    assert.match(stderr, /`knot thing list`/);
    assert.match((await type("thing get nothing --json")).stderr, /list_things/);
  });

  test("say how to sign in when the token is refused", async (t) => {
    const { type } = await terminal(t, "wrong");
    const { code, stderr } = await type("thing list");
    assert.equal(code, 4);
    assert.match(stderr, /knot connect/);
  });

  test("make control characters of others visible", async (t) => {
    const { type, things } = await terminal(t);
    things.create({ name: "a\x1b[2Jb", labels: {} });
    const { stdout } = await type("thing list");
    assert.match(stdout, /a\\x1b\[2Jb/);
    assert.ok(!stdout.includes("\x1b"));
  });
});

describe("a command that destroys", () => {
  test("needs --confirm where nobody can be asked", async (t) => {
    const { type, things } = await terminal(t);
    things.create({ name: "lamp", labels: {} });
    const refused = await type("thing delete lamp");
    assert.equal(refused.code, 1);
    assert.equal(refused.stderr, 'knot: This deletes the thing "lamp" for good. Add --confirm to do it.\n');
    assert.equal((await type("thing delete lamp --confirm")).code, 0);
  });

  test("asks at a terminal with the server's words", async (t) => {
    const { type, things } = await terminal(t);
    things.create({ name: "lamp", labels: {} });
    for (const stdin of ["n\n", "", "maybe\n"]) {
      const no = await type("thing delete lamp", { tty: true, stdin });
      assert.equal(no.code, 130);
      assert.match(no.stderr, /for good.*\[y\/N\]/);
      assert.equal(things.get("lamp").name, "lamp");
    }
    assert.equal((await type("thing delete lamp", { tty: true, stdin: "y\n" })).code, 0);
    assert.throws(() => things.get("lamp"));
  });
});

describe("mistakes on the command line", () => {
  for (const [line, message] of [
    ["thng list", /no command `knot thng`.*Did you mean `knot thing`/],
    ["thing strat x", /Did you mean `knot thing start`/],
    ["start lamp", /Did you mean `knot thing start`/],
    ["thing list --limt 5", /no flag --limt; did you mean --limit/],
    ["thing create x --memry-bytes 5", /did you mean --limits-memory-bytes/],
    ["thing list --limit", /--limit needs a value/],
    ["thing list extra", /no place for "extra"/],
    ["thing get", /<thing> is missing: Name of the thing/],
    ["thing create x --labels room", /takes KEY=VALUE/],
    ["thing list --limit 1 --limit 2", /more than once/],
    ["thing list --large=maybe", /true or false/],
    ["--jsn", /did you mean --json/],
    ["thing list --limit many", /\/limit/],
  ] as const) {
    test(`are named: knot ${line}`, async (t) => {
      const { type } = await terminal(t);
      const { code, stderr } = await type(line);
      assert.equal(code, 2);
      assert.match(stderr, message);
    });
  }

  test("get the help of the group on stderr when a word is missing", async (t) => {
    const { type } = await terminal(t);
    const { code, stdout, stderr } = await type("thing");
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /thing start +Start a thing/);
  });
});

describe("help", () => {
  test("is there at every level", async (t) => {
    const { type } = await terminal(t);
    for (const line of ["", "--help", "help"])
      assert.match(
        (await type(line)).stdout,
        /server +Runs the daemon\n[\s\S]*thing +create, delete, get, list, start, update\n/,
      );
    for (const line of ["thing --help", "help thing"])
      assert.match((await type(line)).stdout, /Usage: knot thing <command>/);
    const { stdout } = await type("thing start lamp --help");
    assert.match(stdout, /^knot thing start <thing> \[flags\]/);
    assert.match(stdout, /--wait-seconds NUMBER +How long to wait \(default 30\)/);
    assert.match(
      (await type("thing list -h")).stdout,
      /--kinds VALUE +Only of these kinds \(may be repeated; round, square\)/,
    );
    assert.match((await type("thing list -h")).stdout, /--\[no-\]large +Only large ones/);
    assert.match((await type("thing delete -h")).stdout, / --confirm +Really delete it/);
    assert.match((await type("server --help")).stdout, /Runs the daemon/);
    assert.doesNotMatch((await type("")).stdout, /__complete/);
  });
});

describe("help at a narrow terminal", () => {
  test("is wrapped below its own column, with nothing lost", async (t) => {
    const { type } = await terminal(t);
    const { stdout } = await type("thing list --help", { columns: 60 });
    const lines = stdout.split("\n");
    assert.ok(
      lines.every((line) => line.length <= 60),
      lines.filter((line) => line.length > 60).join("\n"),
    );
    const words = (text: string) => text.split(/\s+/).join(" ");
    assert.equal(words(stdout), words((await type("thing list --help")).stdout));
  });
});

describe("commands beside the operations", () => {
  test("take every word as it is when they are raw", async (t) => {
    const { type } = await terminal(t);
    assert.equal((await type("server --listen :1 x")).stdout, 'serving ["--listen",":1","x"]\n');
  });

  test("take the words after -- as one command line", async (t) => {
    const { type } = await terminal(t);
    const { stdout } = await type(["run", "dev", "--", "ls", "-l", "a b", "it's"]);
    assert.equal(stdout, "ls -l 'a b' 'it'\\''s'\n");
    assert.equal((await type(["run", "dev", "ls -l | wc"])).stdout, "ls -l | wc\n");
  });

  test("let what is no problem through to the program", async (t) => {
    const { type } = await terminal(t);
    await assert.rejects(type("broken"), TypeError);
  });

  test("print the version and whether the server is ready", async (t) => {
    const { type, url } = await terminal(t);
    assert.equal((await type("version")).stdout, "knot 1.2.3\n");
    assert.equal((await type("--version")).stdout, "knot 1.2.3\n");
    assert.match((await type("ping")).stdout, new RegExp(`^${url} is ready \\(\\d+ ms\\)\n$`));
    assert.equal((await type("ping", { env: { KNOT_SERVER: "http://127.0.0.1:9" } })).code, 75);
  });
});

describe("completion", () => {
  test("knows words, flags and choices", async (t) => {
    const { type } = await terminal(t);
    const complete = async (...words: string[]) => {
      const { stdout } = await type(["__complete", ...words], { env: {} });
      return stdout
        .trim()
        .split("\n")
        .map((line) => line.split("\t")[0]);
    };
    assert.deepEqual(await complete("th"), ["thing"]);
    assert.deepEqual(await complete("thing", ""), ["create", "delete", "get", "list", "start", "update"]);
    assert.deepEqual(await complete("thing", "start", "lamp", "--wa"), ["--wait-seconds"]);
    assert.deepEqual(await complete("thing", "list", "--kinds", ""), ["round", "square"]);
    assert.deepEqual(await complete("thing", "list", "--kinds=ro"), ["--kinds=round"]);
    assert.deepEqual(await complete("thing", "list", "--kinds", "=", "ro"), ["round"]);
    assert.deepEqual(await complete("thing", "list", "--kinds", "="), ["round", "square"]);
    assert.deepEqual(await complete("--server", "http://there", "--json", "thing", "st"), ["start"]);
    assert.deepEqual(await complete("completion", ""), ["bash", "zsh", "fish"]);
    assert.ok(!(await complete("")).includes("__complete"));
  });

  test("knows the names of things on the server, and what they are; none when it does not answer", async (t) => {
    const { type, url } = await terminal(t);
    for (const name of ["lamp", "lantern", "desk"]) await type(["thing", "create", name]);
    const complete = async (env: Record<string, string>, ...words: string[]) =>
      (await type(["__complete", ...words], { env })).stdout;
    const env = { KNOT_SERVER: url, KNOT_TOKEN: "all" };
    assert.deepEqual((await complete(env, "thing", "start", "la")).trim().split("\n").sort(), ["lamp", "lantern"]);
    assert.equal(await complete({}, "--server", url, "thing", "start", "la"), "");
    assert.equal(await complete({ ...env, KNOT_SERVER: "http://127.0.0.1:9" }, "thing", "start", "la"), "");
    assert.equal(await complete(env, "run", "x"), "");
    assert.match(await complete({}, "thing", "st"), /^start\tStart a thing\n$/);
  });

  test("has a script for each shell", async (t) => {
    const { type } = await terminal(t);
    for (const shell of ["bash", "zsh", "fish"])
      assert.match((await type(`completion ${shell}`)).stdout, /knot __complete/);
    assert.match((await type("completion tcsh")).stderr, /bash, zsh, fish/);
  });
});

describe("knot connect", () => {
  test("saves a server and a token that only its owner can read", async (t) => {
    const { type, url, home } = await terminal(t);
    const saved = await type(`connect ${url}/ --token-stdin`, { stdin: "all\n", env: {} });
    assert.equal(saved.code, 0, saved.stderr);
    const file = join(home, "knot", "connections.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, "knot")).mode & 0o777, 0o700);
    assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), { default: { server: url, token: "all" } });
    assert.equal((await type("thing list", { env: {} })).code, 0);
    assert.doesNotMatch((await type("connection list", { env: {} })).stdout, /all/);
    await type("connection delete default", { env: {} });
    assert.match((await type("thing list", { env: {} })).stderr, /knot connect URL/);
  });

  test("refuses a file that others may read", async (t) => {
    const { type, url, home } = await terminal(t);
    await type(`connect ${url} --token-stdin`, { stdin: "all", env: {} });
    chmodSync(join(home, "knot", "connections.json"), 0o640);
    const { code, stderr } = await type("thing list", { env: {} });
    assert.equal(code, 1);
    assert.match(stderr, /chmod 600/);
  });

  test("never sends a saved token to another server", async (t) => {
    const { type, url, audit } = await terminal(t);
    await type("connect http://127.0.0.1:9 --token-stdin", { stdin: "all", env: {} });
    assert.equal((await type(`thing list --server ${url}`, { env: {} })).code, 4);
    assert.equal(audit.length, 0);
  });

  test("refuses what is no address, and an empty token where nobody can be asked", async (t) => {
    const { type, url, home } = await terminal(t);
    for (const address of ["knot.example.com", "ftp://x", "https://user:pw@x"]) {
      assert.equal((await type(`connect ${address} --token-stdin`, { stdin: "x", env: {} })).code, 2);
    }
    assert.match((await type(`connect ${url}`, { env: {} })).stderr, /--token-stdin/);
    assert.ok(!existsSync(join(home, "knot")));
  });

  test("chooses between connections by name", async (t) => {
    const { type, url } = await terminal(t);
    await type(`connect ${url} --name home --token-stdin`, { stdin: "all", env: {} });
    assert.equal((await type("thing list --alias home", { env: {} })).code, 0);
    assert.match((await type("thing list --alias hme", { env: {} })).stderr, /no connection "hme"/);
  });
});
