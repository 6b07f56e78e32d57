import { randomUUID } from "node:crypto";
import type { Event } from "../event/schema.ts";
import type { Call } from "../operation/call.ts";
import { type PageRequest, pageOf } from "../operation/page.ts";
import { may } from "../operation/principal.ts";
import { Problem, problemOf } from "../problem/problem.ts";
import { isTransient, launch, spaceEvent, stateEvent, targetOf } from "./change.ts";
import type { Driver } from "./driver.ts";
import { byForce } from "./end.ts";
import { within } from "./engine-call.ts";
import { newestLines } from "./newest-lines.ts";
import { type Planner, secretPlace } from "./planner.ts";
import type { Sealer, SpaceTemplates } from "./ports.ts";
import type { Runtime, Target } from "./runtime.ts";
import type { Space } from "./schema.ts";
import { secretFields } from "./secret-fields.ts";
import { SpaceFinder } from "./space-finder.ts";
import type { NewSpace, ParameterValue, SpaceRow, SpaceStore, StateChange } from "./space-store.ts";
import type { Deadlines } from "./steps.ts";
import { viewOf, withoutMasks } from "./view.ts";

export type SpacesDeps = {
  readonly store: SpaceStore;
  readonly driver: Driver;
  readonly planner: Planner;
  readonly templates: SpaceTemplates;
  readonly runtimes: ReadonlyMap<string, Runtime>;
  readonly vault: Sealer;
  readonly now: () => number;
  readonly deadlines: Deadlines;
  /** When a runtime was first missed by the sweeps, in milliseconds since 1970; null while it answers. */
  readonly silentSince: (runtime: string) => number | null;
};

const noAbort = new AbortController().signal;

type Named = { readonly space: string };
type Waiting = Named & { readonly wait_seconds: number };
type Given = Readonly<Record<string, ParameterValue>>;

/** A running space, for those who work in it: files, commands, terminals. */
export type RunningSpace = {
  readonly id: string;
  readonly name: string;
  readonly target: Target;
  readonly runtime: Runtime;
  readonly working_dir: string | null;
  readonly user: string | null;
};

/** The rules of spaces. What is accepted here is in the database before the engine hears of it. */
export class Spaces {
  readonly #deps: SpacesDeps;
  readonly #finder: SpaceFinder;

  constructor(deps: SpacesDeps) {
    this.#deps = deps;
    this.#finder = new SpaceFinder(deps.store);
  }

  async list(
    { principal }: Call,
    input: PageRequest & { query?: string | undefined; state?: Space["state"] | undefined; owner?: string | undefined },
  ) {
    const { query, state, owner } = input;
    const viewer = {
      user_id: principal.user_id,
      group_ids: principal.group_ids,
      all: owner !== undefined && may(principal, "spaces.manage"),
    };
    const everybody = owner === "*" ? undefined : owner;
    const page = await this.#deps.store.list({ viewer, query, state, owner: everybody }, input);
    return pageOf("spaces", { ...page, items: page.items.map((row) => this.#view(row)) });
  }

  async get(call: Call, { space }: Named): Promise<Space> {
    return this.#view(await this.#finder.find(call, space));
  }

  async create(
    call: Call,
    input: {
      readonly template: string;
      readonly name: string;
      readonly description: string;
      readonly parameters: Given;
      readonly start: boolean;
      readonly group_ids: readonly string[];
      readonly wait_seconds: number;
    },
  ): Promise<Space> {
    const { store, driver } = this.#deps;
    const known =
      call.idempotency_key === undefined ? null : await store.byKey(call.principal.user_id, call.idempotency_key);
    if (known !== null) {
      void driver.drive(known.id);
      return this.#settled(call, known.id, input.wait_seconds);
    }
    this.#finder.checkGroups(call, input.group_ids);
    const space = await this.#newSpace(call, input);
    await this.#reachable(space.runtime);
    const admit = await this.#deps.planner.admission(space.user_id, space, input.start);
    const event = spaceEvent(space, "space.created", `Created from template "${input.template}"`, {
      state: "creating",
    });
    const inserted = await store.insert(space, event, admit);
    if (inserted === "name_taken") throw nameTaken(input.name);
    if (inserted === "template_gone") throw templateGone(input.template);
    const { id } = "existing" in inserted ? inserted.existing : inserted;
    void driver.drive(id);
    return this.#settled(call, id, input.wait_seconds);
  }

  async update(
    call: Call,
    input: Named & {
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly group_ids?: readonly string[] | undefined;
      readonly parameters?: Given | undefined;
      readonly template_version?: "latest" | undefined;
    },
  ): Promise<Space> {
    const row = await this.#finder.findOwn(call, input.space, "change");
    if (input.group_ids !== undefined) this.#finder.checkGroups(call, input.group_ids, row.group_ids);
    const refit = await this.#refit(row, input);
    const { name, description, group_ids } = input;
    const edited = await this.#deps.store.edit(
      row.id,
      { name, description, group_ids, ...refit, updated_at: this.#deps.now() },
      // also for those it is no longer shared with
      spaceEvent({ ...row, group_ids: [...row.group_ids, ...(group_ids ?? [])] }, "space.updated", "Changed", {
        fields: Object.keys(input).filter((key) => key !== "space"),
      }),
    );
    if (edited === "name_taken") throw nameTaken(name ?? row.name);
    if (edited === null) throw conflict(row.name, "being deleted", "cannot be changed any more");
    return this.#view(edited);
  }

  async start(call: Call, input: Waiting): Promise<Space> {
    const row = await this.#finder.find(call, input.space);
    if (row.state === "running") return this.#view(row);
    if (isTransient(row.state)) throw busy(row);
    await this.#launch(row);
    return this.#settled(call, row.id, input.wait_seconds);
  }

  async stop(call: Call, input: Waiting): Promise<Space> {
    const row = await this.#finder.find(call, input.space);
    if (row.state === "stopped") return this.#view(row);
    if (row.state === "stopping" || row.state === "deleting") throw busy(row);
    await this.#turn(row, { ...this.#stopping("Stopping"), desired: "stopped" }, "Asked to stop");
    return this.#settled(call, row.id, input.wait_seconds);
  }

  async restart(call: Call, input: Waiting): Promise<Space> {
    const row = await this.#finder.find(call, input.space);
    if (isTransient(row.state)) throw busy(row);
    if (row.state === "running") {
      await this.#deps.planner.plan(row);
      await this.#turn(row, { ...this.#stopping("Restarting"), desired: "running" }, "Asked to restart");
    } else await this.#launch(row);
    return this.#settled(call, row.id, input.wait_seconds);
  }

  /** Resolves when the space is gone, or to what it is when the wait ended first while the engine still works on it. */
  async delete(
    call: Call,
    input: Waiting & { readonly confirm: boolean; readonly force: boolean; readonly keep_volumes: boolean },
  ): Promise<{ readonly deleted: boolean; readonly space: Space | null }> {
    const { store, driver } = this.#deps;
    const row = await this.#finder.findOwn(call, input.space, "delete");
    if (!input.confirm) throw await this.#unconfirmed(row, input.keep_volumes);
    if (input.force) {
      const event = spaceEvent(row, "space.deleted", "Deleted with force; the engine is tidied up in the background");
      await store.forceDrop(row.id, input.keep_volumes, event, this.#deps.now());
      driver.changed(row.id);
      void driver.tidy(row.id);
      await driver.wait(row.id, input.wait_seconds * 1000, call.signal, call.report);
      return { deleted: true, space: null };
    }
    if (isTransient(row.state)) throw busy(row, "or delete it with force");
    await this.#removable(row);
    const deadline_at = this.#deps.now() + this.#deps.deadlines.delete;
    const intent = {
      state: "deleting",
      desired: "deleted",
      state_reason: "Deleting",
      step: null,
      deadline_at,
    } as const;
    await this.#turn(row, { ...intent, keep_volumes: input.keep_volumes }, "Asked to delete");
    await driver.wait(row.id, input.wait_seconds * 1000, call.signal, call.report);
    const left = await store.find(row.id);
    if (left?.state === "failed") throw failed(left);
    if (left !== null && input.wait_seconds > 0) await this.#removable(left);
    return { deleted: left === null, space: left === null ? null : this.#view(left) };
  }

  /** The timeline, newest first. */
  async events(call: Call, input: Named & PageRequest) {
    const row = await this.#finder.find(call, input.space);
    return pageOf<"events", Event>("events", await this.#deps.store.events(row.id, input));
  }

  /** What the main process printed last; also of a space that has ended, as long as its container exists. */
  async logs(call: Call, input: Named & { readonly lines: number; readonly max_output_bytes: number }) {
    const row = await this.#finder.find(call, input.space);
    const text = await this.#runtime(row.runtime).logs(targetOf(row), input.lines, call.signal);
    return newestLines(text, input.max_output_bytes);
  }

  /** For the rooms that work inside a space. Throws `not_found`, or `conflict` when it does not run. */
  async running(call: Call, ref: string): Promise<RunningSpace> {
    const row = await this.#finder.find(call, ref);
    if (row.state !== "running") {
      const advice = isTransient(row.state) ? "wait until it runs" : "start it with start_space";
      throw new Problem("conflict", `Space "${row.name}" is ${row.state}; ${advice}.`, { extra: { state: row.state } });
    }
    const { id, name, working_dir, user } = row;
    return { id, name, working_dir, user, target: targetOf(row), runtime: this.#runtime(row.runtime) };
  }

  /** Removes what is left in the engine of a space, or of one that is gone; does not wait. */
  tidy(space_id: string): void {
    void this.#deps.driver.tidy(space_id);
  }

  /** Where secrets stand in what `create` and `update` take. */
  secretFields(call: Call, input: { readonly template: string } | { readonly space: string }) {
    return secretFields({ templates: this.#deps.templates, finder: this.#finder }, call, input);
  }

  /** How many spaces a user owns: a user who has any cannot be deleted. */
  async countOf(user_id: string): Promise<number> {
    const viewer = { user_id, group_ids: [], all: false };
    return (await this.#deps.store.list({ viewer }, { limit: 1 })).total;
  }

  async #newSpace(call: Call, input: Parameters<Spaces["create"]>[1]): Promise<NewSpace> {
    const { templates, planner, now, deadlines } = this.#deps;
    const template = await templates.choose(call, input.template);
    const made = { template_id: template.id, template_version: template.version };
    const filled = await templates.fill(made, input.parameters);
    const id = randomUUID();
    const { user_id, username } = call.principal;
    const base = {
      ...{ id, user_id, username, name: input.name, description: input.description, group_ids: input.group_ids },
      ...{ ...made, parameters: filled.parameters, secrets: this.#seal(id, filled.secrets) },
    };
    const time = now();
    return {
      ...base,
      ...(await planner.plan(base)),
      ...{ state: "creating", state_reason: "Preparing", desired: input.start ? "running" : "stopped", step: null },
      ...{ deadline_at: time + deadlines.create, generation: 1, health: null, keep_volumes: false },
      ...{ idempotency_key: call.idempotency_key ?? null, created_at: time, updated_at: time },
    };
  }

  async #refit(row: SpaceRow, input: { parameters?: Given | undefined; template_version?: "latest" | undefined }) {
    if (input.parameters === undefined && input.template_version === undefined) return {};
    if (isTransient(row.state)) throw busy(row);
    const template_version = input.template_version === "latest" ? row.template_latest : row.template_version;
    const version = { template_id: row.template_id, template_version };
    const before = { parameters: row.parameters, secrets: Object.keys(row.secrets) };
    const filled = await this.#deps.templates.fill(version, withoutMasks(input.parameters ?? {}, row), before);
    const kept = Object.entries(row.secrets).filter(([name]) => filled.kept.includes(name));
    const secrets = { ...Object.fromEntries(kept), ...this.#seal(row.id, filled.secrets) };
    const { parameters } = filled;
    // what would not start is refused now, not at the next start
    await this.#deps.planner.plan({ ...row, template_version, parameters, secrets });
    return { parameters, secrets, template_version };
  }

  async #launch(row: SpaceRow): Promise<void> {
    const { planner, now, deadlines } = this.#deps;
    const plan = await planner.plan(row);
    await this.#reachable(plan.runtime);
    const admit = await planner.admission(row.user_id, plan, true);
    await this.#turn(row, { ...launch(row, plan), deadline_at: now() + deadlines.start }, "Asked to start", admit);
  }

  #stopping(state_reason: string) {
    const deadline_at = this.#deps.now() + this.#deps.deadlines.stop;
    return { state: "stopping", state_reason, step: null, health: null, deadline_at } as const;
  }

  /** The compare-and-set is the lock: of all who want something of the space in this state, one gets it. */
  async #turn(
    row: SpaceRow,
    change: Omit<StateChange, "updated_at">,
    message: string,
    admit?: Parameters<SpaceStore["commit"]>[3],
  ): Promise<void> {
    const { store, driver, now } = this.#deps;
    const full = { ...change, updated_at: now() };
    const next = await store.commit(row, full, stateEvent(row, change, message), admit);
    if (next === null) throw busy((await store.find(row.id)) ?? { name: row.name, state: "gone" });
    driver.changed(row.id);
  }

  async #settled(call: Call, id: string, wait_seconds: number): Promise<Space> {
    const { store, driver } = this.#deps;
    await driver.wait(id, wait_seconds * 1000, call.signal, call.report);
    const row = await store.find(id);
    if (row === null) throw new Problem("not_found", "The space was deleted meanwhile.");
    if (row.state === "failed") throw failed(row);
    return this.#view(row);
  }

  async #unconfirmed(row: SpaceRow, keep_volumes: boolean): Promise<Problem> {
    const volumes = keep_volumes ? [] : await this.#deps.store.volumesOf(row.id);
    const named = volumes.map(({ name, path }) => `${name} (${path})`).join(", ");
    const lost = volumes.length === 0 ? "" : ` and its volumes ${named} with all files in them`;
    const kept = keep_volumes ? " Its volumes stay." : "";
    return new Problem(
      "confirmation_required",
      `Deleting space "${row.name}" (${row.state}) removes its container${lost}. This cannot be undone.${kept} Repeat with confirm set to true.`,
      { extra: { volumes: volumes.map(({ name }) => name) } },
    );
  }

  /** Refuses at once when the engine is away, instead of accepting what would fail later. */
  async #reachable(name: string): Promise<void> {
    const runtime = this.#runtime(name);
    const limit = { what: `Asking the runtime "${name}"`, ms: this.#deps.deadlines.inspect, signal: noAbort };
    try {
      await within(limit, (signal) => runtime.check(signal));
    } catch (cause) {
      if (cause instanceof Problem && cause.code !== "timed_out") throw cause;
      const advice = "Try again shortly, or ask an administrator to look at it.";
      throw new Problem("runtime_unavailable", `The runtime "${name}" does not answer. ${advice}`, { cause });
    }
  }

  /** Throws with the way out when the engine that would have to remove the space is away. */
  async #removable(row: SpaceRow): Promise<void> {
    try {
      await this.#reachable(row.runtime);
    } catch (cause) {
      const { code, message } = problemOf(cause);
      throw new Problem(code, `Space "${row.name}" is not deleted. ${message} Or delete it ${byForce}.`, { cause });
    }
  }

  #runtime(name: string): Runtime {
    const runtime = this.#deps.runtimes.get(name);
    if (runtime !== undefined) return runtime;
    throw new Problem(
      "runtime_unavailable",
      `This needs the runtime "${name}", which is not set up on this server. Use another template, or ask an administrator.`,
    );
  }

  #seal(id: string, secrets: Readonly<Record<string, string>>): Record<string, string> {
    const sealed = Object.entries(secrets).map(([name, value]) => [
      name,
      this.#deps.vault.seal(secretPlace(id, name), value),
    ]);
    return Object.fromEntries(sealed);
  }

  #view(row: SpaceRow): Space {
    const { runtimes, silentSince } = this.#deps;
    return viewOf(row, runtimes.get(row.runtime), silentSince(row.runtime));
  }
}

const conflict = (name: string, state: string, why: string) =>
  new Problem("conflict", `Space "${name}" is ${state}; it ${why}.`, { extra: { state } });

const busy = (row: { readonly name: string; readonly state: string }, or = "") =>
  new Problem(
    "conflict",
    `Space "${row.name}" is ${row.state}. Wait until it has settled${or && `, ${or}`}, and try again.`,
    {
      extra: { state: row.state },
    },
  );

const nameTaken = (name: string) =>
  new Problem("conflict", `The owner has a space named "${name}" already. Choose another name.`);

const templateGone = (ref: string) =>
  new Problem("not_found", `Template "${ref}" was deleted meanwhile. list_templates shows which there are.`);

const failed = (row: SpaceRow) =>
  new Problem("runtime_failed", `Space "${row.name}" failed: ${row.state_reason}`, {
    extra: { space: { id: row.id, name: row.name, state: row.state } },
  });
