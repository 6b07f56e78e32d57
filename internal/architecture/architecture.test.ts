import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, test } from "node:test";

/** Lower layers may not know higher ones. Packages of one layer know each other only where `beside` says so. */
const layers: readonly (readonly string[])[] = [
  ["problem"],
  ["operation"],
  ["secret", "tool"],
  [
    ...["approval", "audit", "command", "event", "file", "group", "idempotency", "integration", "role", "server"],
    ...["space", "template", "token", "user", "volume"],
  ],
  ["auth", "config", "runtime", "store", "upstream"],
  ["client", "mcp", "metrics", "rest", "static"],
  ["cli"],
  ["app"],
  ["reference"],
  ["architecture", "bench", "testkit"],
];

/** Who may import a driver's values: only the package that wraps it. */
const drivers: Readonly<Record<string, readonly string[]>> = {
  fastify: ["app", "mcp", "rest", "static", "metrics"],
  "@fastify/static": ["static"],
  kysely: ["store"],
  "better-sqlite3": ["store"],
  pg: ["store", "testkit"],
  dockerode: ["runtime", "testkit"],
  undici: ["upstream"],
  "@modelcontextprotocol/client": ["upstream"],
  "@modelcontextprotocol/server": ["mcp"],
  "@modelcontextprotocol/node": ["mcp"],
  "@node-rs/argon2": ["auth"],
  "prom-client": ["metrics"],
  minisearch: ["tool"],
  stemmer: ["tool"],
  "smol-toml": ["config"],
  yaml: ["template"],
};

type Import = { readonly file: string; readonly from: string; readonly to: string; readonly typeOnly: boolean };

const root = join(import.meta.dirname, "../..");
const files = globSync("{cmd,internal}/**/*.ts", { cwd: root }).filter((file) => !file.endsWith(".d.ts"));
const imports = files.flatMap(importsOf);
const product = imports.filter(({ file }) => !isTest(file));
const layerOf = new Map(layers.flatMap((names, index) => names.map((name) => [name, index] as const)));

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?([^;=('"]*?)(?:from\s+)?["']([^"']+)["']/gm);
  return [...statements].map(([, type, clause = "", to = ""]) => {
    const names = clause.trim();
    const inner = names
      .replace(/^\{|\}$/g, "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    const typeOnly =
      type !== undefined ||
      (names.startsWith("{") && inner.every((name) => name.replace("{", "").trim().startsWith("type ")));
    return { file, from: packageOf(file), to: to.startsWith(".") ? normalize(join(dirname(file), to)) : to, typeOnly };
  });
}

function packageOf(path: string): string {
  const [top = "", name = ""] = path.split("/");
  return top === "internal" ? name : top;
}

function isTest(file: string): boolean {
  return (
    file.endsWith(".test.ts") ||
    ["architecture", "bench", "testkit"].includes(packageOf(file)) ||
    /\/(contract|conformance|fixtures)/.test(file)
  );
}

const moduleOf = (name: string): string =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");

describe("architecture", () => {
  test("reads the tree", () => {
    assert.ok(files.length > 100, `${files.length} files`);
    assert.ok(imports.length > 400, `${imports.length} imports`);
    assert.ok(product.some(({ typeOnly }) => typeOnly) && product.some(({ typeOnly }) => !typeOnly));
  });

  test("has a layer for every package", () => {
    const unknown = new Set(files.map(packageOf).filter((name) => name !== "cmd" && !layerOf.has(name)));
    assert.deepEqual([...unknown], []);
  });

  test("lets no package know a higher layer, or a stranger of its own", () => {
    const wrong = product
      .filter(
        ({ from, to, typeOnly }) => !typeOnly && from !== "cmd" && to.startsWith("internal/") && packageOf(to) !== from,
      )
      .filter(({ from, to }) => (layerOf.get(packageOf(to)) ?? 99) >= (layerOf.get(from) ?? -1))
      // what a noun looks like on the wire may be part of what another one answers
      .filter(({ from, to }) => !(layerOf.get(packageOf(to)) === layerOf.get(from) && to.endsWith("/schema.ts")))
      .map(({ file, to }) => `${file} -> ${to}`);
    assert.deepEqual(wrong, []);
  });

  test("keeps operations free of everything but zod, the waist and types", () => {
    const wrong = product
      .filter(
        ({ file, to, typeOnly }) =>
          /\/operations\.ts$/.test(file) && packageOf(file) !== "app" && !typeOnly && to !== "zod",
      )
      .filter(
        ({ from, to }) =>
          packageOf(to) !== "operation" && to !== `internal/${from}/schema.ts` && !/\/schema\.ts$/.test(to),
      )
      .map(({ file, to }) => `${file} -> ${to}`);
    assert.deepEqual(wrong, []);
  });

  test("lets only the wrapping package import a driver", () => {
    const wrong = product
      .filter(({ to, typeOnly }) => !typeOnly && drivers[moduleOf(to)] !== undefined)
      .filter(({ from, to }) => !drivers[moduleOf(to)]?.includes(from))
      .map(({ file, to }) => `${file} -> ${to}`);
    assert.deepEqual(wrong, []);
  });

  test("has no barrel, no default export and no file over 400 lines", () => {
    const wrong = files.filter((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return (
        /(^|\/)index\.ts$/.test(file) ||
        // Vite reads its configuration from there
        (/^export default /m.test(text) && !file.endsWith("/vite.config.ts")) ||
        text.split("\n").length > (isTest(file) ? 601 : 401)
      );
    });
    assert.deepEqual(wrong, []);
  });

  test("lets the web take values only from the client", () => {
    const sources = globSync("web/**/*.{ts,tsx}", { cwd: root }).filter((file) => !/dist|test/.test(file));
    assert.ok(sources.length > 5, `${sources.length} web files`);
    const wrong = sources
      .flatMap(importsOf)
      .filter(({ to, typeOnly }) => !typeOnly && to.startsWith("internal/") && packageOf(to) !== "client")
      .map(({ file, to }) => `${file} -> ${to}`);
    assert.deepEqual(wrong, []);
  });
});
