import { randomUUID } from "node:crypto";
import type { NewEvent } from "../event/schema.ts";
import type { Call } from "../operation/call.ts";
import { type PageRequest, pageOf } from "../operation/page.ts";
import { may } from "../operation/principal.ts";
import { nearest } from "../problem/nearest.ts";
import { type FieldError, Problem } from "../problem/problem.ts";
import type { Compiled, Filled, Occasion } from "../space/ports.ts";
import { everyImage, type ImageRules } from "./image.ts";
import { checkValue } from "./parameter.ts";
import type { Value } from "./placeholder.ts";
import { checkName, type Danger } from "./rules.ts";
import { samples } from "./samples.ts";
import type { Parameter, Template, TemplateVersion } from "./schema.ts";
import { readSpec, summaryOf, type TemplateSpec } from "./spec.ts";
import type { TemplateRow, TemplateStore, VersionRow } from "./template-store.ts";
import type { Mistake } from "./yaml-reader.ts";

/** Values of the server that templates may name as `.var.<name>`. */
export interface Variables {
  all(): Promise<Readonly<Record<string, string>>>;
}

export type TemplatesDeps = {
  readonly store: TemplateStore;
  readonly variables: Variables;
  /** Which images the server takes; every one when left out. */
  readonly images?: ImageRules;
  /** What `.server.url` stands for. */
  readonly url: string;
  readonly now: () => number;
};

type Named = { readonly template: string };
type Version = { readonly template_id: string; readonly template_version: number };

/** The rules of templates, and what spaces are made from. */
export class Templates {
  readonly #deps: TemplatesDeps;

  constructor(deps: TemplatesDeps) {
    this.#deps = deps;
  }

  async list({ principal }: Call, input: PageRequest & { query?: string | undefined }) {
    const viewer = { group_ids: principal.group_ids, all: may(principal, "templates.manage") };
    const page = await this.#deps.store.list({ viewer, query: input.query }, input);
    return pageOf("templates", { ...page, items: page.items.map((row) => viewOf(row, viewer.all)) });
  }

  async get(call: Call, { template }: Named): Promise<Template> {
    return viewOf(await this.#find(call, template), may(call.principal, "templates.manage"));
  }

  async create(
    call: Call,
    input: {
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly spec: string;
      readonly group_ids: readonly string[];
      readonly active: boolean;
      readonly allow: readonly Danger[];
    },
  ): Promise<Template> {
    mayAllow(call, input.allow);
    const spec = await this.#checked(input.spec, input.allow);
    const name = input.name ?? spec.name;
    if (name === null) throw invalid([{ path: "/name", message: 'is missing; give it here or as "name" in the spec' }]);
    const wrong = checkName(name);
    if (wrong !== null) throw invalid([{ path: "/name", message: `"${name}" ${wrong}` }]);
    const now = this.#deps.now();
    const row = {
      ...{ id: randomUUID(), name, description: input.description ?? spec.description ?? "", icon: spec.icon },
      ...{ active: input.active, group_ids: input.group_ids, spec: input.spec, summary: summaryOf(spec) },
      ...{ allowed: input.allow, created_by: call.principal.username, created_at: now, updated_at: now },
    };
    const made = await this.#deps.store.insert(row, eventOf(row, "template.created", `Template "${name}" created`));
    if (made === "name_taken") throw nameTaken(name);
    return viewOf(made, true);
  }

  async update(
    call: Call,
    input: Named & {
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly spec?: string | undefined;
      readonly group_ids?: readonly string[] | undefined;
      readonly active?: boolean | undefined;
      readonly allow?: readonly Danger[] | undefined;
    },
  ): Promise<Template> {
    const row = await this.#find(call, input.template);
    if (input.allow !== undefined) mayAllow(call, input.allow, row.allowed);
    const isNew = input.spec !== undefined && input.spec !== row.spec;
    // what an administrator allowed was allowed to that spec; another author's spec starts without it
    const allowed = isNew && !may(call.principal, "server.manage") ? [] : (input.allow ?? row.allowed);
    const text = input.spec ?? row.spec;
    // an allowance can always be taken away: a spec that needs it makes no more spaces
    const spec = isNew ? await this.#checked(text, allowed) : null;
    const { name, group_ids, active } = input;
    const made = isNew && spec !== null ? newVersion(call, text, spec, allowed) : {};
    const description = input.description ?? (isNew ? (spec?.description ?? undefined) : undefined);
    const after = { active: active ?? row.active, group_ids: group_ids ?? row.group_ids };
    const allowance = input.allow === undefined ? {} : { allowed };
    const updated = await this.#deps.store.update(
      row,
      { name, group_ids, active, description, ...made, ...allowance, updated_at: this.#deps.now() },
      eventOf(
        row,
        "template.updated",
        `Template "${row.name}" changed`,
        { version: row.version + (isNew ? 1 : 0) },
        after,
      ),
    );
    if (updated === "name_taken") throw nameTaken(name ?? row.name);
    if (updated === "changed")
      throw new Problem("conflict", `Template "${row.name}" was changed meanwhile. Look at it and try again.`);
    if (updated === null) throw notFound(input.template);
    return viewOf(updated, true);
  }

  async delete(call: Call, input: Named & { readonly confirm: boolean }): Promise<{ readonly deleted: boolean }> {
    const row = await this.#find(call, input.template);
    if (!input.confirm) {
      const lost = `template "${row.name}" with its ${row.version} version${row.version === 1 ? "" : "s"}`;
      throw new Problem(
        "confirmation_required",
        `This deletes ${lost}. It cannot be undone. Repeat with confirm set to true.`,
      );
    }
    const result = await this.#deps.store.delete(
      row.id,
      eventOf(row, "template.deleted", `Template "${row.name}" deleted`),
    );
    if (result === null) throw notFound(input.template);
    if (result === "deleted") return { deleted: true };
    const count = `${result.used_by} space${result.used_by === 1 ? " uses" : "s use"}`;
    throw new Problem(
      "conflict",
      `${count} template "${row.name}". Delete them first, or set active to false so that no more are made.`,
    );
  }

  /** What is wrong with a template, all of it; changes nothing. */
  async validate(call: Call, input: { readonly spec: string; readonly template?: string | undefined }) {
    const allowed = input.template === undefined ? [] : (await this.#find(call, input.template)).allowed;
    const { mistakes, spec } = await this.#read(input.spec, allowed, null);
    return { valid: spec !== null, mistakes: [...mistakes], summary: spec === null ? null : summaryOf(spec) };
  }

  async versions(call: Call, input: Named & PageRequest) {
    const row = await this.#find(call, input.template);
    const page = await this.#deps.store.versions(row.id, input);
    return pageOf<"versions", TemplateVersion>("versions", { ...page, items: page.items.map(versionView) });
  }

  /** Brings the sample templates, once in the life of the database. */
  async ensureSamples(): Promise<void> {
    const { store, now } = this.#deps;
    if (!(await store.reach("samples", now()))) return;
    for (const { name, spec: text } of samples) {
      const spec = await this.#checked(text, []);
      const row = {
        ...{
          id: randomUUID(),
          name,
          description: spec.description ?? "",
          icon: spec.icon,
          active: true,
          group_ids: [],
        },
        ...{
          spec: text,
          summary: summaryOf(spec),
          allowed: [],
          created_by: "knot",
          created_at: now(),
          updated_at: now(),
        },
      };
      await store.insert(row, eventOf(row, "template.created", `Template "${name}" created`));
    }
  }

  /** For spaces: the newest version of an active template that the caller may use. */
  async choose(
    call: Call,
    ref: string,
  ): Promise<{ readonly id: string; readonly name: string; readonly version: number }> {
    const row = await this.#find(call, ref);
    if (row.active) return row;
    throw new Problem(
      "conflict",
      `Template "${row.name}" is not active. Activate it with update_template, or use another one.`,
    );
  }

  /** For spaces: checks values against the parameters of a version. */
  async fill(
    version: Version,
    given: Readonly<Record<string, unknown>>,
    before?: Parameters<typeof fillIn>[2],
  ): Promise<Filled> {
    return fillIn((await this.#version(version)).summary.parameters, given, before);
  }

  /** For spaces: which parameters of a version are secrets. */
  async secretsOf(version: Version): Promise<readonly string[]> {
    const { parameters } = (await this.#version(version)).summary;
    return parameters.filter(({ type }) => type === "secret").map(({ name }) => name);
  }

  /** For spaces: the version with the values of one space in the place of its placeholders. */
  async compile(version: Version, occasion: Occasion): Promise<Compiled> {
    const row = await this.#version(version);
    const { mistakes, spec } = await this.#read(row.spec, row.allowed, this.#valuesOf(row, occasion));
    if (spec === null) throw mistaken(mistakes, `Template "${row.template_name}" does not fit these values`);
    const named = spec.volumes.map((volume) => ({ ...volume, volume: `kn-${occasion.space_id}-${volume.name}` }));
    return {
      runtime: spec.runtime,
      volumes: named.map(({ volume, name, path, reserved_bytes }) => ({ volume, name, path, reserved_bytes })),
      spec: {
        ...spec.body,
        hostname: occasion.space_name,
        volumes: named.map(({ volume, path, read_only }) => ({ volume, path, read_only })),
      },
    };
  }

  #valuesOf(
    row: VersionRow,
    { space_id, space_name, user, parameters, secrets }: Occasion,
  ): ReadonlyMap<string, Value> {
    const custom = Object.entries({ ...parameters, ...secrets }).map(
      ([name, value]) => [`.custom.${name}`, value] as const,
    );
    return new Map<string, Value>([
      [".space.id", space_id],
      [".space.name", space_name],
      [".template.id", row.template_id],
      [".template.name", row.template_name],
      [".user.id", user.id],
      [".user.username", user.username],
      [".user.email", user.email],
      [".server.url", this.#deps.url],
      ...custom,
    ]);
  }

  async #checked(text: string, allowed: readonly Danger[]): Promise<TemplateSpec> {
    const { mistakes, spec } = await this.#read(text, allowed, null);
    if (spec === null) throw mistaken(mistakes, "The template has mistakes");
    return spec;
  }

  async #read(text: string, allowed: readonly Danger[], values: ReadonlyMap<string, Value> | null) {
    const { variables, images = everyImage } = this.#deps;
    return readSpec(text, { allowed, images, values, variables: await variables.all() });
  }

  async #version({ template_id, template_version }: Version): Promise<VersionRow> {
    const row = await this.#deps.store.version(template_id, template_version);
    if (row === null) throw new Problem("not_found", `Version ${template_version} of the template is gone.`);
    return row;
  }

  async #find({ principal }: Call, ref: string): Promise<TemplateRow> {
    const row = await this.#deps.store.find(ref);
    if (row === null) throw notFound(ref);
    if (may(principal, "templates.manage")) return row;
    const open = row.group_ids.length === 0 || row.group_ids.some((id) => principal.group_ids.includes(id));
    if (!row.active || !open) throw notFound(ref);
    return row;
  }
}

/** Every given value checked, every missing one taken from before or from its default. */
function fillIn(
  parameters: readonly Parameter[],
  given: Readonly<Record<string, unknown>>,
  before?: { readonly parameters: Readonly<Record<string, Value>>; readonly secrets: readonly string[] },
): Filled {
  const errors: FieldError[] = [];
  const names = parameters.map(({ name }) => name);
  for (const name of Object.keys(given).filter((one) => !names.includes(one))) {
    const meant = nearest(name, names);
    const advice = meant === undefined ? `; it has ${names.join(", ") || "none"}` : `; did you mean "${meant}"?`;
    errors.push({ path: `/parameters/${name}`, message: `is not a parameter of this template${advice}` });
  }
  const filled = {
    parameters: {} as Record<string, Value>,
    secrets: {} as Record<string, string>,
    kept: [] as string[],
  };
  for (const parameter of parameters) {
    const { name, type, required } = parameter;
    const fresh = Object.hasOwn(given, name);
    if (!fresh && type === "secret" && before?.secrets.includes(name)) filled.kept.push(name);
    const chosen = fresh
      ? given[name]
      : type === "secret"
        ? undefined
        : (before?.parameters[name] ?? parameter.default);
    if (chosen === undefined || chosen === null) {
      if (required && !filled.kept.includes(name)) errors.push({ path: `/parameters/${name}`, message: "is required" });
      continue;
    }
    const { value, mistake } = checkValue(parameter, chosen);
    if (mistake !== null) errors.push({ path: `/parameters/${name}`, message: mistake });
    else if (type === "secret") filled.secrets[name] = String(value);
    else if (value !== null) filled.parameters[name] = value;
  }
  if (errors.length > 0) throw invalid(errors);
  return filled;
}

function viewOf(row: TemplateRow, whole: boolean): Template {
  const { id, name, description, icon, active, version, summary, created_at, updated_at } = row;
  return {
    ...{ id, name, description, icon, active, version, created_at, updated_at },
    ...summary,
    group_ids: [...row.group_ids],
    allow: [...row.allowed],
    spec: whole ? row.spec : null,
  };
}

const newVersion = (call: Call, text: string, spec: TemplateSpec, allowed: readonly Danger[]) => ({
  version: { spec: text, summary: summaryOf(spec), allowed, created_by: call.principal.username },
  icon: spec.icon,
});

const versionView = ({ version, spec, allowed, created_by, created_at }: VersionRow): TemplateVersion => ({
  ...{ version, spec, created_by, created_at, allow: [...allowed] },
});

/** Only an administrator may let a template weaken isolation; taking a word away is free. */
function mayAllow({ principal }: Call, wanted: readonly Danger[], before: readonly Danger[] = []): void {
  if (may(principal, "server.manage") || wanted.every((word) => before.includes(word))) return;
  throw new Problem(
    "forbidden",
    'Only someone with the permission "server.manage" may set allow: it weakens the isolation of spaces.',
  );
}

type Seen = Pick<TemplateRow, "active" | "group_ids">;

/** An event for those who may use the template, or could until now. */
const eventOf = (row: Seen & { id: string }, type: string, message: string, data = {}, after?: Seen): NewEvent => ({
  ...{ type, subject_kind: "template", subject_id: row.id, user_id: null, message, data },
  group_ids: after === undefined ? groupsOf(row) : either(groupsOf(row), groupsOf(after)),
});

/** Null for everyone. */
const groupsOf = ({ active, group_ids }: Seen) => (!active ? [] : group_ids.length === 0 ? null : group_ids);

const either = (one: readonly string[] | null, other: readonly string[] | null) =>
  one === null || other === null ? null : [...new Set([...one, ...other])];

const invalid = (errors: readonly FieldError[]) =>
  new Problem("invalid_input", `${errors[0]?.path}: ${errors[0]?.message}.`, { errors });

const mistaken = (mistakes: readonly Mistake[], what: string) => {
  const lines = mistakes.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`);
  const errors = lines.map((message) => ({ path: "/spec", message }));
  return new Problem("invalid_input", `${what}: ${lines.join("; ")}.`, { errors, extra: { mistakes } });
};

const notFound = (ref: string) =>
  new Problem("not_found", `There is no template "${ref}" that you may use. list_templates shows those you may.`);

const nameTaken = (name: string) =>
  new Problem("conflict", `There is a template "${name}" already. Choose another name.`);
