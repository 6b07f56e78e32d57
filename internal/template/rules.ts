import type { z } from "zod";
import type { SpaceSpec } from "../space/runtime.ts";
import { type Danger as DangerWord, TemplateName } from "./schema.ts";
import type { Part, YamlReader } from "./yaml-reader.ts";

export type Danger = z.output<typeof DangerWord>;

/** Whom a container runs as when the template does not say: an ordinary user, whether or not the image knows it. */
export const defaultUser = "1000:1000";

/** What a container gets of root's powers when the template does not say. */
export const defaultCapabilities: readonly string[] = [
  ...["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
];

/** What a template may ask for without an administrator. */
export const safeCapabilities: ReadonlySet<string> = new Set([
  ...defaultCapabilities,
  "FSETID",
  "SETFCAP",
  "SYS_CHROOT",
]);

/** CAP_CHOWN, chown and CHOWN are the same. */
export const cleanCapability = (word: string): string => word.toUpperCase().replace(/^CAP_/, "");

export const checkName = (name: string): string | null =>
  TemplateName.safeParse(name).success ? null : "must be 2 to 64 of a-z, 0-9, dot, underscore and dash, a letter first";

export const checkUser = (user: string): string | null =>
  /^([a-z_][a-z0-9_-]{0,31}|\d{1,10})(:([a-z_][a-z0-9_-]{0,31}|\d{1,10}))?$/i.test(user)
    ? null
    : 'must be a user of the image, as name, uid or uid:gid, or "image" for the one the image names';

/** Absolute, without detours, and none of the places the engine needs itself. */
export function checkPath(path: string): string | null {
  if (!path.startsWith("/")) return "must be absolute: start it with /";
  if (path.length > 4096 || path.split("/").some((step) => step === ".." || step === "."))
    return 'must not contain ".."';
  return /^\/+$|^\/+(proc|sys|dev)(\/|$)/.test(path) ? "must not be / or in /proc, /sys or /dev" : null;
}

export function readCommand(reader: YamlReader, part: Part, what: string): readonly string[] | null {
  if (!reader.isList(part)) {
    const line = reader.text(part, what, { check: (text) => (text.trim() === "" ? "must not be empty" : null) });
    return line === undefined ? null : ["sh", "-c", line];
  }
  const argv = reader.items(part, what).map((item) => reader.text(item, `a part of ${what}`, { loose: true }) ?? "");
  if (argv.length === 0) reader.fail(part, `${what} must not be empty`);
  return argv;
}

/** A map of names and values, or a list of NAME=value. */
export function readEnvironment(reader: YamlReader, part: Part): Readonly<Record<string, string>> {
  const rules = { secrets: true, loose: true };
  const environment: Record<string, string> = {};
  const set = (name: string, value: string, at: Part) => {
    // assigned to, the last of these would vanish
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name === "__proto__")
      reader.fail(at, `"${name}" is not the name of an environment variable`);
    else if (Object.hasOwn(environment, name)) reader.fail(at, `the variable ${name} is set twice`);
    else environment[name] = value;
  };
  if (reader.isMap(part)) {
    for (const [name, value, at] of reader.pairs(part, "environment")) {
      set(name, reader.text(value, `environment ${name}`, rules) ?? "", at);
    }
    return environment;
  }
  for (const item of reader.items(part, "environment")) {
    const line = reader.scalar(item, "a line of environment");
    if (line === undefined) continue;
    // the name is taken before anything is filled in, so that no value can become one
    const split = String(line).indexOf("=");
    const text = reader.text(item, "a line of environment", rules) ?? "";
    if (split <= 0) reader.fail(item, "a line of environment must be NAME=value");
    else set(String(line).slice(0, split), text.slice(split + 1), item);
  }
  return environment;
}

const units: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** A size such as 512M or 2G, in bytes; `otherwise` while it is not known. */
export function readSize(reader: YamlReader, part: Part, what: string, otherwise: number): number {
  const wanted = `must be a size such as 512M or 2G`;
  const text = reader.text(part, what, { loose: true, check: (size) => (bytesOf(size) === null ? wanted : null) });
  return text === undefined ? otherwise : (bytesOf(text) ?? otherwise);
}

function bytesOf(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?$/i.exec(text.trim());
  if (match === null) return null;
  const bytes = Math.round(Number(match[1]) * (units[(match[2] as string).toUpperCase()] as number));
  return bytes >= 6 * 1024 ** 2 && bytes <= 64 * 1024 ** 4 ? bytes : null;
}

/** Host paths; their words are taken as they are written, and some are refused to everybody. */
export function readHostMounts(reader: YamlReader, part: Part, allowed: readonly Danger[]): SpaceSpec["host_mounts"] {
  const items = reader.items(part, "host_mounts");
  if (items.length > 0 && !allowed.includes("host_mounts")) {
    reader.fail(
      part,
      'host_mounts weakens the isolation of the space; an administrator (server.manage) has to put "host_mounts" into allow of this template first',
    );
  }
  return items.flatMap((item) => {
    const fields = reader.fields(item, "a host mount", ["source", "path", "read_only"] as const);
    if (fields.source === undefined || fields.path === undefined) {
      if (reader.isMap(item)) reader.fail(item, 'a host mount needs "source" and "path"');
      return [];
    }
    const source = reader.text(fields.source, "source", { literal: true, check: checkSource });
    const path = reader.text(fields.path, "path", { literal: true, check: checkPath });
    const read_only = fields.read_only === undefined ? false : (reader.flag(fields.read_only, "read_only") ?? false);
    return source === undefined || path === undefined ? [] : [{ source, path, read_only }];
  });
}

const checkSource = (source: string): string | null =>
  checkPath(source) ??
  (/(^|\/)(docker|podman|containerd)(\.sock|\/|$)/.test(source) || /^\/+(run|var\/run)(\/|$)/.test(source)
    ? "must not reach the engine: no socket of it and nothing in /run"
    : null);
