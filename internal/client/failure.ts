import type { ProblemCode, ProblemDocument } from "../problem/problem.ts";

const document = (code: ProblemCode, title: string, detail: string, status: number): ProblemDocument => ({
  type: `/docs/reference/problems#${code}`,
  title,
  status,
  code,
  detail,
});

/** The problem document a response carries, or one for an answer that did not come from knot, such as a proxy's page. */
export async function problemOf(response: Response): Promise<ProblemDocument> {
  const text = await response.text().catch(() => "");
  try {
    const body = JSON.parse(text);
    if (typeof body.code === "string" && typeof body.detail === "string") return body;
  } catch {
    // not knot's own answer; told below
  }
  const detail =
    response.status === 503
      ? "The server is starting or stopping. Try again shortly."
      : `The server answered ${response.status} without saying why. Is this the address of a knot server?`;
  return document("unavailable", "Not ready; try again shortly", detail, response.status);
}

/** The problem document of anything thrown on the way: cancelled, unreachable, or a document already. */
export function failed(thrown: unknown, isAborted = false): ProblemDocument {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "detail" in thrown) {
    return thrown as ProblemDocument;
  }
  if (isAborted) {
    return document("cancelled", "The caller went away or cancelled", "The call was cancelled.", 499);
  }
  const cause = (thrown as Error | undefined)?.cause as NodeJS.ErrnoException | undefined;
  const reason = cause?.message || (thrown as Error | undefined)?.message || String(thrown);
  const detail = `The server could not be reached: ${(reason.split("\n")[0] ?? "").trim()}`;
  // why, as the platform names it, for whoever can say what to do
  return { ...document("unavailable", "Not ready; try again shortly", detail, 503), reason: cause?.code ?? "" };
}
