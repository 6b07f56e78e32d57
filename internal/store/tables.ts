import type { Generated } from "kysely";

/** Every table. Names are snake_case as in SQL and on the wire; times are milliseconds since 1970 UTC; JSON is text. */
export interface Tables {
  events: EventsTable;
}

export interface EventsTable {
  seq: Generated<number>;
  at: number;
  type: string;
  subject_kind: string;
  subject_id: string;
  user_id: string | null;
  message: string;
  data: string;
}
