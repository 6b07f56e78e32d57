import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { dataFolder, runKnot, startDaemon } from "../testkit/daemon.ts";
import { RestDoor } from "../testkit/doors.ts";
import { reopenHouse, signIn, startHouse } from "../testkit/house.ts";

const withoutEngine = ["--server-docker-enabled=never", "--server-podman-enabled=never"];
const main = join(import.meta.dirname, "../../cmd/knot/main.ts");
const account = { username: "admin", password: "Correct-horse-9-battery" };

/** An empty folder to run in, with this knot.toml. */
function folderWith(t: TestContext, toml: string): string {
  const cwd = mkdtempSync(join(tmpdir(), "knot-cwd-"));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, "knot.toml"), toml);
  return cwd;
}

describe("a configuration with mistakes", () => {
  test("ends the daemon with 78, names every mistake with its place, and creates nothing", async (t) => {
    const toml =
      '[server]\nlisten = "nowhere"\nlisen = ":1"\n\n[server.mcp]\nenabled = "yes"\n\n[log]\nlevel = "loud"\n';
    const cwd = folderWith(t, toml);
    const env = { KNOT_SERVER_LISTN: ":3000", KNOT_SERVER_SHUTDOWN_SECONDS: "soon" };
    const { code, stdout, stderr } = await runKnot(["server", "--server-audit-retention=0"], { cwd, env });
    assert.equal(code, 78, stderr);
    assert.equal(stdout, "");
    for (const place of [
      /knot\.toml:2: server\.listen /,
      /knot\.toml:3: server\.lisen is not known; did you mean server\.listen\?/,
      /knot\.toml:6: server\.mcp\.enabled /,
      /knot\.toml:9: log\.level /,
      /KNOT_SERVER_LISTN: .*KNOT_SERVER_LISTEN/,
      /KNOT_SERVER_SHUTDOWN_SECONDS: /,
      /--server-audit-retention: /,
    ]) {
      assert.match(stderr, place);
    }
    assert.equal(stderr.trimEnd().split("\n").length, 7, stderr);
    assert.deepEqual(readdirSync(cwd), ["knot.toml"]);
  });

  test("is refused for an environment variable that no option has, although the rest is fine", async (t) => {
    const cwd = folderWith(t, "");
    const { code, stderr } = await runKnot(["server"], { cwd, env: { KNOT_SERVER_LISTN: "127.0.0.1:0" } });
    assert.equal(code, 78);
    assert.match(stderr, /^KNOT_SERVER_LISTN: .*KNOT_SERVER_LISTEN/);
    assert.ok(!existsSync(join(cwd, "data")));
  });

  test("is refused for an address that is taken, with what to do", async (t) => {
    const daemon = await startDaemon({ flags: withoutEngine });
    try {
      const cwd = folderWith(t, "");
      const taken = new URL(daemon.origin).host;
      const { code, stderr } = await runKnot(["server", "--server-listen", taken, ...withoutEngine], { cwd });
      assert.equal(code, 78);
      assert.match(stderr, new RegExp(`${taken}: server\\.listen is taken by another program.*--server-listen`));
      assert.deepEqual(readdirSync(cwd), ["knot.toml"]);
    } finally {
      await daemon[Symbol.asyncDispose]();
    }
  });
});

describe("what is set in several places", () => {
  test("comes from the flag before the environment before the file", async () => {
    const config = `[server]
listen = "127.0.0.1:0"
url = "https://file.example"
[server.mcp]
enabled = true
native_tools = true
[server.docker]
enabled = "never"
`;
    const env = { KNOT_SERVER_URL: "https://environment.example", KNOT_SERVER_MCP_ENABLED: "false" };
    const flags = ["--server-url", "https://flag.example", "--server-podman-enabled=never"];
    const daemon = await startDaemon({ config, env, flags });
    try {
      assert.match(daemon.setup_url ?? "", /^https:\/\/flag\.example\/setup\?token=/);
      assert.match(daemon.output(), /is ready at https:\/\/flag\.example$/m);
      assert.doesNotMatch(daemon.output(), /AI clients connect/);
    } finally {
      await daemon[Symbol.asyncDispose]();
    }
  });
});

describe("the first start", () => {
  test("creates a data folder, a key and a database that only its user may read", async () => {
    const daemon = await startDaemon({ flags: withoutEngine });
    try {
      const modeOf = (name: string) => (statSync(join(daemon.data_dir, name)).mode & 0o777).toString(8);
      assert.equal(modeOf("."), "700");
      assert.equal(modeOf("knot.key"), "600");
      for (const name of readdirSync(daemon.data_dir)) assert.match(modeOf(name), /^[67]00$/, name);
    } finally {
      await daemon[Symbol.asyncDispose]();
    }
  });

  test("prints a link that makes the first administrator once", async () => {
    const daemon = await startDaemon({ flags: withoutEngine });
    try {
      const door = new RestDoor(daemon.origin, { origin: daemon.origin });
      const setUp = (form: object) => door.send("POST", "/api/auth/setup", { body: JSON.stringify(form) });
      const token = new URL(daemon.setup_url ?? "").searchParams.get("token");
      assert.equal((await door.send("GET", "/api/auth/setup")).body.required, true);
      assert.notEqual((await setUp({ ...account, token: `${token}x` })).status, 200);
      assert.equal((await setUp({ ...account, token, password: "short" })).status, 422);
      const both = await Promise.all([1, 2].map((n) => setUp({ ...account, username: `admin-${n}`, token })));
      assert.deepEqual(both.map(({ status }) => status === 200).sort(), [false, true]);
      assert.notEqual((await setUp({ ...account, username: "third", token })).status, 200);
      assert.equal((await door.send("GET", "/api/auth/setup")).body.required, false);
      const winner = await signIn(daemon.origin, both[0]?.status === 200 ? "admin-1" : "admin-2");
      assert.equal((await winner.browser.ok("list_users")).total, 1);
    } finally {
      await daemon[Symbol.asyncDispose]();
    }
  });
});

describe("a data folder", () => {
  test("opens again with everybody in it, and without a setup link", async (t) => {
    const data_dir = dataFolder(t);
    const first = await startHouse({ data_dir, flags: withoutEngine });
    const { secret } = await first.admin.token("kept");
    assert.equal(await first.daemon.stop(), 0);
    const second = await reopenHouse({ data_dir, flags: withoutEngine });
    try {
      assert.equal(second.daemon.setup_url, null);
      assert.equal((await second.with(secret).ok("whoami")).user.username, "admin");
      await first[Symbol.asyncDispose]();
    } finally {
      await second[Symbol.asyncDispose]();
    }
  });

  test("is refused to a second daemon, which leaves the first alone", async (t) => {
    const data_dir = dataFolder(t);
    const house = await startHouse({ data_dir, flags: withoutEngine });
    try {
      const cwd = folderWith(t, "");
      const args = ["server", "--server-listen", "127.0.0.1:0", "--data-dir", data_dir, ...withoutEngine];
      const { code, stderr } = await runKnot(args, { cwd });
      assert.equal(code, 78, stderr);
      assert.match(stderr, /is in use by another knot daemon/);
      assert.equal((await house.admin.browser.ok("get_server")).server.ready, true);
    } finally {
      await house[Symbol.asyncDispose]();
    }
  });

  test("is refused when others may read it, with the command that mends it", async (t) => {
    const data_dir = dataFolder(t);
    mkdirSync(data_dir, { mode: 0o755 });
    const args = ["server", "--server-listen", "127.0.0.1:0", "--data-dir", data_dir, ...withoutEngine];
    const { code, stderr } = await runKnot(args, { cwd: folderWith(t, "") });
    assert.equal(code, 78);
    assert.match(stderr, new RegExp(`chmod 700 ${data_dir}`));
    assert.deepEqual(readdirSync(data_dir), []);
  });
});

describe("a daemon that is told to end", () => {
  test("takes a signal to it and to its group as one, and ends as it should", async () => {
    const daemon = await startDaemon({ flags: withoutEngine });
    try {
      const exited = once(daemon.process, "exit");
      daemon.process.kill("SIGTERM");
      daemon.process.kill("SIGINT");
      assert.deepEqual(await exited, [0, null]);
    } finally {
      await daemon[Symbol.asyncDispose]();
    }
  });

  test("ends as it should before it is ready, too", async (t) => {
    const args = ["server", "--server-listen=127.0.0.1:0", "--data-dir", dataFolder(t), ...withoutEngine];
    const child = spawn(process.execPath, [main, ...args], { cwd: folderWith(t, ""), stdio: "ignore" });
    const exited = once(child, "exit");
    // the folder is made after it has begun to listen for signals, and long before it is ready
    while (!existsSync(args[3] as string)) await setTimeout(1);
    child.kill("SIGTERM");
    assert.deepEqual(await exited, [0, null]);
  });
});

test("a command whose output nobody reads ends without a word, as the shell expects", async () => {
  const child = spawn(process.execPath, [main, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  const said = await text(child.stderr);
  assert.deepEqual([child.exitCode ?? (await once(child, "exit"))[0], said], [141, ""]);
});

describe("a daemon that runs", () => {
  test("says that it lives, that it is ready, and what it measures", async () => {
    const house = await startHouse({ flags: withoutEngine });
    try {
      const anybody = new RestDoor(house.daemon.origin, {});
      const { status, body } = await anybody.send("GET", "/healthz");
      assert.deepEqual([status, body], [200, { ok: true }]);
      const ready = await anybody.send("GET", "/readyz");
      assert.deepEqual([ready.status, ready.body.ready], [200, true]);
      const metrics = await anybody.send("GET", "/metrics");
      assert.equal(metrics.status, 200);
      assert.match(metrics.body, /^# TYPE knot_\S+ /m);
      const forwarded = { headers: { "x-forwarded-for": "203.0.113.9" } };
      assert.equal((await anybody.send("GET", "/metrics", forwarded)).status, 401);
    } finally {
      await house[Symbol.asyncDispose]();
    }
  });

  test("is not ready while the engine it must have does not answer", async () => {
    const flags = ["--server-docker-enabled=always", "--server-docker-host=unix:///nonexistent/docker.sock"];
    const house = await startHouse({ flags });
    try {
      const { status, body } = await new RestDoor(house.daemon.origin, {}).send("GET", "/readyz");
      assert.deepEqual([status, body.ready], [503, false]);
      const { server } = await house.admin.browser.ok("get_server");
      const docker = server.runtimes.find(({ name }: { name: string }) => name === "docker");
      assert.deepEqual([server.ready, docker.reachable], [false, false]);
    } finally {
      await house[Symbol.asyncDispose]();
    }
  });

  for (const enabled of [true, false]) {
    test(`says of /mcp that it is ${enabled ? "on" : "off"}, and it is`, async () => {
      const house = await startHouse({ flags: [...withoutEngine, `--server-mcp-enabled=${enabled}`] });
      try {
        const { secret } = await house.admin.token("client");
        const request = { jsonrpc: "2.0", id: 1, method: "ping" };
        const door = house.with(secret);
        const answers = await door.send("POST", "/mcp", { body: JSON.stringify(request) });
        assert.equal(answers.status === 404, !enabled, `${answers.status}`);
        const { server } = await door.ok("get_server");
        assert.deepEqual(server.mcp, { enabled, url: enabled ? house.mcpUrl : null });
      } finally {
        await house[Symbol.asyncDispose]();
      }
    });
  }
});
