import type { Compilable, CompiledQuery, Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** Runs a compiled query with these values: on its database, or inside a transaction of it. */
export type Compiled<Values, Row> = (values: Values, db?: Kysely<Tables>) => Promise<readonly Row[]>;

/**
 * A query of a hot path, built and compiled at its first use and never again: that costs more than most queries.
 * `build` gets a stand-in for each value, so its text must not depend on them.
 */
export function compiled<Values extends object, Row>(
  own: Kysely<Tables>,
  build: (values: Values) => Compilable<Row>,
): Compiled<Values, Row> {
  let query: CompiledQuery<Row> | undefined;
  return async (values, db = own) => {
    query ??= build(standIns<Values>()).compile();
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof StandIn ? values[parameter.name as keyof Values] : parameter,
    );
    return (await db.executeQuery<Row>({ ...query, parameters })).rows;
  };
}

class StandIn {
  readonly name: string | symbol;

  constructor(name: string | symbol) {
    this.name = name;
  }
}

const standIns = <Values extends object>(): Values => new Proxy({}, { get: (_, name) => new StandIn(name) }) as Values;
