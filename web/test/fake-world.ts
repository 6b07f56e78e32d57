import { randomUUID } from "node:crypto";
import type { Approval, ApprovalPolicy } from "../../internal/approval/schema.ts";
import type { Event } from "../../internal/event/schema.ts";
import { permissionNames } from "../../internal/operation/permission.ts";
import { Problem } from "../../internal/problem/problem.ts";
import type { Space } from "../../internal/space/schema.ts";
import type { Token } from "../../internal/token/schema.ts";
import type { Volume } from "../../internal/volume/schema.ts";
import { approval, integration, space, template } from "./builders.ts";

export type World = ReturnType<typeof createWorld>;

const day = 86_400_000;

/** One user's daemon, in memory: enough behaviour that every page has something true to show. */
export function createWorld(stepMs: number) {
  const listeners = new Set<(event: Event) => void>();
  const events: Event[] = [];
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const world = {
    setupToken: randomUUID(),
    password: null as string | null,
    user: { id: randomUUID(), username: "admin", email: null as string | null },
    sessions: new Map<string, { agent: string; at: number }>(),
    spaces: new Map<string, Space>(),
    tokens: new Map<string, Token>(),
    approvals: new Map<string, Approval>(),
    /** The open event streams, to break them. */
    streams: new Set<{ destroy: () => void }>(),
    policies: [] as ApprovalPolicy[],
    volumes: [] as Volume[],
    mcpEnabled: true,
    integrations: [
      integration(),
      integration({
        namespace: "search",
        status: "failed",
        tools: 0,
        error: "It answered 401. Renew its token in knot.toml.",
      }),
    ],
    templates: [template()],
    permissions: [...permissionNames] as string[],
    events,
    seq: () => events.length,
    listen: (listener: (event: Event) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emit: (type: string, id: string, message: string, data: Record<string, unknown> = {}) => {
      const subject_kind = type.split(".")[0] as string;
      const event = {
        seq: events.length + 1,
        at: Date.now(),
        type,
        subject_kind,
        subject_id: id,
        user_id: null,
        message,
        data,
      };
      events.push(event);
      for (const listener of listeners) listener(event);
    },
    openSession: (agent: string) => {
      const id = randomUUID();
      world.sessions.set(id, { agent, at: Date.now() });
      return id;
    },
    signedIn: (session: string) => {
      if (!world.sessions.has(session)) throw new Problem("unauthenticated", "Sign in first.");
    },
    setUp: ({ token, username = "", password = "", email }: Record<string, string>) => {
      if (world.password !== null) throw new Problem("conflict", "There is an administrator already. Sign in.");
      if (token !== world.setupToken)
        throw new Problem("forbidden", "This link is not valid. Take the one the daemon printed last.");
      if (password.length < 12) throw field("/password", "must have at least 12 characters");
      if (!/^[a-z][a-z0-9._-]+$/.test(username)) throw field("/username", "must start with a small letter");
      world.user = { ...world.user, username, email: email ?? null };
      world.password = password;
    },
    checkPassword: ({ login, password }: Record<string, string>) => {
      if (login === world.user.username && password === world.password) return;
      throw new Problem("unauthenticated", "The name or the password is wrong.");
    },
    addSpace: (overrides: Partial<Space>) => {
      const added = space({ owner: { user_id: world.user.id, username: world.user.username }, ...overrides });
      world.spaces.set(added.id, added);
      world.emit("space.created", added.id, `Created from template "${added.template.name}"`, { state: added.state });
      return added;
    },
    addApproval: (overrides: Partial<Approval> = {}) => {
      const added = approval({ user_id: world.user.id, username: world.user.username, ...overrides });
      world.approvals.set(added.id, added);
      world.emit("approval.pending", added.id, added.label);
      return added;
    },
    /** Walks a space through states, one step after the other. */
    steps: (id: string, path: readonly (readonly [Partial<Space>, string, Record<string, unknown>?])[]) => {
      const [step, ...rest] = path;
      if (step === undefined) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        const current = world.spaces.get(id);
        if (current === undefined) return;
        const [change, message, data] = step;
        world.spaces.set(id, { ...current, ...change, updated_at: Date.now() });
        world.emit(data === undefined ? "space.state" : "space.progress", id, message, data ?? { state: change.state });
        world.steps(id, rest);
      }, stepMs);
      timers.add(timer);
    },
    later: (run: () => void) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, stepMs);
      timers.add(timer);
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
    },
    day,
  };
  return world;
}

export const field = (path: string, message: string): Problem =>
  new Problem("invalid_input", `${path}: ${message}.`, { errors: [{ path, message }] });
