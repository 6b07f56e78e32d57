import type { Call } from "../operation/call.ts";
import type { SpaceSpec } from "./runtime.ts";
import type { ParameterValue, PlannedVolume, RuntimeName } from "./space-store.ts";

/** For whom a template is filled in. `secrets` are values as they should stand in the environment. */
export type Occasion = {
  readonly space_id: string;
  readonly space_name: string;
  readonly user: { readonly id: string; readonly username: string; readonly email: string };
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly secrets: Readonly<Record<string, string>>;
};

export type Compiled = {
  readonly runtime: RuntimeName;
  readonly spec: SpaceSpec;
  readonly volumes: readonly PlannedVolume[];
};

export type Filled = {
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Plain values of secret parameters that were given now. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Names of secrets that keep the value they have. */
  readonly kept: readonly string[];
};

/** What spaces need of templates. */
export interface SpaceTemplates {
  /** The newest version of a template this caller may use; `not_found` otherwise. */
  choose(call: Call, ref: string): Promise<{ readonly id: string; readonly name: string; readonly version: number }>;
  /** Checks the given values against the version's parameters; what is left out keeps its value or takes the default. */
  fill(
    template: { readonly template_id: string; readonly template_version: number },
    given: Readonly<Record<string, unknown>>,
    before?: { readonly parameters: Readonly<Record<string, ParameterValue>>; readonly secrets: readonly string[] },
  ): Promise<Filled>;
  /** The names of the version's secret parameters. */
  secretsOf(template: { readonly template_id: string; readonly template_version: number }): Promise<readonly string[]>;
  compile(
    template: { readonly template_id: string; readonly template_version: number },
    occasion: Occasion,
  ): Promise<Compiled>;
}

/** Limits that count for a user; null is unlimited. */
export type Limits = {
  readonly spaces: number | null;
  readonly cpus: number | null;
  readonly memory_bytes: number | null;
  readonly storage_bytes: number | null;
};

export interface Quotas {
  limitsOf(user_id: string): Promise<Limits>;
}

/** What a template may say about the owner of a space. */
export interface Owners {
  /** Null when there is no address, or no such user. */
  emailOf(user_id: string): Promise<string | null>;
}

/** Seals and opens secret parameters; Vault fits. */
export interface Sealer {
  seal(place: string, plaintext: string): string;
  open(place: string, sealed: string): string;
}
