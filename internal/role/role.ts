import { randomUUID } from "node:crypto";
import type { NewEvent } from "../event/schema.ts";
import type { Call } from "../operation/call.ts";
import { type PageRequest, pageOf, pageWithin } from "../operation/page.ts";
import { type Permission, permissionNames, permissions } from "../operation/permission.ts";
import { lacking } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import { builtInRole, builtInRoles } from "./built-in.ts";
import type { Role } from "./schema.ts";

type CustomRole = Omit<Role, "built_in">;

/** Where the roles that people made live. Each change is one transaction that also stores its event. */
export interface RoleStore {
  /** All of them, sorted by name. */
  all(): Promise<readonly CustomRole[]>;
  insert(role: CustomRole, event: NewEvent): Promise<"created" | "taken">;
  update(role: CustomRole, event: NewEvent): Promise<"updated" | "taken" | null>;
  /** Takes the role from everybody who holds it. */
  delete(id: string, event: NewEvent): Promise<boolean>;
  /** How many users hold the role. */
  holders(id: string): Promise<number>;
}

export type RoleInput = { readonly name: string; readonly description: string; readonly permissions: Permission[] };
type Change = { readonly [Field in keyof RoleInput]?: RoleInput[Field] | undefined };

/** Roles: named sets of permissions. Nobody can put more into a role than they hold themselves. */
export class Roles {
  readonly #store: RoleStore;
  readonly #now: () => number;

  constructor(deps: { readonly store: RoleStore; readonly now: () => number }) {
    this.#store = deps.store;
    this.#now = deps.now;
  }

  async list(page: PageRequest) {
    return pageOf(
      "roles",
      pageWithin(await this.#all(), ({ id }) => id, page),
    );
  }

  async get(ref: string): Promise<Role> {
    const [role] = await this.resolve([ref]);
    return role as Role;
  }

  /** The roles with these names or ids, each once; `not_found` names the first that does not exist. */
  async resolve(refs: readonly string[]): Promise<readonly Role[]> {
    const all = refs.every((ref) => builtInRole(ref) !== undefined) ? builtInRoles : await this.#all();
    const found = refs.map((ref) => {
      const role = all.find(({ id, name }) => id === ref || name === ref);
      if (role !== undefined) return role;
      throw new Problem("not_found", `There is no role "${ref}". list_roles shows the ones there are.`);
    });
    return [...new Set(found)];
  }

  async create(call: Call, input: RoleInput): Promise<Role> {
    refuseWidening(call, input.permissions);
    const now = this.#now();
    const role = {
      id: randomUUID(),
      ...input,
      permissions: [...new Set(input.permissions)],
      created_at: now,
      updated_at: now,
    };
    const created =
      builtInRole(role.name) === undefined && (await this.#store.insert(role, event(call, "role.created", role)));
    if (created !== "created") throw taken(role.name);
    return { ...role, built_in: false };
  }

  async update(call: Call, ref: string, change: Change): Promise<Role> {
    const before = await this.#custom(ref);
    refuseWidening(call, before.permissions);
    refuseWidening(call, change.permissions ?? []);
    const { built_in: _, ...role } = {
      ...before,
      name: change.name ?? before.name,
      description: change.description ?? before.description,
      permissions: [...new Set(change.permissions ?? before.permissions)],
      updated_at: this.#now(),
    };
    const updated =
      builtInRole(role.name) === undefined && (await this.#store.update(role, event(call, "role.updated", role)));
    if (updated === null) throw gone(ref);
    if (updated !== "updated") throw taken(role.name);
    return { ...role, built_in: false };
  }

  async delete(call: Call, ref: string, confirm: boolean): Promise<void> {
    const role = await this.#custom(ref);
    refuseWidening(call, role.permissions);
    if (!confirm) {
      const holders = await this.#store.holders(role.id);
      throw new Problem(
        "confirmation_required",
        `Deleting role "${role.name}" takes it from ${holders} ${holders === 1 ? "user" : "users"}. Set confirm to true to do it.`,
      );
    }
    if (!(await this.#store.delete(role.id, event(call, "role.deleted", role)))) throw gone(ref);
  }

  async listPermissions() {
    const items = permissionNames.map((name): { name: Permission; description: string } => ({
      name,
      description: permissions[name],
    }));
    return pageOf("permissions", { items, total: items.length, next: null });
  }

  async #all(): Promise<readonly Role[]> {
    const custom = await this.#store.all();
    return [...builtInRoles, ...custom.map((role) => ({ ...role, built_in: false }))];
  }

  async #custom(ref: string): Promise<Role> {
    const role = await this.get(ref);
    if (!role.built_in) return role;
    throw new Problem(
      "conflict",
      `Role "${role.name}" comes with knot and stays as it is. Create a role of your own instead.`,
    );
  }
}

function refuseWidening(call: Call, wanted: readonly Permission[]): void {
  const missing = lacking(call.principal, wanted);
  if (missing.length === 0) return;
  throw new Problem(
    "forbidden",
    `You do not hold ${missing.map((name) => `"${name}"`).join(", ")} yourself, so you cannot create, change or delete a role that allows it. Ask someone with the role "admin".`,
  );
}

const taken = (name: string) => new Problem("conflict", `There is a role "${name}" already. Choose another name.`);

const gone = (ref: string) =>
  new Problem("not_found", `There is no role "${ref}". list_roles shows the ones there are.`);

const event = (call: Call, type: string, role: CustomRole): NewEvent => ({
  type,
  subject_kind: "role",
  subject_id: role.id,
  user_id: call.principal.user_id,
  message: `Role "${role.name}" was ${type.slice("role.".length)}`,
  data: { name: role.name },
});
