/** One row of the table of errors: what a caller sees, and with which number. */
type Row = { readonly status: number; readonly exit: number; readonly title: string };

/**
 * Every error knot can answer with. `status` is the HTTP status, `exit` the CLI's exit code
 * (2 usage, 4 access, 75 try again later, 78 configuration; the rest after sysexits.h).
 */
export const problems = {
  invalid_input: { status: 422, exit: 2, title: "The input does not fit the operation's schema" },
  malformed: { status: 400, exit: 2, title: "The request could not be read" },
  unauthenticated: { status: 401, exit: 4, title: "Sign in first" },
  forbidden: { status: 403, exit: 4, title: "You lack the permission this operation needs" },
  not_found: { status: 404, exit: 1, title: "No such thing, or it is not yours to see" },
  conflict: { status: 409, exit: 1, title: "The thing is not in a state that allows this" },
  confirmation_required: { status: 409, exit: 1, title: "This destroys something; confirm it" },
  approval_required: { status: 409, exit: 3, title: "Someone has to approve this call first" },
  declined: { status: 403, exit: 1, title: "The call was not approved" },
  quota_exceeded: { status: 409, exit: 1, title: "This would exceed your quota" },
  too_large: { status: 413, exit: 1, title: "That is larger than allowed" },
  rate_limited: { status: 429, exit: 75, title: "Too many attempts; wait and try again" },
  timed_out: { status: 504, exit: 1, title: "It took longer than allowed" },
  cancelled: { status: 499, exit: 130, title: "The caller went away or cancelled" },
  runtime_unavailable: { status: 503, exit: 75, title: "The runtime that holds the space did not answer" },
  runtime_failed: { status: 502, exit: 1, title: "The runtime could not do what was asked" },
  upstream_unavailable: { status: 502, exit: 75, title: "The connected tool server did not answer" },
  upstream_failed: { status: 502, exit: 1, title: "The connected tool server answered with an error" },
  unavailable: { status: 503, exit: 75, title: "Not ready; try again shortly" },
  storage_full: { status: 507, exit: 75, title: "There is no space left to keep this" },
  internal: { status: 500, exit: 70, title: "Something broke on our side" },
} as const satisfies Record<string, Row>;

export type ProblemCode = keyof typeof problems;

/** A mistake in the input: `path` is a JSON pointer (RFC 6901) into it. */
export type FieldError = { readonly path: string; readonly message: string };

/** An RFC 9457 problem document. `code` is the stable name; `type` links to its row in the docs. */
export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  /** The id of the call, to find it in the audit log. */
  readonly instance?: string;
  readonly errors?: readonly FieldError[];
} & Readonly<Record<string, unknown>>;

type Options = {
  /** What really happened: logged, never sent. */
  readonly cause?: unknown;
  readonly errors?: readonly FieldError[];
  /** Extension members of the document, such as `approval` or `retry_after` (seconds). */
  readonly extra?: Readonly<Record<string, unknown>>;
};

/**
 * An error that may be shown to the caller. `detail` says what failed, why, and what to do next,
 * and never contains a secret. Anything thrown that is not a Problem becomes `internal`.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: ProblemCode, detail: string, options: Options = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Problem";
    this.code = code;
    this.errors = options.errors ?? [];
    this.extra = options.extra ?? {};
  }

  get status(): number {
    return problems[this.code].status;
  }

  get exit(): number {
    return problems[this.code].exit;
  }

  /** The document of RFC 9457; `callId` becomes its `instance`. */
  toDocument(callId?: string): ProblemDocument {
    return {
      type: `/docs/reference/problems#${this.code}`,
      title: problems[this.code].title,
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(callId === undefined ? {} : { instance: callId }),
      ...(this.errors.length === 0 ? {} : { errors: this.errors }),
      ...this.extra,
    };
  }
}

/** What may be shown of anything thrown: a Problem as it is, everything else as a neutral `internal`. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem("internal", "An unexpected error happened. The daemon's log has the details.", { cause: thrown });
}
