import type { ProblemDocument } from "../../../internal/problem/problem.ts";
import { ProblemError } from "./problem-error.ts";

type AuthRoute = "login" | "logout" | "setup";

/** Calls one of the plain sign-in routes, which are not operations. Throws a ProblemError. */
export async function postAuth(route: AuthRoute, body: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await answerOf(
    fetch(`/api/auth/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

/** Whether nobody has an account yet. */
export async function isSetupRequired(): Promise<boolean> {
  const answer = (await answerOf(fetch("/api/auth/setup"))) as { readonly required: boolean };
  return answer.required;
}

async function answerOf(request: Promise<Response>): Promise<unknown> {
  let response: Response;
  try {
    response = await request;
  } catch {
    throw new ProblemError(unreachable);
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  throw new ProblemError(isProblem(body) ? body : { ...unreachable, status: response.status });
}

const unreachable: ProblemDocument = {
  type: "about:blank",
  title: "The server did not answer",
  status: 0,
  code: "unavailable",
  detail: "The request did not reach knot, or something in between broke it. Check the connection and try again.",
};

const isProblem = (body: unknown): body is ProblemDocument =>
  typeof body === "object" && body !== null && "code" in body && "detail" in body;
