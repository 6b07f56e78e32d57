import { hashOf } from "../operation/schema.ts";
import type { Compiled, Owners, Quotas, Sealer, SpaceTemplates } from "./ports.ts";
import { admission } from "./quota.ts";
import type { SpaceSpec } from "./runtime.ts";
import type { Admission, Plan, SpaceRow } from "./space-store.ts";

export type PlannerDeps = {
  readonly templates: Pick<SpaceTemplates, "compile">;
  readonly quotas: Quotas;
  readonly owners: Owners;
  readonly vault: Sealer;
};

/** What a plan is made for. */
export type Planned = Pick<
  SpaceRow,
  "id" | "name" | "user_id" | "username" | "template_id" | "template_version" | "parameters" | "secrets"
>;

/** Turns the template and the parameters of a space into what is stored, counted and given to the runtime. */
export class Planner {
  readonly #deps: PlannerDeps;

  constructor(deps: PlannerDeps) {
    this.#deps = deps;
  }

  /** Throws when the template does not compile with these parameters. Holds no secret: sealed values stand for them. */
  async plan(space: Planned): Promise<Plan> {
    const { runtime, spec, volumes } = await this.#compile(space, space.secrets);
    return {
      template_id: space.template_id,
      template_version: space.template_version,
      runtime,
      // a new name is no reason to make the container anew
      spec_hash: hashOf([runtime, { ...spec, hostname: "" }]),
      image: spec.image,
      ports: spec.ports,
      volumes,
      memory_bytes: spec.memory_bytes,
      cpus: spec.cpus,
      storage_bytes: volumes.reduce((sum, { reserved_bytes }) => sum + reserved_bytes, 0),
      working_dir: spec.working_dir,
      user: spec.user,
      checks_health: spec.health !== null,
    };
  }

  /** What the runtime gets, secrets included: never stored, never logged. */
  async spec(space: Planned): Promise<SpaceSpec> {
    const opened = Object.entries(space.secrets).map(([name, sealed]) => [
      name,
      this.#deps.vault.open(secretPlace(space.id, name), sealed),
    ]);
    return (await this.#compile(space, Object.fromEntries(opened))).spec;
  }

  /** Checked inside the transaction that lets the space exist or run. */
  async admission(user_id: string, plan: Plan, runs: boolean): Promise<Admission> {
    return admission(await this.#deps.quotas.limitsOf(user_id), plan, runs);
  }

  async #compile(space: Planned, secrets: Readonly<Record<string, string>>): Promise<Compiled> {
    const { templates, owners } = this.#deps;
    const email = (await owners.emailOf(space.user_id)) ?? "";
    return templates.compile(space, {
      space_id: space.id,
      space_name: space.name,
      user: { id: space.user_id, username: space.username, email },
      parameters: space.parameters,
      secrets,
    });
  }
}

/** Where a sealed parameter stands; it opens nowhere else. */
export const secretPlace = (space_id: string, name: string): string => `spaces/${space_id}/secrets/${name}`;
