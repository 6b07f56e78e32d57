import type { z } from "zod";
import { Problem } from "../problem/problem.ts";
import type { Call } from "./call.ts";
import type { AnyOperation, Operation } from "./operation.ts";
import { hashOf, jsonSchemaOf } from "./schema.ts";
import { parseStrictly } from "./strict.ts";
import type { Capability, Waist } from "./waist.ts";

type Intersection<U> = (U extends unknown ? (part: U) => void : never) extends (whole: infer I) => void ? I : never;
type NeedsOf<T> = T extends { run: (call: Call, input: never, needs: infer N) => unknown } ? N : never;

/** The services a list of operations needs, added up: a missing one does not compile. */
export type Needs<T extends readonly unknown[]> = Intersection<NeedsOf<T[number]>>;

/** By name: what goes in and what comes out. The typed client and the tests are written against this. */
export type Contract<T extends readonly unknown[]> = {
  readonly [Op in T[number] as Op extends { name: infer Name extends string } ? Name : never]: Op extends Operation<
    string,
    infer Input,
    infer Output
  >
    ? { readonly input: z.input<Input>; readonly output: z.output<Output> }
    : never;
};

/** An operation with its services bound: what the waist can pass. */
export type BoundOperation = Capability & { readonly operation: AnyOperation };

/** All operations by name. Doors list them and invoke them; nothing else decides what exists. */
export class Registry {
  readonly #byName: ReadonlyMap<string, BoundOperation>;
  readonly #waist: Waist;

  constructor(bound: readonly BoundOperation[], waist: Waist) {
    this.#byName = new Map(bound.map((op) => [op.name, op]));
    if (this.#byName.size !== bound.length) throw new Error("Two operations have the same name.");
    this.#waist = waist;
  }

  list(): readonly BoundOperation[] {
    return [...this.#byName.values()];
  }

  get(name: string): BoundOperation | undefined {
    return this.#byName.get(name);
  }

  /** Runs the operation through the waist. Throws nothing but Problems. */
  async invoke(name: string, input: unknown, call: Call): Promise<unknown> {
    const bound = this.#byName.get(name);
    if (bound === undefined) throw new Problem("not_found", `There is no operation "${name}".`);
    return this.#waist.pass(bound, input, call);
  }
}

/** Binds each operation to the services; the compiler says which one is missing. */
export function createRegistry<const T extends readonly AnyOperation[]>(
  operations: T,
  services: Needs<T>,
  waist: Waist,
): Registry {
  return new Registry(
    operations.map((op) => bind(op, services)),
    waist,
  );
}

function bind(op: AnyOperation, services: unknown): BoundOperation {
  const { secrets } = op;
  return {
    operation: op,
    name: op.name,
    title: op.title,
    effect: op.effect,
    permission: op.permission,
    origin: "knot",
    asks: op.approval ?? op.effect !== "read",
    previews: (input: { readonly confirm?: unknown }) => op.confirms === true && input.confirm === false,
    schema_hash: hashOf([op.name, op.description, jsonSchemaOf(op.input, "input")]),
    parse: (raw) => parseStrictly(op.input, raw ?? {}),
    label: op.label,
    ...(secrets === undefined ? {} : { secrets: (call, input) => secrets(call, input, services) }),
    run: async (call, input) => checked(op, await op.run(call, input, services)),
  };
}

function checked(op: AnyOperation, output: unknown): unknown {
  const result = op.output.safeParse(output);
  if (result.success) return result.data;
  throw new Error(`${op.name} broke its output schema: ${result.error.message}`);
}
