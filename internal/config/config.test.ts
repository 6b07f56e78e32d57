import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ConfigError, loadConfig } from "./config.ts";
import { exampleToml } from "./example.ts";
import { options } from "./options.ts";
import { shownOptions } from "./show.ts";

function tomlFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "knot-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "knot.toml");
  writeFileSync(file, text);
  return file;
}

const load = (t: TestContext, text: string, env: Record<string, string> = {}, flags: Record<string, string> = {}) =>
  loadConfig({ file: tomlFile(t, text), env, flags });

/** The mistakes as `line key message`, without the temporary folder. */
function mistakesOf(
  t: TestContext,
  text: string,
  env: Record<string, string> = {},
  flags: Record<string, string> = {},
): string[] {
  try {
    load(t, text, env, flags);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.mistakes.map(
      ({ place, key, message }) => `${place.replace(/^.*knot\.toml/, "knot.toml")} ${key} ${message}`,
    );
  }
  return [];
}

describe("configuration", () => {
  test("has a default for everything", (t) => {
    const { config, origins } = load(t, "");
    assert.equal(config.server.listen, "127.0.0.1:3000");
    assert.equal(config.server.mcp.enabled, false);
    assert.ok([...origins.values()].every(({ origin }) => origin === "default"));
  });

  test("prefers flag over environment over file", (t) => {
    const text = '[server]\nlisten = "127.0.0.1:1"\nurl = "http://file"\naudit_retention = 1\n';
    const { config, origins } = load(
      t,
      text,
      { KNOT_SERVER_LISTEN: "127.0.0.1:2", KNOT_SERVER_URL: "http://env" },
      { "server-listen": "127.0.0.1:3" },
    );
    assert.deepEqual(
      [config.server.listen, config.server.url, config.server.audit_retention],
      ["127.0.0.1:3", "http://env", 1],
    );
    assert.deepEqual(
      ["server.listen", "server.url", "server.audit_retention", "data_dir"].map((key) => origins.get(key)?.origin),
      ["flag", "environment", "file", "default"],
    );
  });

  test("reads lists, booleans and numbers from the environment", (t) => {
    const { config } = load(t, "", {
      KNOT_SERVER_MCP_ENABLED: "1",
      KNOT_SERVER_MCP_ALLOWED_ORIGINS: "https://a.example, https://b.example",
      KNOT_SERVER_SHUTDOWN_SECONDS: "3",
    });
    assert.equal(config.server.mcp.enabled, true);
    assert.deepEqual(config.server.mcp.allowed_origins, ["https://a.example", "https://b.example"]);
    assert.equal(config.server.shutdown_seconds, 3);
  });

  test("names file, line, key and the nearest right key, all mistakes at once", (t) => {
    const text = [
      "[server]",
      'listn = ":3000"',
      "audit_retention = 0",
      "[server.mcp]",
      'enabled = "yes"',
      "[[server.mcp.remote_servers]]",
      'namespace = "ai"',
      'url = "http://127.0.0.1:1"',
      "[[server.mcp.remote_servers]]",
      'namespace = "Bad Name"',
      'comand = "x"',
    ].join("\n");
    const mistakes = mistakesOf(
      t,
      text,
      { KNOT_SERVER_LISTN: "x", KNOT_SERVER_SHUTDOWN_SECONDS: "soon" },
      { "log-levl": "info" },
    );
    for (const expected of [
      /^knot\.toml:2 server\.listn is not known; did you mean server\.listen\?$/,
      /^knot\.toml:3 server\.audit_retention /,
      /^knot\.toml:5 server\.mcp\.enabled /,
      /^knot\.toml:10 server\.mcp\.remote_servers\.1\.namespace must be 1 to 32/,
      /^knot\.toml:11 server\.mcp\.remote_servers\.1\.comand is not known; did you mean server\.mcp\.remote_servers\.1\.command\?$/,
      /^KNOT_SERVER_LISTN {2}is not known; did you mean KNOT_SERVER_LISTEN\?$/,
      /^KNOT_SERVER_SHUTDOWN_SECONDS server\.shutdown_seconds must be a number, not "soon"$/,
      /^--log-levl {2}is not known; did you mean log-level\?$/,
    ]) {
      assert.ok(
        mistakes.some((mistake) => expected.test(mistake)),
        `${expected} in\n${mistakes.join("\n")}`,
      );
    }
  });

  test("tells mistakes in the order of the lines, then those said elsewhere", (t) => {
    const text = '[server.docker]\nenabled = "x"\n[server]\nlistn = 1\nlisten = "x"\n[log]\nlevel = "x"\n';
    const places = mistakesOf(t, text, { KNOT_LOG_LEVL: "x" }).map((mistake) => mistake.split(" ")[0]);
    assert.deepEqual(places, ["knot.toml:2", "knot.toml:4", "knot.toml:5", "knot.toml:7", "KNOT_LOG_LEVL"]);
  });

  test("tells a text that cannot be read once, also where the file has a mistake in its place", (t) => {
    const mistakes = mistakesOf(t, '[server.mcp]\nenabled = "yes"\n', {}, { "server-mcp-enabled": "maybe" });
    assert.deepEqual(mistakes, ['--server-mcp-enabled server.mcp.enabled must be true or false, not "maybe"']);
  });

  test("refuses a variable that was meant for an option, and names those that mean nothing to it", (t) => {
    const meant = { KNOT_DATADIR: "/x", KNOT_LISTEN: ":1", KNOT_LOGLEVEL: "info" };
    assert.deepEqual(mistakesOf(t, "", meant), [
      "KNOT_DATADIR  is not known; did you mean KNOT_DATA_DIR?",
      "KNOT_LISTEN  is not known; did you mean KNOT_SERVER_LISTEN?",
      "KNOT_LOGLEVEL  is not known; did you mean KNOT_LOG_LEVEL?",
    ]);
    // as Kubernetes sets them beside a service called knot
    const others = { KNOT_PORT_3000_TCP: "x", KNOT_SERVICE_HOST: "10.0.0.1" };
    const { ignored } = load(t, "", { ...others, KNOT_TOKEN: "x", KNOT_SERVER: "http://x", KNOT_DATA_DIR: "d" });
    assert.deepEqual(ignored, Object.keys(others));
  });

  test("refuses an own address with a path, a user or a query", (t) => {
    for (const url of ["https://h/knot", "https://u:p@h", "https://h/?a=1", "ftp://h"]) {
      assert.match(mistakesOf(t, `[server]\nurl = "${url}"\n`).join(), /nothing behind it/, url);
    }
    assert.equal(load(t, '[server]\nurl = "https://h:8443/"\n').config.server.url, "https://h:8443/");
  });

  test("says where each value was said", (t) => {
    const { origins } = load(t, "[server]\naudit_retention = 1\n", { KNOT_LOG_LEVEL: "warn" }, { "data-dir": "d" });
    const place = (key: string) => origins.get(key)?.place.replace(/^.*\//, "");
    assert.deepEqual(["server.audit_retention", "log.level", "data_dir", "server.url"].map(place), [
      "knot.toml:2",
      "KNOT_LOG_LEVEL",
      "--data-dir",
      "",
    ]);
  });

  test("takes every form of a PostgreSQL URL", (t) => {
    for (const url of ["postgresql://h/d", "postgres://u:p@/d?host=/run/postgresql", "postgres:///d"]) {
      assert.equal(load(t, `[server.postgres]\nurl = "${url}"`).config.server.postgres.url, url);
    }
  });

  test("names the line of a syntax error", (t) => {
    assert.match(mistakesOf(t, "[server]\nlisten = \n").join(), /^knot\.toml:2 {2}is not TOML/);
  });

  test("finds keys behind values of several lines", (t) => {
    const text = '[server.mcp]\nallowed_hosts = [\n  "a", # ]\n  "b",\n]\nnative = true\n';
    assert.match(mistakesOf(t, text).join(), /^knot\.toml:6 server\.mcp\.native /);
  });

  test("refuses impossible values", (t) => {
    for (const [text, expected] of [
      ['[server]\nlisten = "3000"', /host:port/],
      ['[server]\nlisten = ":99999"', /65535/],
      ['[server]\nurl = "ftp://x"', /http:\/\/ or https:\/\//],
      ['[server]\nencrypt = "short"', /32 bytes/],
      ['[server.tls]\ncert_file = "x"', /go together/],
      ['[server.postgres]\nurl = "mysql://u:p@h/d"', /^knot\.toml:2 server\.postgres\.url must be a postgres:\/\/ or/],
      ['[server.docker]\nenabled = "allways"', /must be one of auto, always, never; did you mean always\?/],
      ['[server.docker]\nhost = "tcp://x"', /unix socket/],
      ['[[server.mcp.remote_servers]]\nnamespace = "a"', /either url or command/],
      ['[[server.mcp.remote_servers]]\nnamespace = "knot"\nurl = "http://h"', /namespace is taken: knot is/],
      [
        '[[server.mcp.remote_servers]]\nnamespace = "a"\nurl = "http://h"\n[[server.mcp.remote_servers]]\nnamespace = "a"\nurl = "http://i"',
        /^[^:]*:5 server.mcp.remote_servers.1.namespace is taken by another: a/m,
      ],
    ] as const) {
      assert.match(mistakesOf(t, text).join(), expected);
    }
  });

  test("refuses a file that is named but missing", () => {
    assert.throws(() => loadConfig({ file: "/nonexistent/knot.toml", env: {}, flags: {} }), /cannot be read/);
  });

  test("takes variables for templates under names a template can write", (t) => {
    const { config, origins } = load(t, '[server.variables]\nregistry = "example.org"\n');
    assert.deepEqual(
      [config.server.variables, origins.get("server.variables")?.origin],
      [{ registry: "example.org" }, "file"],
    );
    assert.match(
      mistakesOf(t, '[server.variables]\nnot-a-name = "x"').join(),
      /^knot\.toml:2 server\.variables\.not-a-name /,
    );
  });

  test("is frozen", (t) => {
    const { config } = load(t, "");
    assert.throws(() => ((config.server as { listen: string }).listen = "x"), TypeError);
  });

  test("derives environment and flag from each key", () => {
    const listen = options.find(({ key }) => key === "server.listen");
    assert.deepEqual([listen?.env, listen?.flag], ["KNOT_SERVER_LISTEN", "server-listen"]);
    assert.equal(options.find(({ key }) => key === "data_dir")?.env, "KNOT_DATA_DIR");
    assert.ok(options.every(({ description }) => description !== ""));
  });
});

describe("example", () => {
  test("is a configuration that loads, with the MCP endpoint on and nothing else changed", (t) => {
    const { config, origins } = load(t, exampleToml());
    assert.equal(config.server.mcp.enabled, true);
    assert.deepEqual(
      [...origins].filter(([, { origin }]) => origin !== "default").map(([key]) => key),
      ["server.mcp.enabled"],
    );
  });

  test("loads with every line of it active too", (t) => {
    const active = exampleToml()
      .replace(/^# (\[|[a-z_]+ += )/gm, "$1")
      .replace(/^(command|args|env) .*$/gm, "")
      .replace(/^namespace = ""/m, 'namespace = "ai"');
    assert.deepEqual(mistakesOf(t, active), []);
  });
});

describe("shown configuration", () => {
  test("masks secrets, also those of remote servers", (t) => {
    const text =
      '[server.postgres]\nurl = "postgres://u:hush@h/d"\n[[server.mcp.remote_servers]]\nnamespace = "ai"\nurl = "http://h"\ntoken = "hush"\nheaders = { x = "hush" }\n';
    const shown = shownOptions(load(t, text));
    assert.doesNotMatch(JSON.stringify(shown), /hush/);
    assert.equal(shown.find(({ key }) => key === "server.postgres.url")?.value, "********");
    assert.equal(shown.find(({ key }) => key === "server.encrypt")?.value, "");
  });

  test("masks user, password and query in the address of a remote server", (t) => {
    const text =
      '[[server.mcp.remote_servers]]\nnamespace = "ai"\nurl = "http://u:hush@h/mcp?key=hush&k=hush&k=hush"\n';
    const shown = JSON.stringify(shownOptions(load(t, text)));
    assert.doesNotMatch(shown, /hush/);
    assert.match(shown, /@h\/mcp\?key=\*+&k=/);
  });

  test("says which images templates may name", (t) => {
    const env = { KNOT_SERVER_TEMPLATES_ALLOWED_IMAGES: "docker.io/library/*,ghcr.io/acme/*" };
    const { config } = load(t, "", env, { "server-templates-pinned-images": "true" });
    assert.deepEqual(config.server.templates, {
      allowed_images: ["docker.io/library/*", "ghcr.io/acme/*"],
      pinned_images: true,
    });
    const [mistake] = mistakesOf(t, '[server.templates]\nallowed_images = ["debian", "a b"]\n');
    assert.match(mistake ?? "", /^knot\.toml:2 server\.templates\.allowed_images.* must be a name of images/);
  });
});
