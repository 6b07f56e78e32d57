import {
  keepPreviousData,
  MutationCache,
  QueryCache,
  QueryClient,
  queryOptions,
  useQuery,
} from "@tanstack/react-query";
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
    queries: {
      staleTime: 10_000,
      retry: (count, error) => count < 2 && hasCode(error, ...transient),
      // knot may be on this very machine: what the browser thinks of the network says nothing about it
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
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

type ReadOptions = {
  readonly enabled?: boolean;
  readonly refetchInterval?: number | false;
  /** Shows the last answer while another page, filter or amount is being read. */
  readonly keepPrevious?: boolean;
};

export const useOperation = <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  { keepPrevious = false, ...options }: ReadOptions = {},
) =>
  useQuery({
    ...operationQuery(name, input),
    ...options,
    ...(keepPrevious ? { placeholderData: keepPreviousData } : {}),
  });

/** What could not be read while the server was away. */
export const readAgainWhatFailed = (): Promise<unknown> =>
  queryClient.refetchQueries({ predicate: ({ state }) => state.status === "error" });

/** Every cached answer of these operations is read anew. */
export const outdate = (...names: readonly OperationName[]): Promise<unknown> =>
  Promise.all(names.map((name) => queryClient.invalidateQueries({ queryKey: [name] })));
