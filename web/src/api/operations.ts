import type { Operations } from "../../../internal/app/operations.ts";
import { type CallOptions, createClient, type Result } from "../../../internal/client/client.ts";
import type { Contract } from "../../../internal/operation/registry.ts";

type Contracts = Contract<Operations>;

export type OperationName = keyof Contracts & string;
export type InputOf<Name extends OperationName> = Contracts[Name]["input"];
export type OutputOf<Name extends OperationName> = Contracts[Name]["output"];

type Call = <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  options?: CallOptions,
) => Promise<Result<OutputOf<Name>>>;

/** The one client of the page: same origin, the session's cookie. */
const client = createClient<Operations>();

// where the name is a type parameter, the client's optional input cannot be resolved
export const call = client.call as Call;
export const { subscribe } = client;
