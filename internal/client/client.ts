import type { Event } from "../event/schema.ts";
import type { Progress } from "../operation/call.ts";
import type { Contract } from "../operation/registry.ts";
import type { ProblemDocument } from "../problem/problem.ts";
import { failed, problemOf } from "./failure.ts";
import { messagesOf } from "./messages.ts";
import { createRoutes, type Route, requestOf } from "./routes.ts";
import { type SubscribeOptions, type Subscription, subscribe } from "./subscribe.ts";

/** What came of a call. A client never throws: it answers what went wrong. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: ProblemDocument };

export type CallOptions = {
  readonly signal?: AbortSignal;
  /** Hears how far a long write is; without it the answer comes as plain JSON. */
  readonly onProgress?: (progress: Progress) => void;
  readonly idempotencyKey?: string;
  /** The id of the approval this call is a retry of. */
  readonly approval?: string;
};

export type ClientOptions = {
  readonly fetch?: typeof fetch;
  /** Where knot is, without /api; empty for the page's own server. */
  readonly baseUrl?: string;
  readonly token?: string;
  /** How this program names itself in the audit log. */
  readonly client?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The operations' routes where they are known; else they are fetched once from /api/operations. */
  readonly routes?: readonly Route[];
};

type Argument<Input> =
  Record<string, never> extends Input ? [input?: Input, options?: CallOptions] : [input: Input, options?: CallOptions];

type Part<Entry, Name extends "input" | "output"> = Entry extends Readonly<Record<Name, infer Value>> ? Value : never;

/** Calls knot's operations by name, typed from the list of operations by type import alone. Runs in browsers. */
export type Client<Operations extends readonly unknown[]> = {
  readonly call: <Name extends keyof Contract<Operations> & string>(
    name: Name,
    ...args: Argument<Part<Contract<Operations>[Name], "input">>
  ) => Promise<Result<Part<Contract<Operations>[Name], "output">>>;
  /** The events after `after` (null: from now on), reconnecting until closed. */
  readonly subscribe: (
    after: number | null,
    onEvent: (event: Event) => void,
    options?: SubscribeOptions,
  ) => Subscription;
};

/** A client for one server. */
export function createClient<Operations extends readonly unknown[]>(options: ClientOptions = {}): Client<Operations> {
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const base = (options.baseUrl ?? "").replace(/\/+$/, "");
  const headers: Record<string, string> = {
    ...options.headers,
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    ...(options.client === undefined ? {} : { "x-knot-client": options.client }),
  };
  const routes = createRoutes(async () => options.routes ?? (await fetchRoutes(send, base, headers)));

  const call = async (name: string, input: object = {}, more: CallOptions = {}): Promise<Result<unknown>> => {
    try {
      const route = await routes.find(name);
      const request = requestOf(route, input as Record<string, unknown>);
      const isStream = more.onProgress !== undefined && route.effect !== "read";
      const response = await send(base + request.url, {
        method: route.method,
        signal: more.signal ?? null,
        ...(request.body === undefined ? {} : { body: request.body }),
        headers: {
          ...headers,
          accept: isStream ? "text/event-stream, application/json" : "application/json",
          ...(request.body === undefined ? {} : { "content-type": "application/json" }),
          ...(more.idempotencyKey === undefined ? {} : { "idempotency-key": more.idempotencyKey }),
          ...(more.approval === undefined ? {} : { "knot-approval": more.approval }),
        },
      });
      if (!response.ok) return { ok: false, problem: await problemOf(response) };
      if (response.headers.get("content-type")?.startsWith("text/event-stream")) return await streamed(response, more);
      return { ok: true, value: await response.json() };
    } catch (thrown) {
      return { ok: false, problem: failed(thrown, more.signal?.aborted) };
    }
  };

  return {
    call: call as Client<Operations>["call"],
    subscribe: (after, onEvent, more = {}) => subscribe({ send, base, headers }, after, onEvent, more),
  };
}

async function fetchRoutes(
  send: typeof fetch,
  base: string,
  headers: Record<string, string>,
): Promise<readonly Route[]> {
  const response = await send(`${base}/api/operations?view=routes`, { headers });
  if (!response.ok) throw await problemOf(response);
  return ((await response.json()) as { operations: readonly Route[] }).operations;
}

async function streamed(response: Response, { onProgress }: CallOptions): Promise<Result<unknown>> {
  for await (const { event, data } of messagesOf(response)) {
    if (event === "progress") onProgress?.(JSON.parse(data));
    if (event === "result") return { ok: true, value: JSON.parse(data) };
    if (event === "problem") return { ok: false, problem: JSON.parse(data) };
  }
  throw new Error("The connection ended before the answer.");
}
