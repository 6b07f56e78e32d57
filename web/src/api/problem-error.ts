import type { FieldError, ProblemDocument } from "../../../internal/problem/problem.ts";

/** A refused call as an Error, so that queries and mutations can carry it. */
export class ProblemError extends Error {
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }

  /** What is wrong with one field of the input, by its JSON pointer. */
  fieldError(path: string): string | undefined {
    return (this.problem.errors ?? []).find((error: FieldError) => error.path === path)?.message;
  }
}

/** The problem of anything thrown. What is no problem is a fault of the page and is named as one. */
export function problemIn(thrown: unknown): ProblemDocument {
  if (thrown instanceof ProblemError) return thrown.problem;
  return {
    type: "about:blank",
    title: "The page could not go on",
    status: 0,
    code: "internal",
    detail: `${thrown instanceof Error ? thrown.message : String(thrown)}. Reload the page.`,
  };
}

export const hasCode = (thrown: unknown, ...codes: readonly string[]): boolean =>
  thrown instanceof ProblemError && codes.includes(thrown.problem.code);
