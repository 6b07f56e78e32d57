import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { ProblemDocument } from "../../../internal/problem/problem.ts";
import { showToast } from "../ui/toast.tsx";
import { createKeyring } from "./idempotency.ts";
import type { InputOf, OperationName, OutputOf } from "./operations.ts";
import { problemIn } from "./problem-error.ts";
import { invoke, outdate } from "./query.ts";

type Options<Name extends OperationName> = {
  /** Operations whose answers this changes. */
  readonly outdates?: readonly OperationName[];
  /** Shows the expected result at once; returns how to take it back. */
  readonly optimistic?: (input: InputOf<Name>) => () => void;
  readonly done?: (output: OutputOf<Name>, input: InputOf<Name>) => void;
  /** What the toast says when it worked. */
  readonly says?: (output: OutputOf<Name>, input: InputOf<Name>) => string;
  /** Never sent again by itself, because a server that fell over may have done it already. */
  readonly once?: boolean;
  /** Aborts a call that goes on for long; asked at its start. */
  readonly signal?: () => AbortSignal;
  /** Codes the caller shows itself, next to what caused them. */
  readonly handles?: readonly string[];
};

const mostRetries = 5;

/**
 * A call that changes something: pending state, optimistic view with rollback, and every failure said aloud. While the
 * server is away it is sent again under the same key, so that a click during a restart is neither lost nor doubled.
 */
export function useAction<Name extends OperationName>(name: Name, options: Options<Name> = {}) {
  const [keyring] = useState(createKeyring);
  return useMutation<OutputOf<Name>, Error, InputOf<Name>, { undo: (() => void) | undefined }>({
    mutationFn: (input) =>
      invoke(name, input, {
        idempotencyKey: keyring.keyFor(input),
        ...(options.signal === undefined ? {} : { signal: options.signal() }),
      }),
    retry: (count, error) => options.once !== true && count < mostRetries && problemIn(error).code === "unavailable",
    retryDelay: (count) => Math.min(4000, 500 * 2 ** count),
    onMutate: (input) => ({ undo: options.optimistic?.(input) }),
    onSuccess: (output, input) => {
      keyring.forget(input);
      const text = options.says?.(output, input);
      if (text !== undefined) showToast({ tone: "good", text });
      options.done?.(output, input);
    },
    onError: (error, _input, context) => {
      context?.undo?.();
      const problem = problemIn(error);
      if (problem.code === "unauthenticated" || options.handles?.includes(problem.code)) return;
      const waiting = approvalOf(problem);
      if (waiting === undefined) showToast({ tone: "bad", title: problem.title, text: problem.detail });
      // the problem's own words tell a program how to go on
      else
        showToast({
          tone: "bad",
          title: problem.title,
          text: `${waiting.label ?? "The call"}: it runs as soon as it is approved.`,
          approval: waiting.id,
        });
    },
    onSettled: () => void outdate(...(options.outdates ?? [])),
  });
}

/** The approval a problem is about, if it still waits. */
function approvalOf({ code, approval }: ProblemDocument): { readonly id: string; readonly label?: string } | undefined {
  if (code !== "approval_required" || typeof approval !== "object" || approval === null) return undefined;
  const { id, label } = approval as { readonly id?: unknown; readonly label?: unknown };
  if (typeof id !== "string") return undefined;
  return { id, ...(typeof label === "string" ? { label } : {}) };
}
