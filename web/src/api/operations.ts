import { type CallOptions, createClient, type Result } from "../../../internal/client/client.ts";
import type { Operations } from "./contract.ts";

export type OperationName = keyof Operations & string;
export type InputOf<Name extends OperationName> = Operations[Name]["input"];
export type OutputOf<Name extends OperationName> = Operations[Name]["output"];

const client = createClient<readonly []>();

/** The one client of the page: same origin, the session's cookie. */
export const call = client.call as <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  options?: CallOptions,
) => Promise<Result<OutputOf<Name>>>;
export const { subscribe } = client;
