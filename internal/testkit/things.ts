import { z } from "zod";
import type { Call } from "../operation/call.ts";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOf, pageOutput } from "../operation/page.ts";
import { Problem } from "../problem/problem.ts";

/** A made-up noun with one operation of every kind, for tests of the doors. */
export const Thing = z
  .object({
    name: z.string().describe("Name of the thing"),
    size_bytes: z.number().int().describe("How large it is, in bytes"),
    created_at: z.number().int().describe("When it was made, in milliseconds since 1970 UTC"),
    labels: z.record(z.string(), z.string()).describe("Free labels"),
  })
  .meta({ id: "Thing" });

export type Thing = z.output<typeof Thing>;

const ThingRef = z.string().min(1).max(200).describe("Name of the thing");

const Limits = z
  .object({
    memory_bytes: z.number().int().optional().describe("Memory at most, in bytes"),
    cpus: z.number().optional().describe("Processors at most"),
  })
  .meta({ id: "ThingLimits" });

/** The service behind them, in memory. */
export class Things {
  readonly #byName = new Map<string, Thing>();
  readonly passwords: string[] = [];
  readonly started: string[] = [];

  list(input: { readonly kinds?: readonly string[] | undefined; readonly limit: number }) {
    const all = [...this.#byName.values()];
    const items = all.slice(0, input.limit);
    const next = items.length < all.length ? [items.at(-1)?.name ?? ""] : null;
    return pageOf("things", { items, total: all.length, next });
  }

  get(name: string): Thing {
    const found = this.#byName.get(name);
    if (found === undefined) throw new Problem("not_found", `There is no thing "${name}". List them with list_things.`);
    return found;
  }

  create(input: {
    readonly name: string;
    readonly password?: string | undefined;
    readonly labels: Record<string, string>;
  }) {
    if (this.#byName.has(input.name)) throw new Problem("conflict", `There is a thing "${input.name}" already.`);
    const thing = { name: input.name, size_bytes: 2048, created_at: 1_700_000_000_000, labels: input.labels };
    if (input.password !== undefined) this.passwords.push(input.password);
    this.#byName.set(thing.name, thing);
    return thing;
  }

  update(input: { readonly thing: string; readonly labels?: Record<string, string> | undefined }): Thing {
    const thing = { ...this.get(input.thing), ...(input.labels === undefined ? {} : { labels: input.labels }) };
    this.#byName.set(thing.name, thing);
    return thing;
  }

  async start(call: Call, name: string): Promise<Thing> {
    const thing = this.get(name);
    this.started.push(name);
    call.report({ message: "Warming up", percent: 10 });
    call.report({ message: "Nearly there", percent: 90 });
    if (name === "broken") throw new Error("secret cause");
    if (name === "busy") throw new Problem("rate_limited", "Too busy.", { extra: { retry_after: 1.2 } });
    if (name === "slow")
      await new Promise((_, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason)));
    return thing;
  }

  delete(name: string, confirm: boolean): Thing {
    const thing = this.get(name);
    if (!confirm)
      throw new Problem("confirmation_required", `This deletes the thing "${name}" for good. Set confirm to true.`);
    this.#byName.delete(name);
    return thing;
  }
}

type Needs = { readonly things: Things };

export const thingOperations = [
  operation({
    name: "list_things",
    title: "List things",
    description: "The things there are, a page at a time.",
    effect: "read",
    idempotent: true,
    permission: "spaces.use",
    input: z.object({
      ...pageInput,
      kinds: z
        .array(z.enum(["round", "square"]))
        .optional()
        .describe("Only of these kinds"),
      large: z.boolean().optional().describe("Only large ones, or only small ones"),
      within: Limits.optional().describe("Only within these limits"),
    }),
    output: z.object({ things: z.array(Thing).describe("The things"), ...pageOutput }),
    problems: [],
    path: "/things",
    tool: { visibility: "native", keywords: ["objects"] },
    command: { words: ["thing", "list"], args: [] },
    label: () => "List things",
    run: async (_call, input, { things }: Needs) => things.list(input),
  }),
  operation({
    name: "get_thing",
    title: "Get thing",
    description: "One thing.",
    effect: "read",
    idempotent: true,
    permission: "spaces.use",
    input: z.object({ thing: ThingRef }),
    output: z.object({ thing: Thing }),
    problems: ["not_found"],
    path: "/things/{thing}",
    tool: { visibility: "discoverable", keywords: [] },
    command: { words: ["thing", "get"], args: ["thing"] },
    label: ({ thing }) => `Get thing "${thing}"`,
    run: async (_call, { thing }, { things }: Needs) => ({ thing: things.get(thing) }),
  }),
  operation({
    name: "create_thing",
    title: "Create thing",
    description: "Make a new thing.",
    effect: "write",
    idempotent: false,
    creates: true,
    permission: "spaces.use",
    input: z.object({
      name: z.string().min(1).max(40).describe("Name of the new thing"),
      password: z.string().optional().describe("What opens it"),
      labels: z.record(z.string(), z.string()).default({}).describe("Free labels"),
      limits: Limits.optional().describe("What it may use"),
    }),
    output: z.object({ thing: Thing }),
    problems: ["conflict", "quota_exceeded"],
    path: "/things",
    tool: { visibility: "native", keywords: ["make", "new"] },
    command: { words: ["thing", "create"], args: ["name"] },
    label: ({ name }) => `Create thing "${name}"`,
    run: async (_call, input, { things }: Needs) => ({ thing: things.create(input) }),
  }),
  operation({
    name: "update_thing",
    title: "Update thing",
    description: "Change a thing.",
    effect: "write",
    idempotent: true,
    permission: "spaces.use",
    method: "PATCH",
    input: z.object({
      thing: ThingRef,
      labels: z.record(z.string(), z.string()).optional().describe("The new labels"),
    }),
    output: z.object({ thing: Thing }),
    problems: ["not_found"],
    path: "/things/{thing}",
    tool: null,
    command: { words: ["thing", "update"], args: ["thing"] },
    label: ({ thing }) => `Update thing "${thing}"`,
    run: async (_call, input, { things }: Needs) => ({ thing: things.update(input) }),
  }),
  operation({
    name: "start_thing",
    title: "Start thing",
    description: "Start a thing. Returns when it runs.",
    effect: "write",
    idempotent: true,
    permission: "spaces.use",
    input: z.object({
      thing: ThingRef,
      wait_seconds: z.number().int().min(0).default(30).describe("How long to wait"),
    }),
    output: z.object({ thing: Thing }),
    problems: ["not_found", "runtime_unavailable"],
    path: "/things/{thing}/start",
    tool: { visibility: "native", keywords: ["boot"] },
    command: { words: ["thing", "start"], args: ["thing"] },
    label: ({ thing }) => `Start thing "${thing}"`,
    run: async (call, { thing }, { things }: Needs) => ({ thing: await things.start(call, thing) }),
  }),
  operation({
    name: "delete_thing",
    title: "Delete thing",
    description: "Delete a thing for good.",
    effect: "destroy",
    idempotent: true,
    permission: "spaces.use",
    input: z.object({ thing: ThingRef, confirm: z.boolean().default(false).describe("Really delete it") }),
    output: z.object({ thing: Thing }),
    problems: ["not_found", "confirmation_required"],
    path: "/things/{thing}",
    tool: { visibility: "native", keywords: ["remove"] },
    command: { words: ["thing", "delete"], args: ["thing"] },
    label: ({ thing }) => `Delete thing "${thing}"`,
    run: async (_call, { thing, confirm }, { things }: Needs) => ({ thing: things.delete(thing, confirm) }),
  }),
] as const;
