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
  /** Codes the caller shows itself, next to what caused them. */
  readonly handles?: readonly string[];
};

/** A call that changes something: pending state, optimistic view with rollback, and every failure said aloud. */
export function useAction<Name extends OperationName>(name: Name, options: Options<Name> = {}) {
  const [keyring] = useState(createKeyring);
  const creates = name.startsWith("create_");
  return useMutation<OutputOf<Name>, Error, InputOf<Name>, { undo: (() => void) | undefined }>({
    mutationFn: (input) => invoke(name, input, creates ? { idempotencyKey: keyring.keyFor(input) } : {}),
    // safe only with a key: without one nobody knows whether the first try took effect
    retry: (count, error) => creates && count < 2 && problemIn(error).code === "unavailable",
    onMutate: (input) => ({ undo: options.optimistic?.(input) }),
    onSuccess: (output, input) => {
      keyring.forget();
      const text = options.says?.(output, input);
      if (text !== undefined) showToast({ tone: "good", text });
      options.done?.(output, input);
    },
    onError: (error, _input, context) => {
      context?.undo?.();
      const problem = problemIn(error);
      if (problem.code === "unauthenticated" || options.handles?.includes(problem.code)) return;
      showToast({ tone: "bad", title: problem.title, text: problem.detail, approval: approvalOf(problem) });
    },
    onSettled: () => void outdate(...(options.outdates ?? [])),
  });
}

/** The approval a problem is about, if it still waits. */
function approvalOf({ code, approval }: ProblemDocument): string | undefined {
  if (code !== "approval_required" || typeof approval !== "object" || approval === null) return undefined;
  const { id } = approval as { readonly id?: unknown };
  return typeof id === "string" ? id : undefined;
}
