// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written with them
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { everyImage } from "./image.ts";
import { readSpec, type SpecOptions } from "./spec.ts";

const check = (text: string, options: Partial<SpecOptions> = {}) =>
  readSpec(text, { allowed: [], images: everyImage, variables: {}, values: null, ...options });
const mistakesOf = (text: string, options: Partial<SpecOptions> = {}) =>
  check(text, options).mistakes.map(({ line, column, message }) => `${line}:${column} ${message}`);
const values = (more: Record<string, string | number | boolean>) => new Map(Object.entries(more));

describe("template spec", () => {
  test("fills in hardened defaults", () => {
    const { spec } = check("image: debian");
    assert.deepEqual(spec?.body, {
      ...{ image: "debian", command: null, environment: {}, ports: [], host_mounts: [], memory_bytes: 2 * 1024 ** 3 },
      ...{ cpus: 2, pids: 512, privileged: false, network: "own", user: "1000:1000", working_dir: null, health: null },
      capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
    });
  });

  test("refuses a name that no template can have, where it stands", () => {
    assert.deepEqual(mistakesOf("image: debian\nname: Bad Name!"), [
      "2:7 name must be 2 to 64 of a-z, 0-9, dot, underscore and dash, a letter first",
    ]);
  });

  test("gives a process of this machine no capabilities and no user", () => {
    const { spec } = check("image: host\nworking_dir: /srv");
    const { capabilities, user, environment } = spec?.body ?? {};
    assert.deepEqual([spec?.runtime, capabilities, user, environment], ["process", [], null, {}]);
  });

  for (const [line, user, home] of [
    ["", "1000:1000", "/srv"],
    ["user: image", null, undefined],
    ["user: root", "root", undefined],
    ["user: 0", "0", "/srv"],
    ["user: dev:staff", "dev:staff", undefined],
    ["environment: { HOME: /x }", "1000:1000", "/x"],
    ["environment: [HOME=]", "1000:1000", ""],
  ] as const) {
    test(`runs as ${user ?? "the image's user"} with the home ${home ?? "of the image"} with "${line}"`, () => {
      const { spec } = check(`image: debian\nworking_dir: /srv\n${line}`);
      assert.deepEqual([spec?.body.user, spec?.body.environment["HOME"]], [user, home]);
    });
  }

  test("leaves the home alone without a working directory", () => {
    assert.deepEqual(check("image: debian").spec?.body.environment, {});
  });

  test("sets the home to the working directory as it is with its values", () => {
    const text = "image: debian\nworking_dir: /home/${{ .user.username }}";
    const { spec } = check(text, { values: values({ ".user.username": "ada" }) });
    assert.deepEqual(spec?.body.environment, { HOME: "/home/ada" });
  });

  test("reads every key", () => {
    const { spec, mistakes } = check(`
name: node
image: docker.io/library/node:22
command: npm start
environment: [A=1, "B=x=y"]
ports: [{ name: web, port: 3000, protocol: http }]
volumes: [{ name: home, path: /home/dev, size: 10G }]
memory: 512M
cpus: 0.5
pids: 64
capabilities: [CAP_CHOWN]
network: none
health: { command: [curl, -f, localhost], interval: 1m, timeout: 3, retries: 2, start: 5s }
user: 1000:1000
working_dir: /srv
`);
    assert.deepEqual(mistakes, []);
    assert.deepEqual(spec?.body.command, ["sh", "-c", "npm start"]);
    assert.deepEqual(spec?.body.environment, { HOME: "/srv", A: "1", B: "x=y" });
    assert.deepEqual([spec?.body.memory_bytes, spec?.volumes[0]?.reserved_bytes], [512 * 1024 ** 2, 10 * 1024 ** 3]);
    assert.equal(spec?.body.health?.interval_seconds, 60);
    assert.equal(spec?.runtime, "docker");
  });

  test("finds every mistake at once, with line, column and what was meant", () => {
    const found = mistakesOf(`image: debian
comand: sleep
memory: lots
network: ohw
ports:
  - name: web
    prot: 80
environment:
  A: \${{ .custom.colr }}
  B: \${{ .space.nam }}
parameters:
  - name: color
    type: strin
`);
    assert.deepEqual(found, [
      '2:1 unknown key "comand" in the template; did you mean "command"?',
      "3:9 memory must be a size such as 512M or 2G",
      '4:10 network must be own, none, host; did you mean "own"?',
      '6:5 a port needs "port", its number',
      '7:5 unknown key "prot" in a port; did you mean "port"?',
      "9:6 there is no .custom.colr; did you mean .custom.color?",
      "10:6 there is no .space.nam; did you mean .space.name?",
      '13:11 type must be string, number, boolean, choice, secret; did you mean "string"?',
    ]);
  });

  test("names the place of broken YAML and of keys that stand twice", () => {
    assert.match(mistakesOf("image: [debian").join(), /^1:/);
    assert.match(mistakesOf("image: a\nimage: b").join(), /^2:1 /);
  });

  for (const [mistake, text] of [
    ["2:3 a key of the template must be a single word", "image: debian\n? [privileged]\n: true"],
    ["3:5 a key of environment must be a single word", "image: debian\nenvironment:\n  ? [A]\n  : b"],
    ['2:16 "__proto__" is not the name of an environment variable', "image: debian\nenvironment: { __proto__: x }"],
    [
      "2:34 something is mounted at /a already",
      "image: debian\nvolumes: [{ name: a, path: /a }, { name: b, path: //a/ }]",
    ],
    [
      '2:52 max of "n" must not be below its min, 5',
      "image: debian\nparameters: [{ name: n, type: number, min: 5, max: 1 }]",
    ],
    ["2:48 choices must name at least one", "image: debian\nparameters: [{ name: n, type: choice, choices: [] }]"],
  ] as const) {
    test(`does not pass over what it would have to ignore: ${mistake}`, () => {
      assert.ok(mistakesOf(text).includes(mistake), mistakesOf(text).join());
    });
  }

  test("refuses aliases, anchors and tags", () => {
    assert.equal(mistakesOf("image: &a debian\ncommand: *a").length >= 2, true);
    assert.match(mistakesOf("image: !!js/function x").join(), /tags/);
  });

  for (const [what, line] of [
    ["privileged", "privileged: true"],
    ["host_network", "network: host"],
    ["host_mounts", "host_mounts: [{ source: /srv, path: /srv }]"],
    ["capabilities", "capabilities: [SYS_ADMIN]"],
    ["capabilities", "capabilities: [ALL]"],
  ] as const) {
    test(`refuses "${line}" unless an administrator allowed it`, () => {
      const text = `image: debian\n${line}`;
      assert.match(mistakesOf(text).join(), new RegExp(`^2:\\d+ .*"${what}"`));
      assert.deepEqual(mistakesOf(text, { allowed: [what] }), []);
    });
  }

  for (const [key, value] of [
    ["health", "{ command: [true] }"],
    ["capabilities", "[CHOWN]"],
    ["privileged", "true"],
  ] as const) {
    test(`refuses ${key} for the image "host", which has no engine that would heed it`, () => {
      const allowed = ["privileged"] as const;
      const refused = `2:${key.length + 3} ${key} needs a container engine, and the image "host" runs without one: leave it out`;
      assert.deepEqual(mistakesOf(`image: host\n${key}: ${value}`, { allowed }), [refused]);
      assert.deepEqual(mistakesOf(`image: debian\n${key}: ${value}`, { allowed }), []);
    });
  }

  test("takes a list of no capabilities and a false privileged for what they are", () => {
    assert.deepEqual(mistakesOf("image: host\ncapabilities: []\nprivileged: false"), []);
  });

  for (const source of ["/var/run/docker.sock", "/", "/proc", "/run/podman", "/srv/../etc"]) {
    test(`refuses the host mount ${source} to everybody`, () => {
      const text = `image: debian\nhost_mounts: [{ source: ${source}, path: /x }]`;
      assert.equal(mistakesOf(text, { allowed: ["host_mounts"] }).length, 1);
    });
  }

  for (const line of [
    "privileged: ${{ .custom.p }}",
    "network: ${{ .custom.p }}",
    "runtime: ${{ .custom.p }}",
    'capabilities: ["${{ .custom.p }}"]',
    'host_mounts: [{ source: "${{ .custom.p }}", path: /x }]',
    'volumes: [{ name: "${{ .custom.p }}", path: /x }]',
  ]) {
    test(`takes no placeholder in "${line}"`, () => {
      const text = `image: debian\n${line}\nparameters: [{ name: p }]`;
      const allowed = ["privileged", "host_network", "host_mounts", "capabilities"] as const;
      assert.equal(mistakesOf(text, { allowed }).length, 1);
    });
  }

  test("puts values in after parsing, so that they cannot become structure", () => {
    const evil = 'x"\nprivileged: true\nA: ${{ .space.id }}';
    const text = "image: debian\nenvironment:\n  A: ${{ .custom.p }}\nparameters: [{ name: p }]";
    const { spec } = check(text, { values: values({ ".custom.p": evil, ".space.id": "1" }) });
    assert.deepEqual([spec?.body.environment, spec?.body.privileged], [{ A: evil }, false]);
  });

  test("does not let a value name an environment variable", () => {
    const text = 'image: debian\nenvironment: ["A=${{ .custom.p }}"]\nparameters: [{ name: p }]';
    const { spec } = check(text, { values: values({ ".custom.p": "1\nLD_PRELOAD=/x" }) });
    assert.deepEqual(spec?.body.environment, { A: "1\nLD_PRELOAD=/x" });
  });

  test("checks what comes out once the values are in", () => {
    const text = "image: debian\nworking_dir: /home/${{ .custom.p }}\nparameters: [{ name: p }]";
    const { mistakes } = check(text, { values: values({ ".custom.p": "../../etc" }) });
    assert.match(mistakes[0]?.message ?? "", /must not contain/);
  });

  test("does not let a value move the space out of its container", () => {
    const text = "image: ${{ .custom.p }}\nparameters: [{ name: p }]";
    assert.equal(check(text, { values: values({ ".custom.p": "host" }) }).spec, null);
  });

  test("refuses an image that the server does not take, also when it comes from a value", () => {
    const images = { allowed: ["docker.io/library/*"], pinned: false };
    assert.match(mistakesOf("memory: 1G\nimage: evil/x", { images }).join(), /^2:8 image evil\/x is none of those/);
    assert.deepEqual(mistakesOf("image: debian", { images }), []);
    const text = "image: ${{ .custom.p }}\nparameters: [{ name: p, default: evil/x }]";
    assert.deepEqual(mistakesOf(text, { images }), []);
    const found = mistakesOf(text, { images, values: values({ ".custom.p": "evil/x" }) });
    assert.match(found.join(), /^1:8 image evil\/x is none of those/);
  });

  test("takes the programs of this machine for no image", () => {
    assert.deepEqual(mistakesOf("image: host", { images: { allowed: ["debian"], pinned: true } }), []);
  });

  test("makes a number of a placeholder that stands alone", () => {
    const text = "image: debian\ncpus: ${{ .custom.n }}\nparameters: [{ name: n, type: number, default: 1 }]";
    assert.deepEqual(mistakesOf(text), []);
    assert.equal(check(text, { values: values({ ".custom.n": 3 }) }).spec?.body.cpus, 3);
    assert.match(
      mistakesOf(text.replace("type: number, default: 1", "type: string")).join(),
      /placeholder of a number/,
    );
  });

  test("lets a secret stand in the environment alone", () => {
    const secret = "parameters: [{ name: key, type: secret }]";
    assert.deepEqual(mistakesOf(`image: debian\nenvironment: { K: "\${{ .custom.key }}" }\n${secret}`), []);
    assert.match(
      mistakesOf(`image: debian\ncommand: echo \${{ .custom.key }}\n${secret}`).join(),
      /only stand in environment/,
    );
  });

  test("puts variables of the server in, and refuses unknown ones", () => {
    const text = "image: ${{ .var.registry }}/debian";
    assert.equal(
      check(text, { variables: { registry: "example.org" }, values: values({}) }).spec?.body.image,
      "example.org/debian",
    );
    assert.match(mistakesOf(text).join(), /there is no \.var\.registry/);
  });
});
