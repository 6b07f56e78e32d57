import type { HealthCheck, SpaceSpec } from "../space/runtime.ts";
import { checkImage, type ImageRules } from "./image.ts";
import { readHealth, readPorts, readVolumes, type TemplateVolume } from "./lists.ts";
import { readParameters } from "./parameter.ts";
import type { Names, Value } from "./placeholder.ts";
import {
  checkName,
  checkPath,
  checkUser,
  cleanCapability,
  type Danger,
  defaultCapabilities,
  defaultUser,
  readCommand,
  readEnvironment,
  readHostMounts,
  readSize,
  safeCapabilities,
} from "./rules.ts";
import type { Parameter, Summary } from "./schema.ts";
import { type Mistake, type Part, YamlReader } from "./yaml-reader.ts";

/** A template that was read: what it says, with its placeholders filled in when there were values for them. */
export type TemplateSpec = {
  readonly name: string | null;
  readonly description: string | null;
  readonly icon: string | null;
  readonly runtime: "docker" | "process";
  readonly parameters: readonly Parameter[];
  readonly volumes: readonly TemplateVolume[];
  readonly body: Omit<SpaceSpec, "hostname" | "volumes">;
};

export type SpecOptions = {
  /** What this template may do although it weakens isolation. */
  readonly allowed: readonly Danger[];
  /** Which images this server takes. */
  readonly images: ImageRules;
  /** Variables of the server, by name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Values of everything a placeholder may name but variables; null to check a template without any. */
  readonly values: ReadonlyMap<string, Value> | null;
};

const keys = [
  ...["name", "description", "icon", "runtime", "image", "command", "environment", "ports", "volumes", "memory"],
  ...["cpus", "pids", "capabilities", "network", "health", "user", "working_dir", "privileged", "host_mounts"],
  "parameters",
] as const;

type Key =
  | ("name" | "description" | "icon" | "runtime" | "image" | "command" | "environment" | "ports" | "volumes" | "memory")
  | ("cpus" | "pids" | "capabilities" | "network" | "health" | "user" | "working_dir" | "privileged" | "host_mounts")
  | "parameters";

type Fields = Partial<Record<Key, Part>>;

type Asked = Pick<SpaceSpec, "health" | "capabilities" | "privileged">;

const plainNames = [
  ...[".space.id", ".space.name", ".template.id", ".template.name", ".user.id", ".user.username", ".user.email"],
  ".server.url",
];

/**
 * The one reader of templates: it checks a new one, an update, and fills one in for a space. Everything it does not
 * refuse has passed the same rules, whichever way it came. `spec` is null when there is any mistake.
 */
export function readSpec(
  text: string,
  options: SpecOptions,
): { readonly mistakes: readonly Mistake[]; readonly spec: TemplateSpec | null } {
  const reader = new YamlReader(text);
  if (reader.root === null) return { mistakes: reader.mistakes, spec: null };
  const fields: Fields = reader.fields(reader.root, "the template", keys as readonly Key[]);
  const parameters = fields.parameters === undefined ? [] : readParameters(reader, fields.parameters);
  reader.names = namesOf(parameters, options);
  const spec = read(reader, fields, parameters, options);
  const mistakes = reader.mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { mistakes, spec: mistakes.length === 0 ? spec : null };
}

/** What a template comes to for those who look at it. */
export const summaryOf = ({ runtime, body, volumes, parameters }: TemplateSpec): Summary => ({
  runtime,
  image: body.image,
  memory_bytes: body.memory_bytes,
  cpus: body.cpus,
  network: body.network,
  ports: [...body.ports],
  volumes: volumes.map(({ name, path }) => ({ name, path })),
  parameters: [...parameters],
});

function namesOf(parameters: readonly Parameter[], { variables, values }: SpecOptions): Names {
  const custom = (type: Parameter["type"]) =>
    parameters.filter((one) => one.type === type).map(({ name }) => `.custom.${name}`);
  const vars = Object.entries(variables).map(([name, value]) => [`.var.${name}`, value] as const);
  return {
    known: new Set([...plainNames, ...vars.map(([name]) => name), ...parameters.map(({ name }) => `.custom.${name}`)]),
    secret: new Set(custom("secret")),
    numeric: new Set(custom("number")),
    values: values === null ? null : new Map([...vars, ...values]),
  };
}

function read(
  reader: YamlReader,
  fields: Fields,
  parameters: readonly Parameter[],
  { allowed, images }: SpecOptions,
): TemplateSpec {
  const literal = (key: "name" | "description" | "icon", check: (text: string) => string | null = () => null) =>
    fields[key] === undefined ? null : (reader.text(fields[key], key, { literal: true, check }) ?? null);
  const image = readImage(reader, fields, images);
  const runtime = readRuntime(reader, fields, image);
  const network = readNetwork(reader, fields.network, allowed);
  const health: HealthCheck | null = fields.health === undefined ? null : readHealth(reader, fields.health);
  const capabilities = readCapabilities(reader, fields.capabilities, allowed, runtime);
  const privileged = readPrivileged(reader, fields.privileged, allowed);
  if (runtime === "process") refuseForProcess(reader, fields, { health, capabilities, privileged });
  const user = readUser(reader, fields.user, runtime);
  const working_dir =
    fields.working_dir === undefined
      ? null
      : (reader.text(fields.working_dir, "working_dir", { check: checkPath }) ?? null);
  const environment = fields.environment === undefined ? {} : readEnvironment(reader, fields.environment);
  // the image need not know a number, and to the engine the home of a stranger is "/"
  const needsHome = runtime === "docker" && working_dir !== null && /^\d/.test(user ?? "");
  return {
    name: literal("name", checkName),
    description: literal("description"),
    icon: literal("icon"),
    runtime,
    parameters,
    volumes: fields.volumes === undefined ? [] : readVolumes(reader, fields.volumes),
    body: {
      image,
      command: fields.command === undefined ? null : readCommand(reader, fields.command, "command"),
      environment: needsHome ? { HOME: working_dir, ...environment } : environment,
      ports: fields.ports === undefined ? [] : readPorts(reader, fields.ports),
      host_mounts: fields.host_mounts === undefined ? [] : readHostMounts(reader, fields.host_mounts, allowed),
      memory_bytes:
        fields.memory === undefined ? 2 * 1024 ** 3 : readSize(reader, fields.memory, "memory", 2 * 1024 ** 3),
      cpus: fields.cpus === undefined ? 2 : reader.number(fields.cpus, "cpus", { min: 0.05, max: 1024, otherwise: 2 }),
      pids:
        fields.pids === undefined
          ? 512
          : reader.number(fields.pids, "pids", { min: 16, max: 32_768, whole: true, otherwise: 512 }),
      capabilities,
      privileged,
      network,
      user,
      working_dir,
      health,
    },
  };
}

function readImage(reader: YamlReader, fields: Fields, images: ImageRules): string {
  if (fields.image === undefined) {
    if (reader.root !== null) reader.fail(reader.root, 'the template needs an "image"; "host" stands for this machine');
    return "";
  }
  const image = reader.text(fields.image, "image", { check: (text) => checkImage(text, images) }) ?? "";
  // a value that somebody gives must not move the space out of its container
  if (image !== "host" || reader.scalar(fields.image, "image") === "host") return image;
  reader.fail(fields.image, 'image must be the name of an image: "host" cannot come from a placeholder');
  return "";
}

function readRuntime(reader: YamlReader, fields: Fields, image: string): "docker" | "process" {
  const runtime =
    fields.runtime === undefined
      ? "any"
      : (reader.oneOf(fields.runtime, "runtime", ["docker", "process", "any"]) ?? "any");
  const host = image === "host";
  if (fields.image !== undefined && runtime === "docker" && host) {
    reader.fail(fields.image, 'the image "host" only runs with the runtime process');
  }
  if (fields.image !== undefined && runtime === "process" && image !== "" && !host) {
    reader.fail(fields.image, 'the runtime process has no images: write "host"');
  }
  return runtime === "any" ? (host ? "process" : "docker") : runtime;
}

/** What only a container engine does must not be promised to a process of this machine. */
function refuseForProcess(reader: YamlReader, fields: Fields, { health, capabilities, privileged }: Asked): void {
  const asked = { health: health !== null, capabilities: capabilities.length > 0, privileged };
  for (const key of ["health", "capabilities", "privileged"] as const) {
    const part = fields[key];
    if (part === undefined || !asked[key]) continue;
    reader.fail(part, `${key} needs a container engine, and the image "host" runs without one: leave it out`);
  }
}

function readUser(reader: YamlReader, part: Part | undefined, runtime: TemplateSpec["runtime"]): string | null {
  if (part === undefined) return runtime === "docker" ? defaultUser : null;
  const user = reader.text(part, "user", { check: checkUser, loose: true }) ?? null;
  return user === "image" ? null : user;
}

function readNetwork(reader: YamlReader, part: Part | undefined, allowed: readonly Danger[]): SpaceSpec["network"] {
  if (part === undefined) return "own";
  const network = reader.oneOf(part, "network", ["own", "none", "host"]) ?? "own";
  if (network === "host" && !allowed.includes("host_network"))
    reader.fail(part, notAllowed("network: host", "host_network"));
  return network;
}

function readPrivileged(reader: YamlReader, part: Part | undefined, allowed: readonly Danger[]): boolean {
  const privileged = part === undefined ? false : (reader.flag(part, "privileged") ?? false);
  if (privileged && !allowed.includes("privileged")) reader.fail(part as Part, notAllowed("privileged", "privileged"));
  return privileged;
}

function readCapabilities(
  reader: YamlReader,
  part: Part | undefined,
  allowed: readonly Danger[],
  runtime: TemplateSpec["runtime"],
): readonly string[] {
  if (part === undefined) return runtime === "process" ? [] : defaultCapabilities;
  return reader.items(part, "capabilities").flatMap((item) => {
    const word = reader.text(item, "a capability", { literal: true });
    if (word === undefined) return [];
    const capability = cleanCapability(word);
    if (!safeCapabilities.has(capability) && !allowed.includes("capabilities")) {
      reader.fail(item, notAllowed(`the capability ${capability}`, "capabilities"));
    }
    return [capability];
  });
}

const notAllowed = (what: string, word: Danger) =>
  `${what} weakens the isolation of the space; an administrator (server.manage) has to put "${word}" into allow of this template first`;
