import type { ReactNode } from "react";
import { problemIn } from "../api/problem-error.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { Prose } from "./prose.tsx";

type NoticeProps = {
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
  /** Only the detail, where the place says the rest. */
  readonly brief?: boolean;
};

/** What failed, why, and what can be done: the problem's own words, and a way to try again. */
export function ProblemNotice({ error, retry, brief = false }: NoticeProps) {
  const { title, detail, code, instance } = problemIn(error);
  return (
    <div role="alert" className="flex gap-3 rounded-xl border border-bad/40 bg-bad-soft p-4">
      <Icon name="warning" className="mt-0.5 size-5 text-bad" />
      <div className="min-w-0 flex-1">
        {!brief && <p className="font-medium">{title}</p>}
        <p className="break-words">
          <Prose text={detail} />
        </p>
        {!brief && (
          <p className="mt-1 font-mono text-xs text-dim">
            {code}
            {instance !== undefined && ` · call ${instance}`}
          </p>
        )}
        {retry !== undefined && (
          <Button icon="restart" className="mt-3" onClick={retry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}

/** One sentence, one action: what a list shows while it is empty. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-2 rounded-xl border border-dashed border-line px-6 py-14 text-center">
      <h2 className="text-base font-semibold">{title}</h2>
      <p className="max-w-md text-dim">{children}</p>
      {action !== undefined && <div className="mt-3">{action}</div>}
    </div>
  );
}

/** Grey rows in the place of a list that is being read. */
export function Loading({ rows = 3, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="grid gap-2">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
        <div key={row} className="h-14 animate-pulse rounded-xl bg-hover" />
      ))}
    </div>
  );
}
