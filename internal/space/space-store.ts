import type { Event, NewEvent } from "../event/schema.ts";
import type { Page, PageRequest } from "../operation/page.ts";
import type { PortSpec, Runtime } from "./runtime.ts";
import type { Space } from "./schema.ts";

export type SpaceState = Space["state"];
export type Desired = Space["desired"];
export type RuntimeName = Runtime["name"];
/** What the engine is asked to do now; each has its own deadline. */
export type Step = "pull" | "create" | "start" | "stop" | "delete";
export type ParameterValue = string | number | boolean;

/** A volume as a template names it, with the engine's name for this space. */
export type PlannedVolume = {
  readonly volume: string;
  readonly name: string;
  readonly path: string;
  readonly reserved_bytes: number;
};

/** What a template comes to for one space, without anything secret: what is stored, counted and shown. */
export type Plan = {
  readonly template_id: string;
  readonly template_version: number;
  readonly runtime: RuntimeName;
  /** Changes when the container has to be made anew. */
  readonly spec_hash: string;
  readonly image: string;
  readonly ports: readonly PortSpec[];
  readonly volumes: readonly PlannedVolume[];
  readonly memory_bytes: number;
  readonly cpus: number;
  readonly storage_bytes: number;
  readonly working_dir: string | null;
  readonly user: string | null;
  /** Whether the template has a health check. */
  readonly checks_health: boolean;
};

export type SpaceRow = Plan & {
  readonly id: string;
  readonly user_id: string;
  readonly username: string;
  readonly name: string;
  readonly description: string;
  readonly template_name: string;
  readonly template_latest: number;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Sealed values of the secret parameters; their place is `spaces/<id>/secrets/<name>`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly state: SpaceState;
  readonly state_reason: string;
  readonly desired: Desired;
  readonly step: Step | null;
  readonly deadline_at: number | null;
  /** The container's number: its name is `kn-<id>-<generation>`. */
  readonly generation: number;
  /** Grows with every change of state; the compare-and-set works on it. */
  readonly revision: number;
  readonly health: Space["health"];
  readonly keep_volumes: boolean;
  readonly idempotency_key: string | null;
  readonly group_ids: readonly string[];
  readonly created_at: number;
  readonly updated_at: number;
  readonly started_at: number | null;
};

export type NewSpace = Omit<SpaceRow, "template_name" | "template_latest" | "revision" | "started_at">;

/** What a change of state may set; what is left out stays. */
export type StateChange = Partial<
  Pick<
    SpaceRow,
    | "state"
    | "state_reason"
    | "desired"
    | "step"
    | "deadline_at"
    | "generation"
    | "health"
    | "keep_volumes"
    | "started_at"
  >
> & {
  readonly updated_at: number;
  /** The space is started with this: volumes are attached and detached accordingly. */
  readonly plan?: Plan | undefined;
};

export type SpaceEdit = {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly group_ids?: readonly string[] | undefined;
  readonly parameters?: Readonly<Record<string, ParameterValue>> | undefined;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly template_version?: number | undefined;
  readonly updated_at: number;
};

/** What the spaces of a user take: count and storage of all, CPU and memory of those that run or start. */
export type Usage = {
  readonly spaces: number;
  readonly cpus: number;
  readonly memory_bytes: number;
  readonly storage_bytes: number;
};

/** Throws `quota_exceeded` when this use, by the user's other spaces, leaves no room. Runs inside the transaction. */
export type Admission = (others: Usage) => void;

/** Something the engine still has to remove. */
export type Cleanup = {
  readonly id: string;
  readonly kind: "container" | "volume";
  readonly runtime: RuntimeName;
  readonly space_id: string;
  readonly user_id: string;
  readonly generation: number;
  readonly volume: string | null;
  readonly attempts: number;
  readonly next_at: number;
};

/** Who asks: whose own spaces, shared through which groups, or everybody's. */
export type Viewer = { readonly user_id: string; readonly group_ids: readonly string[]; readonly all: boolean };

export type SpaceFilter = {
  readonly viewer: Viewer;
  readonly query?: string | undefined;
  readonly state?: SpaceState | undefined;
  readonly owner?: string | undefined;
};

/** What the reconciler compares with what the engine lists. */
export type SweepRow = Pick<
  SpaceRow,
  "id" | "runtime" | "state" | "desired" | "generation" | "health" | "deadline_at" | "user_id"
>;

/** What the volumes of a space reserve together. */
export type Reservation = Pick<SpaceRow, "id" | "storage_bytes"> & {
  /** The engine's names of them. */
  readonly volumes: readonly string[];
};

/** Where spaces live. Every method that changes something is one transaction with its event. */
export interface SpaceStore {
  list(filter: SpaceFilter, page: PageRequest): Promise<Page<SpaceRow>>;
  find(id: string): Promise<SpaceRow | null>;
  /** Every space of this name; of one owner when `username` is given. */
  named(name: string, username?: string): Promise<readonly SpaceRow[]>;
  /** The space that this owner's call with this key has made. */
  byKey(user_id: string, key: string): Promise<SpaceRow | null>;
  /** `existing` when the owner's call with this key has made a space already. */
  insert(
    space: NewSpace,
    event: NewEvent,
    admit: Admission,
  ): Promise<SpaceRow | "name_taken" | "template_gone" | { existing: SpaceRow }>;
  /** The compare-and-set: null when the space is gone or its revision is another. A new generation leaves a cleanup of the old one. */
  commit(
    row: Pick<SpaceRow, "id" | "revision">,
    change: StateChange,
    event: NewEvent,
    admit?: Admission,
  ): Promise<SpaceRow | null>;
  /** Says how far a step is, without a new revision; false when the space has moved on. */
  progress(row: Pick<SpaceRow, "id" | "revision">, reason: string, event: NewEvent): Promise<boolean>;
  /** Null when the space is gone or being deleted. */
  edit(id: string, edit: SpaceEdit, event: NewEvent): Promise<SpaceRow | "name_taken" | null>;
  /** Removes the row of a space whose container is gone; kept volumes are detached, the rest forgotten. */
  drop(row: Pick<SpaceRow, "id" | "revision">, event: NewEvent): Promise<boolean>;
  /** Removes the row at once and leaves cleanups for its container and, unless kept, its volumes. */
  forceDrop(id: string, keep_volumes: boolean, event: NewEvent, now: number): Promise<boolean>;
  sweep(runtime: RuntimeName): Promise<readonly SweepRow[]>;
  /** Cleanups of one space, or those that are due. */
  cleanups(which: { space_id: string } | { runtime: RuntimeName; due_at: number }): Promise<readonly Cleanup[]>;
  cleaned(id: string): Promise<void>;
  cleanupFailed(id: string, error: string, next_at: number): Promise<void>;
  /** The engine's names of all volumes of a runtime that a row or a cleanup knows. */
  knownVolumes(runtime: RuntimeName): Promise<readonly string[]>;
  /** Spaces of a runtime with the volumes they have. */
  reservations(runtime: RuntimeName): Promise<readonly Reservation[]>;
  /** Adds an event to a timeline without changing anything. */
  note(event: NewEvent): Promise<void>;
  /** Volumes of a space: what deleting it would lose. */
  volumesOf(space_id: string): Promise<readonly PlannedVolume[]>;
  events(space_id: string, page: PageRequest): Promise<Page<Event>>;
}
