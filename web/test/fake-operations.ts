import { randomBytes, randomUUID } from "node:crypto";
import type { Approval, ApprovalPolicy } from "../../internal/approval/schema.ts";
import type { Method } from "../../internal/operation/operation.ts";
import { Problem } from "../../internal/problem/problem.ts";
import type { Space } from "../../internal/space/schema.ts";
import type { Token } from "../../internal/token/schema.ts";
import { field, type World } from "./fake-world.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fake takes what the page sends as it comes
type Input = Record<string, any>;
export type Operation = {
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly effect: "read" | "write" | "destroy";
  readonly run: (input: Input, session: string) => unknown;
};

const read = (name: string, path: string, run: Operation["run"]): Operation => ({
  name,
  method: "GET",
  path,
  effect: "read",
  run,
});
const write = (name: string, path: string, run: Operation["run"], method: Method = "POST"): Operation => ({
  ...{ name, method, path, run },
  effect: "write",
});

const page = (name: string, items: readonly unknown[]) => ({
  [name]: items,
  ...{ total: items.length, returned: items.length, next_cursor: null },
});

export const operationsOf = (world: World): readonly Operation[] => [
  ...identity(world),
  ...spaces(world),
  ...governance(world),
];

function identity(world: World): readonly Operation[] {
  const now = () => Date.now();
  return [
    read("whoami", "/whoami", () => ({
      user: {
        ...world.user,
        display_name: "",
        role_ids: ["admin"],
        group_ids: [],
        active: true,
        has_password: true,
        quota: {},
        ...{ created_at: 0, updated_at: 0, last_login_at: null },
      },
      roles: [{ id: "admin", name: "admin" }],
      groups: [],
      permissions: world.permissions,
      credential: { kind: "session", name: "browser", scopes: ["api", "mcp"] },
      quota: {},
    })),
    write(
      "change_password",
      "/whoami/password",
      ({ current_password, new_password }) => {
        if (current_password !== world.password) throw field("/current_password", "is not your password");
        world.password = new_password;
        return {};
      },
      "PUT",
    ),
    read("list_sessions", "/sessions", (_input, session) =>
      page(
        "sessions",
        [...world.sessions].map(([id, { agent, at }]) => ({
          ...{ id, created_at: at, last_seen_at: now(), expires_at: at + 30 * world.day },
          ...{ ip: "127.0.0.1", user_agent: agent, current: id === session },
        })),
      ),
    ),
    write(
      "revoke_session",
      "/sessions/{session}",
      ({ session }) => {
        world.sessions.delete(session);
        return {};
      },
      "DELETE",
    ),
    read("list_tokens", "/tokens", () => page("tokens", [...world.tokens.values()])),
    write("create_token", "/tokens", ({ name, scopes, expires_in_days }) => {
      if ([...world.tokens.values()].some((token) => token.name === name)) {
        throw new Problem("conflict", `There is a token "${name}" already. Choose another name, or rotate it.`);
      }
      const token: Token = {
        ...{ id: randomUUID(), user_id: world.user.id, name, scopes, group_id: null },
        ...{ created_at: now(), issued_at: now(), expires_at: now() + expires_in_days * world.day, last_used_at: null },
      };
      world.tokens.set(token.id, token);
      return { token, secret: `knot_${randomBytes(24).toString("base64url")}` };
    }),
    write("rotate_token", "/tokens/{token}/rotate", ({ token }) => {
      const found = world.tokens.get(token);
      if (found === undefined) throw new Problem("not_found", `There is no token "${token}".`);
      return { token: found, secret: `knot_${randomBytes(24).toString("base64url")}` };
    }),
    {
      ...write("revoke_token", "/tokens/{token}", ({ token }) => {
        const found = [...world.tokens.values()].find(({ id, name }) => id === token || name === token);
        if (found === undefined || !world.tokens.delete(found.id))
          throw new Problem("not_found", `There is no token "${token}".`);
        return {};
      }),
      method: "DELETE",
      effect: "destroy",
    },
  ];
}

function spaces(world: World): readonly Operation[] {
  const find = (ref: string): Space => {
    const found = world.spaces.get(ref) ?? [...world.spaces.values()].find(({ name }) => name === ref);
    if (found === undefined) throw new Problem("not_found", `There is no space "${ref}". list_spaces shows yours.`);
    return found;
  };
  const turn = (ref: string, state: Space["state"], message: string, path: Parameters<World["steps"]>[1]) => {
    const next = { ...find(ref), state, state_reason: message };
    world.spaces.set(next.id, next);
    world.emit("space.state", next.id, message, { state });
    world.steps(next.id, path);
    return { space: next };
  };
  const starting = [
    [{ state: "starting", state_reason: "Pulling image debian:13" }, "Pulling image debian:13 (40 %)", { percent: 40 }],
    [{ state: "starting", state_reason: "Starting" }, "Starting"],
    [{ state: "running", state_reason: "", started_at: Date.now(), health: "healthy" }, "Running"],
  ] as const;
  const stopped = [[{ state: "stopped", state_reason: "Stopped as asked", health: null }, "Stopped"]] as const;
  return [
    read("list_spaces", "/spaces", () => page("spaces", [...world.spaces.values()])),
    read("get_space", "/spaces/{space}", ({ space }) => ({ space: find(space) })),
    write("create_space", "/spaces", ({ name, template, parameters }) => {
      if ([...world.spaces.values()].some((other) => other.name === name)) throw field("/name", "is taken");
      const from = world.templates.find(({ name }) => name === template);
      if (from === undefined) throw new Problem("not_found", `There is no template "${template}".`);
      const made = world.addSpace({
        name,
        parameters,
        template: { id: from.id, name: from.name, version: 1, latest_version: 1 },
      });
      world.steps(made.id, starting);
      return { space: made };
    }),
    write("start_space", "/spaces/{space}/start", ({ space }) => turn(space, "starting", "Asked to start", starting)),
    write("stop_space", "/spaces/{space}/stop", ({ space }) => turn(space, "stopping", "Asked to stop", stopped)),
    write("restart_space", "/spaces/{space}/restart", ({ space }) =>
      turn(space, "stopping", "Asked to restart", [...stopped, ...starting]),
    ),
    write(
      "update_space",
      "/spaces/{space}",
      ({ space, ...change }) => {
        const next = { ...find(space), ...change };
        world.spaces.set(next.id, next);
        world.emit("space.updated", next.id, "Changed");
        return { space: next };
      },
      "PATCH",
    ),
    {
      ...write("delete_space", "/spaces/{space}", ({ space, confirm, force }) => {
        const { id, name, state } = find(space);
        if (String(confirm) !== "true") {
          const lost = `Deleting space "${name}" removes its container and its volumes home (/home) with all files in them. This cannot be undone.`;
          throw new Problem("confirmation_required", `${lost} Repeat with confirm set to true.`, {
            extra: { volumes: ["home"] },
          });
        }
        if (String(force) === "true") {
          world.spaces.delete(id);
          world.emit("space.deleted", id, "Deleted with force", { state: "deleted" });
          return { deleted: true, space: null };
        }
        if (!["running", "stopped", "failed"].includes(state)) {
          throw new Problem("conflict", `Space "${name}" is ${state}. Wait, or delete it with force.`);
        }
        turn(space, "deleting", "Asked to delete", []);
        world.later(() => {
          world.spaces.delete(id);
          world.emit("space.deleted", id, "Deleted", { state: "deleted" });
        });
        return { deleted: false, space: find(space) };
      }),
      method: "DELETE",
      effect: "destroy",
    },
    read("list_space_events", "/spaces/{space}/events", ({ space }) => {
      const { id } = find(space);
      return page("events", world.events.filter((event) => event.subject_id === id).toReversed());
    }),
    read("get_space_logs", "/spaces/{space}/logs", ({ space }) => ({
      text: find(space).state === "running" ? "listening on 0.0.0.0:8080\nGET / 200 3ms\n" : "",
      lines: 2,
    })),
    read("list_volumes", "/volumes", ({ space }) =>
      page(
        "volumes",
        world.volumes.filter((volume) => space === undefined || [volume.space.id, volume.space.name].includes(space)),
      ),
    ),
    {
      ...write("delete_volume", "/volumes/{volume}", ({ volume, confirm }) => {
        if (String(confirm) !== "true") {
          throw new Problem("confirmation_required", `All files in it are lost. Repeat with confirm set to true.`);
        }
        world.volumes = world.volumes.filter(({ id }) => id !== volume);
        world.emit("volume.deleted", volume, "Deleted");
        return { deleted: true };
      }),
      method: "DELETE",
      effect: "destroy",
    },
    write("run_command", "/spaces/{space}/commands", ({ command }) => ({
      ...{ exit_code: 0, signal: null, timed_out: false, stdout: `ran: ${command} ${"x".repeat(300)}\n`, stderr: "" },
      ...{ stdout_bytes: 5, stderr_bytes: 0, stdout_cut: false, stderr_cut: false, duration_ms: 4 },
    })),
    read("list_templates", "/templates", () => page("templates", world.templates)),
    read("get_template", "/templates/{template}", ({ template }) => {
      const found = world.templates.find(({ id, name }) => id === template || name === template);
      if (found === undefined) throw new Problem("not_found", `There is no template "${template}".`);
      return { template: found };
    }),
  ];
}

function governance(world: World): readonly Operation[] {
  const decide = (id: string, change: Partial<Approval>) => {
    const row = world.approvals.get(id);
    if (row === undefined) throw new Problem("not_found", `There is no approval "${id}".`);
    if (row.state !== "pending")
      throw new Problem(
        "conflict",
        `${row.decided_by} has already ${row.state === "denied" ? "denied" : "approved"} this call.`,
      );
    const decided = { ...row, decided_by: world.user.username, decided_at: Date.now(), ...change };
    world.approvals.set(id, decided);
    world.emit("approval.decided", id, `${decided.label}: ${decided.state}`);
    return { approval: { ...decided, output: null, problem: null } };
  };
  return [
    read("list_approvals", "/approvals", ({ state }) =>
      page(
        "approvals",
        [...world.approvals.values()].filter((row) => state === undefined || row.state === state),
      ),
    ),
    read("get_approval", "/approvals/{approval}", ({ approval }) => {
      const row = world.approvals.get(approval);
      if (row === undefined)
        throw new Problem("not_found", `There is no approval "${approval}". list_approvals shows yours.`);
      return { approval: { ...row, output: row.state === "done" ? { deleted: true } : null, problem: null } };
    }),
    write("approve_call", "/approvals/{approval}/approve", ({ approval }) => decide(approval, { state: "done" })),
    write("deny_call", "/approvals/{approval}/deny", ({ approval, reason }) =>
      decide(approval, { state: "denied", reason: reason ?? null }),
    ),
    read("list_approval_policies", "/approval-policies", () => ({ policies: world.policies })),
    write(
      "set_approval_policy",
      "/approval-policies",
      ({ subject, tool, mode }) => {
        const policy: ApprovalPolicy = {
          ...{ id: randomUUID(), subject, subject_id: world.user.id, subject_name: world.user.username, tool, mode },
          ...{ set_by: "owner", created_by: world.user.username, created_at: Date.now() },
        };
        world.policies.push(policy);
        return { policy };
      },
      "PUT",
    ),
    write(
      "delete_approval_policy",
      "/approval-policies/{policy}",
      ({ policy }) => {
        world.policies = world.policies.filter(({ id }) => id !== policy);
        return { deleted: true };
      },
      "DELETE",
    ),
    read("list_integrations", "/integrations", () => page("integrations", world.integrations)),
    read("get_server", "/server", () => ({ server: { mcp: { enabled: world.mcpEnabled, url: null } } })),
    read("list_audit_entries", "/audit", ({ operation }) =>
      page(
        "entries",
        world.events
          .filter(({ type }) => operation === undefined || type === operation)
          .toReversed()
          .map((event) => ({
            ...{
              seq: event.seq,
              at: event.at,
              call_id: randomUUID(),
              user_id: world.user.id,
              username: world.user.username,
            },
            ...{ credential_kind: "session", credential_id: "s", credential_name: "browser", door: "web", client: "" },
            ...{ ip: "127.0.0.1", operation: event.type, origin: "knot", effect: "write", label: event.message },
            ...{ outcome: "ok", problem_code: null, duration_ms: 3, hash: "" },
          })),
      ),
    ),
  ];
}
