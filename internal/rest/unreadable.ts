import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { Problem, type ProblemCode } from "../problem/problem.ts";
import { protectionHeaders } from "./protection.ts";

type Answer = readonly [status: number, code: ProblemCode, detail: string];

const notHttp: Answer = [400, "malformed", "The request is not HTTP as it must be, so it was not read."];

/** By the code of Node's error; their statuses have no row of their own in the table of problems. */
const answers: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: [431, "too_large", "The request's headers are larger than 16 KiB, or more than 100."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "timed_out", "The request did not arrive in time."],
};

/** Answers what Node could not read as a request: there is no route and no reply yet, only the connection. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  if (!socket.writable) return void socket.destroy();
  const [status, code, detail] = answers[error.code ?? ""] ?? notHttp;
  const body = JSON.stringify({ ...new Problem(code, detail).toDocument(), status });
  const headers = {
    ...protectionHeaders,
    "content-type": "application/problem+json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join("")}\r\n${body}`, () => socket.destroy());
}
