import type { TestContext } from "node:test";
import { Problem } from "../problem/problem.ts";
import { Vault } from "../secret/secret.ts";
import { type OpenSpaces, openSpaces, type SpacesNeeds } from "../space/open-spaces.ts";
import type { Compiled, Limits, Occasion, SpaceTemplates } from "../space/ports.ts";
import type { HealthCheck } from "../space/runtime.ts";
import type { SpaceStore } from "../space/space-store.ts";
import { SqlSpaces } from "../store/spaces.ts";
import type { Store } from "../store/store.ts";
import { SqlTemplates } from "../store/templates.ts";
import { FakeRuntime } from "./runtime.ts";
import { memoryStore } from "./store.ts";

/** One template "box" with a parameter "color", a secret "token" and a volume "home"; each part can be changed. */
export class FakeTemplates implements SpaceTemplates {
  version = 1;
  memory_bytes = 1024 ** 3;
  cpus = 1;
  volumes = ["home"];
  health: HealthCheck | null = null;
  image = "box:1";
  command: readonly string[] | null = null;
  network: "own" | "none" = "own";
  user: string | null = null;

  async choose(_call: unknown, ref: string) {
    if (ref !== "box") throw new Problem("not_found", `There is no template "${ref}".`);
    return { id: "template-1", name: "box", version: this.version };
  }

  async fill(
    _template: unknown,
    given: Readonly<Record<string, unknown>>,
    before?: Parameters<SpaceTemplates["fill"]>[2],
  ) {
    const { token, ...rest }: Record<string, unknown> = { color: "blue", ...before?.parameters, ...given };
    const secrets: Record<string, string> = token === undefined ? {} : { token: String(token) };
    const kept = (before?.secrets ?? []).filter((name) => secrets[name] === undefined);
    return { parameters: rest as Record<string, string>, secrets, kept };
  }

  async secretsOf() {
    return ["token"];
  }

  async compile(template: { template_version: number }, occasion: Occasion): Promise<Compiled> {
    const planned = this.volumes.map((name) => ({
      ...{ volume: `kn-${occasion.space_id}-${name}`, name, path: `/${name}`, reserved_bytes: 1024 ** 3 },
    }));
    return {
      runtime: "docker",
      volumes: planned,
      spec: {
        ...{ image: this.image, command: this.command, ports: [], host_mounts: [], pids: 512, capabilities: [] },
        environment: {
          COLOR: String(occasion.parameters["color"]),
          ...occasion.secrets,
          VERSION: String(template.template_version),
        },
        volumes: planned.map(({ volume, path }) => ({ volume, path, read_only: false })),
        ...{ memory_bytes: this.memory_bytes, cpus: this.cpus, privileged: false, network: this.network },
        ...{ user: this.user, working_dir: null, hostname: occasion.space_name, health: this.health },
      },
    };
  }
}

export const unlimited: Limits = { spaces: null, cpus: null, memory_bytes: null, storage_bytes: null };

/** The row that spaces of FakeTemplates refer to. */
export async function addTemplate(store: Store, id = "template-1", name = "box"): Promise<void> {
  const event = {
    type: "template.created",
    subject_kind: "template",
    subject_id: id,
    user_id: null,
    message: "",
    data: {},
  };
  const plain = { id, name, description: "", icon: null, active: true, group_ids: [], spec: "", summary: {} as never };
  await new SqlTemplates(store).insert(
    { ...plain, allowed: [], created_by: "ada", created_at: 1, updated_at: 1 },
    event,
  );
}

export type SpacesKit = OpenSpaces & {
  readonly runtime: FakeRuntime;
  readonly templates: FakeTemplates;
  readonly store: Store;
  readonly rows: SpaceStore;
  readonly errors: unknown[];
  /** What an administrator would read in the log. */
  readonly notices: string[];
};

/** Spaces on an empty store and an engine of their own, with deadlines short enough to watch them pass. */
export async function testSpaces(
  t: TestContext,
  overrides: Partial<SpacesNeeds> & {
    sql?: Store;
    limits?: Partial<Limits>;
    fakeRuntime?: FakeRuntime;
    died?: Promise<void>;
  } = {},
): Promise<SpacesKit> {
  const { sql = await memoryStore(t), limits, fakeRuntime: runtime = new FakeRuntime(), died, ...needs } = overrides;
  if ((await new SqlTemplates(sql).find("template-1")) === null) await addTemplate(sql);
  const templates = (needs.templates as FakeTemplates | undefined) ?? new FakeTemplates();
  const errors: unknown[] = [];
  const notices: string[] = [];
  const rows = needs.store ?? new SqlSpaces(sql);
  const opened = openSpaces({
    store: rows,
    runtimes: new Map([["docker", runtime]]),
    templates,
    quotas: { limitsOf: async () => ({ ...unlimited, ...limits }) },
    owners: { emailOf: async () => null },
    vault: new Vault(Buffer.alloc(32, 7)),
    onError: (what, cause) => errors.push([what, cause]),
    onNotice: (text) => notices.push(text),
    ...needs,
    timing: { pollEvery: 5, progressEvery: 0, grace: 0, patience: 2000, ...needs.timing },
  });
  // a daemon that died does not come back to end in order
  t.after(() => Promise.race([opened[Symbol.asyncDispose](), died ?? new Promise<never>(() => {})]));
  return {
    ...opened,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    runtime,
    templates,
    store: sql,
    rows,
    errors,
    notices,
  };
}

/** The input of create_space, filled in. */
export const newSpace = (overrides: Partial<Parameters<OpenSpaces["spaces"]["create"]>[1]> = {}) => ({
  template: "box",
  name: "dev",
  description: "",
  parameters: {},
  start: true,
  group_ids: [],
  wait_seconds: 30,
  ...overrides,
});
