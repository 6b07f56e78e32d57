import { MutationCache, QueryCache, QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import type { CallOptions } from "../../../internal/client/client.ts";
import { call, type InputOf, type OperationName, type OutputOf } from "./operations.ts";
import { hasCode, ProblemError } from "./problem-error.ts";

type Listener = () => void;
const expiryListeners = new Set<Listener>();

/** Calls back when any answer says that the session has ended. Returns how to stop. */
export function onSessionExpired(listener: Listener): () => void {
  expiryListeners.add(listener);
  return () => {
    expiryListeners.delete(listener);
  };
}

/** Says that the session has ended, to whoever listens. */
export function noticeExpiry(error: unknown): void {
  if (hasCode(error, "unauthenticated")) for (const listener of expiryListeners) listener();
}

const transient = ["unavailable", "runtime_unavailable", "timed_out"];

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeExpiry }),
  mutationCache: new MutationCache({ onError: noticeExpiry }),
  defaultOptions: {
    queries: { staleTime: 10_000, retry: (count, error) => count < 2 && hasCode(error, ...transient) },
  },
});

/** Calls an operation; what it refuses is thrown as a ProblemError. */
export async function invoke<Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  options: CallOptions = {},
): Promise<OutputOf<Name>> {
  const result = await call(name, input, options);
  if (result.ok) return result.value;
  throw new ProblemError(result.problem);
}

/** A read as a query. Its key is [operation, input], which is how events find what they outdate. */
export const operationQuery = <Name extends OperationName>(name: Name, input: InputOf<Name>) =>
  queryOptions({ queryKey: [name, input] as const, queryFn: () => invoke(name, input) });

export const useOperation = <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  options: { enabled?: boolean; refetchInterval?: number | false } = {},
) => useQuery({ ...operationQuery(name, input), ...options });

/** Every cached answer of these operations is read anew. */
export const outdate = (...names: readonly OperationName[]): Promise<unknown> =>
  Promise.all(names.map((name) => queryClient.invalidateQueries({ queryKey: [name] })));
