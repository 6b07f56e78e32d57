import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { callModern, modernRequest, post } from "../mcp/fixtures/clients.ts";
import { cardOf } from "../operation/card.ts";
import type { AnyOperation } from "../operation/operation.ts";
import type { Permission } from "../operation/permission.ts";
import { jsonSchemaOf } from "../operation/schema.ts";
import { builtInRoles } from "../role/built-in.ts";
import { RestDoor } from "../testkit/doors.ts";
import { type House, type Inhabitant, startHouse } from "../testkit/house.ts";
import { sampleOf } from "../testkit/sample.ts";
import { operations } from "./operations.ts";

/** Who knocks, and what the tables of roles and scopes say of it. */
type Caller = {
  readonly who: string;
  readonly door: RestDoor;
  readonly permissions: ReadonlySet<Permission>;
  /** Null for a browser. */
  readonly token: { readonly secret: string; readonly scopes: readonly string[] } | null;
};

const subsets = [["api"], ["mcp"], ["read"], ["api", "mcp"], ["api", "read"], ["mcp", "read"], ["api", "mcp", "read"]];

const everything: readonly AnyOperation[] = operations;

const roleOf = (name: string) => new Set(builtInRoles.find((role) => role.name === name)?.permissions);

/** What documents say of scopes, in other words than the waist's. */
function opens(door: "api" | "mcp", { scopes }: NonNullable<Caller["token"]>, op: AnyOperation): boolean {
  if (scopes.includes("read") && op.effect !== "read") return false;
  return scopes.includes(door) || scopes.join() === "read";
}

const holds = ({ permissions }: Caller, op: AnyOperation): boolean =>
  op.permission === null || permissions.has(op.permission);

describe("every route", () => {
  let house: House;
  let callers: readonly Caller[];
  before(async () => {
    house = await startHouse({ flags: ["--server-docker-enabled=never", "--server-podman-enabled=never"] });
    callers = await callersOf(house);
  });
  after(() => house?.[Symbol.asyncDispose]());

  for (const op of everything) {
    // a mistake in the input is only found by who may call: it tells 403 from the rest, and nothing happens
    const input = () => ({ ...(sampleOf(jsonSchemaOf(op.input, "input")) as object), no_such_field: "x" });

    test(`answers each role and scope by the table: ${op.name}`, async () => {
      const seen: Record<string, number> = {};
      const table: Record<string, number> = {};
      for (const caller of callers) {
        seen[caller.who] = (await caller.door.call(op.name, input())).status;
        const allowed = holds(caller, op) && (caller.token === null || opens("api", caller.token, op));
        table[caller.who] = allowed ? 422 : 403;
      }
      assert.deepEqual(seen, table);
      assert.equal((await new RestDoor(house.daemon.origin, {}).call(op.name, input())).status, 401);
    });

    test(`is a tool for each role and scope by the table: ${op.name}`, async () => {
      const seen: Record<string, string> = {};
      const table: Record<string, string> = {};
      for (const { who, token, ...caller } of callers) {
        if (token === null || !mayConnect(token, caller)) continue;
        const call = { name: op.name, arguments: input() };
        const { answer } = await callModern(house.mcpUrl, token.secret, 1, "tools/call", {
          ...{ name: "execute_tool", arguments: call },
        });
        seen[who] = answer.result.structuredContent.code;
        const allowed = op.tool !== null && holds({ who, token, ...caller }, op) && opens("mcp", token, op);
        table[who] = allowed ? "invalid_input" : "not_found";
      }
      assert.deepEqual(seen, table);
    });
  }

  test("beside the operations answers by its own table", async () => {
    const { origin } = house.daemon;
    const credentials = {
      nobody: {},
      "a browser": callers.find(({ who }) => who === "member's browser")?.door.headers ?? {},
      "an api token": callers.find(({ who }) => who === "member's api")?.door.headers ?? {},
      "an mcp token": callers.find(({ who }) => who === "member's mcp")?.door.headers ?? {},
      "a wrong token": { authorization: "Bearer knot_wrong" },
    };
    const list = modernRequest(1, "tools/list");
    const statusOf = async (response: Promise<Response>) => {
      const { status, body } = await response;
      await body?.cancel();
      return status;
    };
    const seen: Record<string, Record<string, number>> = {};
    for (const [who, headers] of Object.entries(credentials)) {
      const get = (path: string) => statusOf(fetch(origin + path, { headers: headers as Record<string, string> }));
      seen[who] = {
        stream: await get("/api/events/stream"),
        operations: await get("/api/operations"),
        openapi: await get("/api/openapi.json"),
        health: await get("/healthz"),
        ready: await get("/readyz"),
        problems: await get("/docs/reference/problems"),
        setup: await get("/api/auth/setup"),
        unknown: await get("/api/admin"),
        mcp: await statusOf(post(house.mcpUrl, list.body, { token: "", headers: { ...list.headers, ...headers } })),
      };
    }
    const open = { health: 200, ready: 200, problems: 200, setup: 200, unknown: 404 };
    const closed = { stream: 401, operations: 401, openapi: 401, mcp: 401 };
    const described = { operations: 200, openapi: 200 };
    assert.deepEqual(seen, {
      nobody: { ...open, ...closed },
      "a browser": { ...open, ...described, stream: 200, mcp: 403 },
      "an api token": { ...open, ...described, stream: 200, mcp: 403 },
      "an mcp token": { ...open, ...described, stream: 403, mcp: 200 },
      "a wrong token": { ...open, ...closed },
    });
  });

  test("exists for the method of its operation alone", async () => {
    const { browser } = house.admin;
    const known = new Set(everything.map((op) => cardOf(op)).map(({ method, path }) => `${method} ${shape(path)}`));
    const paths = new Map(everything.map((op) => [shape(cardOf(op).path), cardOf(op).path.replaceAll(/[{}]/g, "")]));
    for (const [pattern, path] of paths) {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
        if (known.has(`${method} ${pattern}`)) continue;
        assert.equal((await browser.send(method, path)).status, 404, `${method} ${path}`);
      }
    }
  });
});

const shape = (path: string): string => path.replaceAll(/\{[^}]+\}/g, "{}");

const mayConnect = ({ scopes }: NonNullable<Caller["token"]>, { permissions }: Pick<Caller, "permissions">) =>
  permissions.has("mcp.use") && (scopes.includes("mcp") || scopes.join() === "read");

async function callersOf({ add, admin, daemon }: House): Promise<readonly Caller[]> {
  const browser = (role: string, { browser }: Inhabitant): Caller => ({
    who: `${role}'s browser`,
    door: browser,
    permissions: roleOf(role),
    token: null,
  });
  const tokens = (role: string, person: Inhabitant) =>
    subsets.map(async (scopes): Promise<Caller> => {
      const { secret } = await person.token(scopes.join("+"), scopes);
      const door = new RestDoor(daemon.origin, { authorization: `Bearer ${secret}` });
      return { who: `${role}'s ${scopes.join("+")}`, door, permissions: roleOf(role), token: { secret, scopes } };
    });
  const member = await add("member", "member");
  return [
    browser("admin", admin),
    browser("member", member),
    browser("viewer", await add("viewer", "viewer")),
    browser("template_author", await add("author", "template_author")),
    ...(await Promise.all(tokens("admin", admin))),
    ...(await Promise.all(tokens("member", member))),
  ];
}
