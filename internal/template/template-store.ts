import type { NewEvent } from "../event/schema.ts";
import type { Page, PageRequest } from "../operation/page.ts";
import type { Danger } from "./rules.ts";
import type { Summary } from "./schema.ts";

export type TemplateRow = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly icon: string | null;
  readonly active: boolean;
  readonly group_ids: readonly string[];
  readonly version: number;
  /** Of the newest version. */
  readonly spec: string;
  readonly summary: Summary;
  readonly allowed: readonly Danger[];
  readonly created_at: number;
  readonly updated_at: number;
};

export type VersionRow = {
  readonly template_id: string;
  readonly template_name: string;
  readonly version: number;
  readonly spec: string;
  readonly summary: Summary;
  readonly allowed: readonly Danger[];
  /** User name of the author. */
  readonly created_by: string;
  readonly created_at: number;
};

export type NewVersion = Pick<VersionRow, "spec" | "summary" | "allowed" | "created_by">;

export type TemplateChange = {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly icon?: string | null | undefined;
  readonly active?: boolean | undefined;
  readonly group_ids?: readonly string[] | undefined;
  /** A new version. */
  readonly version?: NewVersion | undefined;
  /** Replaces what the newest version is allowed; what is taken away is taken from the older ones too. */
  readonly allowed?: readonly Danger[] | undefined;
  readonly updated_at: number;
};

export type TemplateFilter = {
  /** `all` also sees inactive templates and those of other groups. */
  readonly viewer: { readonly group_ids: readonly string[]; readonly all: boolean };
  readonly query?: string | undefined;
};

/** Where templates live. Every method that changes something is one transaction with its event. */
export interface TemplateStore {
  list(filter: TemplateFilter, page: PageRequest): Promise<Page<TemplateRow>>;
  /** By id or name. */
  find(ref: string): Promise<TemplateRow | null>;
  version(template_id: string, version: number): Promise<VersionRow | null>;
  versions(template_id: string, page: PageRequest): Promise<Page<VersionRow>>;
  insert(
    template: Omit<TemplateRow, "version"> & { created_by: string },
    event: NewEvent,
  ): Promise<TemplateRow | "name_taken">;
  /** `changed` when a newer version appeared meanwhile; null when the template is gone. */
  update(
    row: Pick<TemplateRow, "id" | "version">,
    change: TemplateChange,
    event: NewEvent,
  ): Promise<TemplateRow | "name_taken" | "changed" | null>;
  /** Resolves to how many spaces use it when it cannot go. */
  delete(id: string, event: NewEvent): Promise<"deleted" | { used_by: number } | null>;
  /** True for the first caller ever with this name. */
  reach(milestone: string, now: number): Promise<boolean>;
}
