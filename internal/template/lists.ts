import type { HealthCheck, PortSpec } from "../space/runtime.ts";
import { checkPath, readCommand, readSize } from "./rules.ts";
import type { Part, YamlReader } from "./yaml-reader.ts";

/** A volume as a template names it. `reserved_bytes` counts against the owner's quota; nothing stops at it, but the timeline says when more is held. */
export type TemplateVolume = {
  readonly name: string;
  readonly path: string;
  readonly read_only: boolean;
  readonly reserved_bytes: number;
};

const protocols = ["tcp", "http", "https"] as const;

export function readPorts(reader: YamlReader, part: Part): readonly PortSpec[] {
  const ports: PortSpec[] = [];
  for (const item of reader.items(part, "ports")) {
    const fields = reader.fields(item, "a port", ["name", "port", "protocol"] as const);
    if (fields.port === undefined) {
      if (reader.isMap(item)) reader.fail(item, 'a port needs "port", its number');
      continue;
    }
    const port = reader.number(fields.port, "port", { min: 1, max: 65_535, whole: true, otherwise: 0 });
    const name =
      fields.name === undefined
        ? `port-${ports.length + 1}`
        : (reader.text(fields.name, "the name of a port", { literal: true, check: checkWord }) ?? "");
    const protocol =
      fields.protocol === undefined ? "tcp" : (reader.oneOf(fields.protocol, "protocol", protocols) ?? "tcp");
    if (ports.some((one) => one.name === name)) reader.fail(item, `there is a port "${name}" already`);
    else if (port !== 0 && ports.some((one) => one.port === port)) reader.fail(item, `port ${port} is listed twice`);
    ports.push({ name, port, protocol });
  }
  return ports;
}

export function readVolumes(reader: YamlReader, part: Part): readonly TemplateVolume[] {
  const volumes: TemplateVolume[] = [];
  for (const item of reader.items(part, "volumes")) {
    const fields = reader.fields(item, "a volume", ["name", "path", "read_only", "size"] as const);
    if (fields.name === undefined || fields.path === undefined) {
      if (reader.isMap(item)) reader.fail(item, 'a volume needs "name" and "path"');
      continue;
    }
    const name = reader.text(fields.name, "the name of a volume", { literal: true, check: checkWord });
    const path = reader.text(fields.path, "path", { check: checkPath })?.replace(/\/+/g, "/").replace(/\/$/, "");
    const read_only = fields.read_only === undefined ? false : (reader.flag(fields.read_only, "read_only") ?? false);
    const reserved_bytes = fields.size === undefined ? 1024 ** 3 : readSize(reader, fields.size, "size", 1024 ** 3);
    if (name === undefined || path === undefined) continue;
    if (volumes.some((one) => one.name === name)) reader.fail(item, `there is a volume "${name}" already`);
    if (volumes.some((one) => one.path === path)) reader.fail(item, `something is mounted at ${path} already`);
    volumes.push({ name, path, read_only, reserved_bytes });
  }
  return volumes;
}

export function readHealth(reader: YamlReader, part: Part): HealthCheck | null {
  const fields = reader.fields(part, "health", ["command", "interval", "timeout", "retries", "start"] as const);
  if (fields.command === undefined) {
    if (reader.isMap(part)) reader.fail(part, 'health needs a "command" that ends with 0 when all is well');
    return null;
  }
  const command = readCommand(reader, fields.command, "the command of health");
  const seconds = (field: Part | undefined, what: string, otherwise: number, min: number) =>
    field === undefined ? otherwise : readSeconds(reader, field, what, { otherwise, min });
  return {
    command: command ?? [],
    interval_seconds: seconds(fields.interval, "interval", 10, 1),
    timeout_seconds: seconds(fields.timeout, "timeout", 5, 1),
    retries:
      fields.retries === undefined
        ? 3
        : reader.number(fields.retries, "retries", { min: 1, max: 100, whole: true, otherwise: 3 }),
    start_seconds: seconds(fields.start, "start", 10, 0),
  };
}

/** Seconds as a number, or with a unit: 10, 10s, 2m. */
function readSeconds(reader: YamlReader, part: Part, what: string, rules: { otherwise: number; min: number }): number {
  const written = reader.scalar(part, what);
  const match = typeof written === "string" ? /^(\d{1,5})\s*(s|m)$/.exec(written) : null;
  if (match === null) return reader.number(part, what, { ...rules, max: 3600, whole: true });
  const seconds = Number(match[1]) * (match[2] === "m" ? 60 : 1);
  if (seconds >= rules.min && seconds <= 3600) return seconds;
  reader.fail(part, `${what} must be from ${rules.min} seconds to 60 minutes`);
  return rules.otherwise;
}

const checkWord = (word: string): string | null =>
  /^[a-z][a-z0-9_-]{0,31}$/.test(word) ? null : "must start with a letter and contain only a-z, 0-9, _ and -, up to 32";
