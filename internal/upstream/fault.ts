import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import { printable } from "../operation/printable.ts";
import { TooLarge } from "./event-cutter.ts";

/** Our own marks on answers that never came, outside the range JSON-RPC and MCP reserve. */
export const brokenCode = -31_001;
export const tooLargeCode = -31_002;

/**
 * What went wrong between us and an upstream. `gone`: it forgot our session, and did nothing; `undelivered`: the call
 * surely never reached it; `broken`: the connection broke, and it may have run; the others came as an answer or in
 * place of one.
 */
export type Fault = {
  readonly kind: "gone" | "undelivered" | "broken" | "timed_out" | "unauthorized" | "too_large" | "failed";
  /** One line, printable, without a secret. */
  readonly reason: string;
};

/** A child process that ended by itself. */
export class ProgramEnded extends Error {
  constructor(code: number | null, signal: NodeJS.Signals | null) {
    super(signal === null ? `its program ended with exit code ${code}` : `its program was ended by ${signal}`);
  }
}

const undelivered = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EACCES",
  "ENOENT",
  "ENOTDIR",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Which fault an exception of the SDK, of fetch or of a child process stands for. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof SdkHttpError) return httpFault(thrown);
  if (thrown instanceof ProtocolError) return protocolFault(thrown);
  if (thrown instanceof SdkError) return sdkFault(thrown);
  if (thrown instanceof ProgramEnded) return { kind: "broken", reason: thrown.message };
  const code = codeOf(thrown);
  if (code !== undefined && undelivered.has(code)) return { kind: "undelivered", reason: reasons[code] ?? code };
  const text = messageOf(thrown);
  if (/not connected/i.test(text)) return { kind: "undelivered", reason: "the connection was closed" };
  if (thrown instanceof Error && thrown.name === "UnauthorizedError") return unauthorized;
  if (thrown instanceof TooLarge) return tooLarge;
  return code === undefined && !(thrown instanceof TypeError)
    ? { kind: "failed", reason: text }
    : { kind: "broken", reason: code === undefined ? text : `the connection broke (${code})` };
}

const unauthorized: Fault = { kind: "unauthorized", reason: "it refused our credential" };
const tooLarge: Fault = { kind: "too_large", reason: "it answered more than 4 MiB" };

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at its address",
  ENOTFOUND: "its host name does not resolve",
  EAI_AGAIN: "its host name does not resolve now",
  EHOSTUNREACH: "its host cannot be reached",
  ENETUNREACH: "its network cannot be reached",
  EACCES: "its program may not be run",
  ENOENT: "its program was not found",
  ENOTDIR: "its program was not found",
  UND_ERR_CONNECT_TIMEOUT: "its host did not answer in time",
};

function httpFault({ status, data, message }: SdkHttpError): Fault {
  const text = (data as { text?: unknown }).text;
  if (status === 401 || status === 403) return unauthorized;
  const isGone = status === 404 || (status === 400 && /session/i.test(typeof text === "string" ? text : message));
  if (isGone) return { kind: "gone", reason: "it forgot our session" };
  if (status === 502 || status === 503 || status === 504)
    return { kind: "broken", reason: `it answered with HTTP ${status}` };
  return { kind: "failed", reason: `it answered with HTTP ${status}` };
}

function protocolFault({ code, message }: ProtocolError): Fault {
  if (code === brokenCode) return { kind: "broken", reason: "the connection broke before the answer" };
  if (code === tooLargeCode) return tooLarge;
  return { kind: "failed", reason: `${printable(message, 500)} (${code})` };
}

function sdkFault(error: SdkError): Fault {
  if (error.code === SdkErrorCode.RequestTimeout) return { kind: "timed_out", reason: "it did not answer in time" };
  if (error.code === SdkErrorCode.NotConnected) return { kind: "undelivered", reason: "the connection was closed" };
  if (error.code === SdkErrorCode.ConnectionClosed || error.code === SdkErrorCode.SendFailed)
    return { kind: "broken", reason: "the connection was closed" };
  const cause = error.cause === undefined ? undefined : faultOf(error.cause);
  if (cause !== undefined && cause.kind !== "failed") return cause;
  return { kind: "failed", reason: messageOf(error) };
}

function codeOf(thrown: unknown): string | undefined {
  for (let at = thrown, depth = 0; typeof at === "object" && at !== null && depth < 5; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown[] };
    if (typeof code === "string") return code;
    at = cause ?? errors?.[0];
  }
  return undefined;
}

const messageOf = (thrown: unknown): string =>
  printable(thrown instanceof Error ? thrown.message : String(thrown), 500);
