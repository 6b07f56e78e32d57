import type { Call } from "../operation/call.ts";
import { may, rootOf } from "../operation/principal.ts";
import { Problem, type ProblemCode, problems } from "../problem/problem.ts";
import type { StoredApproval } from "./approval-store.ts";

/** What a problem document says of the approval it is about; `url` is its whole address in the web interface. */
export const summaryOf = ({ id, label, state, created_at, expires_at }: StoredApproval, url: string) => ({
  ...{ id, label, state, url, created_at, expires_at },
});

/** Also for what is not the caller's to see. */
export const missing = (id: string): Problem =>
  new Problem("not_found", `There is no approval "${id}". list_approvals shows the ones you can see.`);

/** Throws unless this caller may decide this call: an agent may not approve itself, whatever its token allows. */
export function refuseDecider({ door, principal }: Call, row: StoredApproval, url: string): void {
  const where = `A person decides it at ${url} in the web interface`;
  if (door === "mcp" || door === "assistant") {
    throw new Problem("forbidden", `Calls cannot be approved or denied by a model. ${where}.`);
  }
  const { kind, id } = principal.credential;
  if (kind === "token" && row.credential_kind === "token" && row.credential_root === rootOf(principal.credential)) {
    const which =
      row.credential_id === id
        ? "The token that made a call"
        : "A token of the same origin as the one that made a call";
    throw new Problem(
      "forbidden",
      `${which} cannot decide it. Decide in the web, at ${url}, or with a token that was made separately.`,
    );
  }
  const own = row.user_id === principal.user_id;
  if (may(principal, "approvals.manage") || (own && may(principal, "approvals.decide"))) return;
  throw new Problem(
    "forbidden",
    own
      ? 'Deciding your own calls needs the permission "approvals.decide". An administrator can decide this one.'
      : 'Deciding the calls of others needs the permission "approvals.manage".',
  );
}

/** Why a decision came too late. */
export function undecided(row: StoredApproval, url: string): Problem {
  const extra = { approval: summaryOf(row, url) };
  if (row.state === "pending" || row.state === "expired") {
    const why = row.state === "expired" && row.reason !== null ? row.reason : "Nobody decided in time.";
    return new Problem("conflict", `This question has expired: ${why} The call has to be made again.`, { extra });
  }
  if (row.state === "withdrawn") {
    return new Problem("conflict", `This question was withdrawn: ${row.reason} There is nothing left to decide.`, {
      extra,
    });
  }
  const how = row.state === "denied" ? "denied" : "approved";
  return new Problem("conflict", `${row.decided_by_name ?? "Someone"} has already ${how} this call.`, { extra });
}

/** What the caller hears of a call that did not run to its end. */
export function unfinished(row: StoredApproval, url: string): Problem {
  const extra = { approval: summaryOf(row, url) };
  if (row.state === "interrupted") {
    return new Problem(
      "conflict",
      `The daemon stopped while this call ran, so its outcome is unknown: ${row.label}. Check the state before you try again.`,
      { extra },
    );
  }
  const reason = row.reason === null ? "" : ` Reason: ${row.reason}`;
  const said = {
    denied: `${row.decided_by_name ?? "Someone"} denied this call.${reason} Do not try it again unasked.`,
    withdrawn:
      row.decided_by === null
        ? `The question was withdrawn.${reason} Call again.`
        : `This call was not made.${reason} Do not try it again unasked.`,
    expired: `The question has expired.${reason} Ask the user before you call again.`,
  };
  return new Problem("declined", said[row.state as keyof typeof said], { extra });
}

const standard = new Set(["type", "title", "status", "code", "detail", "instance", "errors"]);

/** The problem a stored document was made from. */
export function revived(document: unknown, approval: ReturnType<typeof summaryOf>): Problem {
  const { code, detail, errors, ...rest } = document as Record<string, unknown>;
  const extra = Object.fromEntries(Object.entries(rest).filter(([name]) => !standard.has(name)));
  return new Problem((String(code) in problems ? code : "internal") as ProblemCode, String(detail), {
    errors: Array.isArray(errors) ? errors : [],
    extra: { ...extra, approval },
  });
}
