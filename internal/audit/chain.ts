import { createHash } from "node:crypto";
import { canonicalJson } from "../operation/schema.ts";
import type { AuditEntry, AuditRow } from "./schema.ts";

/** A place in the chain: everything up to `seq` is covered by `hash`. */
export type Link = { readonly seq: number; readonly hash: string };

/** The entry that follows the link: its hash covers its content, its place and everything before it. */
export function chained(previous: Link, row: AuditRow): AuditEntry {
  const entry = { ...row, seq: previous.seq + 1 };
  const hash = createHash("sha256").update(previous.hash).update(canonicalJson(entry)).digest("hex");
  return { ...entry, hash };
}

/** What is wrong with the entry that should follow the link, or null. */
export function faultOf(previous: Link, { hash, ...entry }: AuditEntry): string | null {
  if (entry.seq !== previous.seq + 1) return `entry ${previous.seq + 1} is missing`;
  return chained(previous, entry).hash === hash ? null : `entry ${entry.seq} was changed`;
}

/** A link as text that people keep: `1234:` and the hash. */
export const checkpointOf = ({ seq, hash }: Link): string => `${seq}:${hash}`;

/** The link of a text that `checkpointOf` made. */
export function linkOf(checkpoint: string): Link {
  const [seq = "", hash = ""] = checkpoint.split(":");
  return { seq: Number(seq), hash };
}
