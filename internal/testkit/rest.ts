import type { TestContext } from "node:test";
import type { FastifyInstance } from "fastify";
import type { Event } from "../event/schema.ts";
import type { Principal, Scope } from "../operation/principal.ts";
import { createRegistry, type Registry } from "../operation/registry.ts";
import type { AuditEntry, WaistDeps } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import type { AuthService, EventFeed } from "../rest/ports.ts";
import { mountRest, type RestDeps } from "../rest/rest.ts";
import { createServer, type ServerOptions } from "../rest/server.ts";
import { principal } from "./principal.ts";
import { Things, thingOperations } from "./things.ts";
import { waistOf } from "./waist.ts";

/** The holder of an API token who may do everything, unless told otherwise. */
export const tokenHolder = (overrides: Partial<Principal> = {}): Principal =>
  principal({ credential: { kind: "token", id: "token-1", name: "test" }, ...overrides });

/** The REST door over the made-up things, with what a test can look at. */
export type RestUnderTest = {
  readonly server: FastifyInstance;
  readonly registry: Registry;
  readonly things: Things;
  readonly audit: readonly AuditEntry[];
  readonly internals: readonly unknown[];
  /** By bearer token, or by the text of the cookie. Tests add and remove. */
  readonly principals: Map<string, Principal>;
  readonly feed: TestFeed;
};

type Overrides = {
  readonly server?: ServerOptions;
  readonly rest?: Partial<RestDeps>;
  readonly waist?: Partial<WaistDeps>;
};

/** Tokens: `all` may everything, `none` nothing, `reader` only reads; the cookie `session=1` is ann's browser. */
export function restUnderTest(t: TestContext, overrides: Overrides = {}): RestUnderTest {
  const rest = openRest(overrides);
  t.after(() => {
    rest.server.server.closeAllConnections();
    return rest.server.close();
  });
  return rest;
}

/** As `restUnderTest`, for who closes it themselves. */
export function openRest(overrides: Overrides = {}): RestUnderTest {
  const { waist, audited: audit, internal: internals } = waistOf(overrides.waist);
  const things = new Things();
  const feed = new TestFeed();
  const principals = new Map<string, Principal>([
    ["all", tokenHolder()],
    ["none", tokenHolder({ user_id: "user-2", username: "bob", permissions: new Set() })],
    ["reader", tokenHolder({ scopes: new Set<Scope>(["read"]) })],
    ["mcp-only", tokenHolder({ scopes: new Set<Scope>(["mcp"]) })],
    ["session=1", principal()],
  ]);
  const registry = createRegistry(thingOperations, { things }, waist);
  const server = createServer(overrides.server);
  mountRest(server, {
    registry,
    authenticate: async ({ authorization, cookie }) => {
      const found = principals.get(authorization?.replace(/^Bearer /, "") ?? cookie ?? "");
      if (found === undefined) throw new Problem("unauthenticated", "Sign in, or send an API token.");
      return found;
    },
    isSameOrigin: (headers) => headers["sec-fetch-site"] === "same-origin",
    auth: testAuth,
    events: feed,
    readiness: async () => ({ ready: true, checks: { store: { ok: true } } }),
    metrics: { request: () => {}, render: async () => ({ type: "text/plain", text: "up 1\n" }) },
    version: "0.0.0-test",
    ...overrides.rest,
  });
  return { server, registry, things, audit, internals, principals, feed };
}

const testAuth: AuthService = {
  login: async (raw) => {
    if ((raw as { password?: unknown }).password !== "correct") {
      throw new Problem("unauthenticated", "The name or the password is wrong.");
    }
    return { set_cookie: "session=1; HttpOnly; SameSite=Lax", user: { username: "ann" } };
  },
  logout: async () => "session=; Max-Age=0",
  setupRequired: async () => false,
  setup: async () => {
    throw new Problem("conflict", "There is an administrator already.");
  },
};

/** Events a test pushes by hand. */
class TestFeed implements EventFeed {
  readonly #events: Event[] = [];
  readonly #wakers = new Set<() => void>();
  /** What lies before it is gone. */
  oldest = 0;
  /** How many readers there are. */
  readers = 0;

  get horizon(): number {
    return this.#events.at(-1)?.seq ?? 0;
  }

  push(seq: number): void {
    const event = {
      seq,
      at: 1,
      type: "thing.made",
      subject_kind: "thing",
      subject_id: "x",
      user_id: null,
      message: "m",
      data: {},
    };
    this.#events.push(event);
    for (const wake of this.#wakers) wake();
  }

  async *subscribe(
    _principal: Principal,
    after: number | null,
    signal: AbortSignal,
  ): AsyncIterable<Event | { gap: true }> {
    this.readers++;
    let position = after ?? this.horizon;
    const isGap = position > this.horizon || position < this.oldest - 1;
    if (isGap) position = this.horizon;
    try {
      if (isGap) yield { gap: true };
      while (!signal.aborted) {
        const next = this.#events.find(({ seq }) => seq > position);
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            this.#wakers.add(resolve);
            signal.addEventListener("abort", () => resolve(), { once: true });
          });
          continue;
        }
        position = next.seq;
        yield next;
      }
    } finally {
      this.readers--;
    }
  }
}
