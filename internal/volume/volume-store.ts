import type { NewEvent } from "../event/schema.ts";
import type { Page, PageRequest } from "../operation/page.ts";

export type VolumeRow = {
  /** The engine's name. */
  readonly id: string;
  readonly space_id: string;
  readonly space_name: string;
  /** Null when the space is gone. */
  readonly space_state: string | null;
  readonly user_id: string;
  readonly username: string;
  readonly runtime: "docker" | "process";
  readonly name: string;
  readonly path: string;
  readonly attached: boolean;
  readonly reserved_bytes: number;
  readonly created_at: number;
};

export type VolumeFilter = {
  readonly viewer: { readonly user_id: string; readonly all: boolean };
  /** Name or id of a space. */
  readonly space?: string | undefined;
};

/** Where volumes are known. A volume is removed in the engine by a cleanup that is stored with its row's end. */
export interface VolumeStore {
  list(filter: VolumeFilter, page: PageRequest): Promise<Page<VolumeRow>>;
  find(id: string): Promise<VolumeRow | null>;
  /**
   * Forgets the volume and leaves a cleanup; of a stopped space the container is given up too, since it holds the
   * volume. `busy` when the space that uses it is neither stopped nor failed.
   */
  delete(id: string, event: NewEvent, now: number): Promise<"deleted" | "busy" | null>;
}
