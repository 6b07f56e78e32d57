import { randomUUID } from "node:crypto";
import type { NewEvent } from "../event/schema.ts";
import type { Call } from "../operation/call.ts";
import { type Page, type PageRequest, pageOf } from "../operation/page.ts";
import { may } from "../operation/principal.ts";
import { changedQuota, noQuota, type QuotaChange } from "../operation/quota.ts";
import { Problem } from "../problem/problem.ts";
import type { Group, GroupMember } from "./schema.ts";

type StoredGroup = Omit<Group, "member_count">;

/** Where groups live. Each change is one transaction that also stores its event. */
export interface GroupStore {
  /** Sorted by name; `memberId` narrows to the groups of one user. */
  list(page: PageRequest & { readonly memberId?: string | undefined }): Promise<Page<Group>>;
  /** By id or name. */
  find(ref: string): Promise<Group | null>;
  members(id: string): Promise<readonly GroupMember[]>;
  insert(group: StoredGroup, event: NewEvent): Promise<"created" | "taken">;
  update(group: StoredGroup, event: NewEvent): Promise<"updated" | "taken" | null>;
  delete(id: string, event: NewEvent): Promise<boolean>;
  /** False when the user is in it already. */
  addMember(id: string, userId: string, event: NewEvent): Promise<boolean>;
  /** False when the user is not in it. */
  removeMember(id: string, userId: string, event: NewEvent): Promise<boolean>;
}

/** What groups need to know of users: the one with this name or id. */
export interface UserDirectory {
  find(ref: string): Promise<{ readonly id: string; readonly username: string } | null>;
}

export type GroupsDeps = {
  readonly store: GroupStore;
  readonly users: UserDirectory;
  readonly now: () => number;
};

type Input = { readonly name: string; readonly description: string; readonly quota?: QuotaChange | undefined };
type Change = {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly quota?: QuotaChange | undefined;
};

/** Groups: whom things are shared with, and limits for many users at once. Members see their own groups. */
export class Groups {
  readonly #deps: GroupsDeps;

  constructor(deps: GroupsDeps) {
    this.#deps = deps;
  }

  async list(call: Call, page: PageRequest) {
    const memberId = seesAll(call) ? undefined : call.principal.user_id;
    return pageOf("groups", await this.#deps.store.list({ ...page, memberId }));
  }

  async get(call: Call, ref: string): Promise<{ group: Group; members: GroupMember[] }> {
    const group = await this.#find(ref);
    if (!seesAll(call) && !call.principal.group_ids.includes(group.id)) throw gone(ref);
    return { group, members: [...(await this.#deps.store.members(group.id))] };
  }

  async create(call: Call, input: Input): Promise<Group> {
    const now = this.#deps.now();
    const group = {
      id: randomUUID(),
      name: input.name,
      description: input.description,
      quota: changedQuota(noQuota, input.quota ?? {}),
      created_at: now,
      updated_at: now,
    };
    const created = await this.#deps.store.insert(group, event(call, "group.created", group));
    if (created === "taken") throw taken(group.name);
    return { ...group, member_count: 0 };
  }

  async update(call: Call, ref: string, change: Change): Promise<Group> {
    const { member_count, ...before } = await this.#find(ref);
    const group = {
      ...before,
      name: change.name ?? before.name,
      description: change.description ?? before.description,
      quota: changedQuota(before.quota, change.quota ?? {}),
      updated_at: this.#deps.now(),
    };
    const updated = await this.#deps.store.update(group, event(call, "group.updated", group));
    if (updated === "taken") throw taken(group.name);
    if (updated === null) throw gone(ref);
    return { ...group, member_count };
  }

  async delete(call: Call, ref: string, confirm: boolean): Promise<void> {
    const group = await this.#find(ref);
    if (!confirm) {
      const members = `${group.member_count} ${group.member_count === 1 ? "member" : "members"}`;
      throw new Problem(
        "confirmation_required",
        `Deleting group "${group.name}" takes its ${members} away from what is shared with it, and its limits from them. Set confirm to true to do it.`,
      );
    }
    if (!(await this.#deps.store.delete(group.id, event(call, "group.deleted", group)))) throw gone(ref);
  }

  /** Adding someone who is in the group already changes nothing. */
  async addMember(_call: Call, ref: string, userRef: string): Promise<Group> {
    const group = await this.#find(ref);
    const user = await this.#user(userRef);
    await this.#deps.store.addMember(group.id, user.id, memberEvent("added to", group, user));
    return this.#find(group.id);
  }

  /** Removing someone who is not in the group changes nothing. */
  async removeMember(_call: Call, ref: string, userRef: string): Promise<Group> {
    const group = await this.#find(ref);
    const user = await this.#user(userRef);
    await this.#deps.store.removeMember(group.id, user.id, memberEvent("removed from", group, user));
    return this.#find(group.id);
  }

  async #find(ref: string): Promise<Group> {
    const group = await this.#deps.store.find(ref);
    if (group === null) throw gone(ref);
    return group;
  }

  async #user(ref: string) {
    const user = await this.#deps.users.find(ref);
    if (user === null) throw new Problem("not_found", `There is no user "${ref}".`);
    return user;
  }
}

const seesAll = ({ principal }: Call) => may(principal, "groups.manage") || may(principal, "users.manage");

const taken = (name: string) => new Problem("conflict", `There is a group "${name}" already. Choose another name.`);

const gone = (ref: string) =>
  new Problem("not_found", `There is no group "${ref}". list_groups shows the ones you may see.`);

// It concerns the one who did it; the members learn of it when they look
const event = (call: Call, type: string, group: StoredGroup): NewEvent => ({
  type,
  subject_kind: "group",
  subject_id: group.id,
  user_id: call.principal.user_id,
  message: `Group "${group.name}" was ${type.slice("group.".length)}`,
  data: { name: group.name },
});

const memberEvent = (what: "added to" | "removed from", group: Group, user: { id: string; username: string }) => ({
  type: what === "added to" ? "group.member_added" : "group.member_removed",
  subject_kind: "group",
  subject_id: group.id,
  user_id: user.id,
  message: `${user.username} was ${what} group "${group.name}"`,
  data: { name: group.name, user_id: user.id },
});
