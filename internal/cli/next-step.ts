import { Problem, type ProblemDocument } from "../problem/problem.ts";

/** The server's problem with its next step on the command line. */
export function problemFrom(document: ProblemDocument): Problem {
  const { code, errors = [] } = document;
  return new Problem(code, `${detailOf(document)}${nextStep(document)}`, { errors, extra: { ...document } });
}

function nextStep(document: ProblemDocument): string {
  const { code, reason } = document;
  if (code === "unavailable" && typeof reason === "string") return unreachableStep(reason);
  if (code === "confirmation_required") return " Add --confirm to do it.";
  if (code === "unauthenticated") return " Run `knot connect URL` with a token, or set KNOT_TOKEN.";
  return "";
}

/** What to do when there is no answer, by the platform's name for the reason. */
export function unreachableStep(reason: string): string {
  if (reason === "ECONNREFUSED" || reason === "ENOENT")
    return ". Is it running? `knot server` starts one here; `knot connect URL` names another.";
  if (reason === "ENOTFOUND" || reason === "EAI_AGAIN") return ". Check the address.";
  if (reason === "ERR_SSL_WRONG_VERSION_NUMBER" || reason === "EPROTO")
    return ". It does not speak https; try the address with http://.";
  if (/CERT|ISSUER|SIGNATURE/.test(reason))
    return ". Its certificate is not trusted here; NODE_EXTRA_CA_CERTS=FILE adds who signed it.";
  return "";
}

/**
 * What is lost, without the sentence that tells programs to set `confirm`: people are asked, or told the flag.
 */
export function detailOf({ code, detail }: Pick<ProblemDocument, "code" | "detail">): string {
  return code === "confirmation_required" ? detail.replace(/ [^.]*\bconfirm\b[^.]*\.$/, "") : detail;
}
