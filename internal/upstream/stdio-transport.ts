import { type ChildProcess, spawn } from "node:child_process";
import { setImmediate } from "node:timers/promises";
import { type JSONRPCMessage, ReadBuffer, SdkError, SdkErrorCode, type Transport } from "@modelcontextprotocol/client";
import { printable } from "../operation/printable.ts";
import { ProgramEnded } from "./fault.ts";
import type { OnDropped } from "./guarded-fetch.ts";
import { guardGroup } from "./guardian.ts";
import { NoticeBudget } from "./notice-budget.ts";
import { limits } from "./server.ts";

export type StdioServer = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly onStderr: (line: string) => void;
  readonly onDropped: OnDropped;
};

const graceMs = 2000;
const stderrLines = 50;
const stderrWindowMs = 10_000;

/**
 * A child process that speaks MCP on its stdin and stdout. Unlike the SDK's own it inherits no environment but PATH,
 * leads a process group that is ended as a whole, even when the daemon is killed, and keeps its stderr to a bounded number
 * of lines.
 */
export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport["onmessage"];
  /** The SDK takes a transport with `stderr` and `pid` for stdio, where silence means an old server. */
  readonly stderr = null;
  readonly #server: StdioServer;
  readonly #budget = new NoticeBudget();
  readonly #buffer = new ReadBuffer({ maxBufferSize: limits.answerBytes });
  #child: ChildProcess | null = null;
  #ended: Promise<void> | null = null;
  #draining = false;
  #dismiss = () => {};
  #ending: ProgramEnded | null = null;

  constructor(server: StdioServer) {
    this.#server = server;
  }

  /** How the program ended by itself; null while it runs, and when it was ended from here. */
  get ending(): ProgramEnded | null {
    return this.#ending;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): Promise<void> {
    const { command, args, env } = this.#server;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const child = spawn(command, args, {
      env: { ...(process.env["PATH"] === undefined ? {} : { PATH: process.env["PATH"] }), ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      shell: false,
    });
    this.#child = child;
    if (child.pid !== undefined) this.#dismiss = guardGroup(child.pid);
    child.once("spawn", resolve);
    child.on("error", (error) => {
      reject(error);
      this.onerror?.(error);
    });
    this.#ended = new Promise((ended) => child.once("close", () => ended()));
    // its descendants may hold the pipes after it is gone, so its exit is the end, not the close of the pipes
    child.once("exit", (code, signal) => this.#lost(code, signal));
    child.stdin?.on("error", (error) => this.onerror?.(error));
    child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#readStderr(child);
    return promise;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (stdin == null || !stdin.writable) throw new SdkError(SdkErrorCode.NotConnected, "Not connected");
    if (stdin.write(`${JSON.stringify(message)}\n`)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    stdin.once("drain", resolve);
    stdin.once("close", resolve);
    await promise;
  }

  /** Ends the whole process group: stdin closed and SIGTERM, then SIGKILL. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    child.stdin?.end();
    signalGroup(child, "SIGTERM");
    const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      await new Promise((resolve) => child.once("exit", resolve));
    }
    clearTimeout(timer);
    // what the leader left behind in its group has had its chance
    signalGroup(child, "SIGKILL");
    this.#dismiss();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    await this.#ended;
    this.#buffer.clear();
    this.onclose?.();
  }

  #lost(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child === null) return;
    this.#ending = new ProgramEnded(code, signal);
    void this.close();
  }

  #read(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk);
    } catch (thrown) {
      this.onerror?.(thrown as Error);
      void this.close();
      return;
    }
    if (!this.#draining) void this.#drain();
  }

  async #drain(): Promise<void> {
    const stdout = this.#child?.stdout;
    this.#draining = true;
    stdout?.pause();
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) break;
        const isNotice = !("id" in message);
        if (!isNotice || this.#budget.take()) this.onmessage?.(message);
        else if ("method" in message) this.#server.onDropped(message.method);
        // the SDK handles notices a moment later, and would forget a progress that comes together with its result
        if (isNotice) await setImmediate();
      } catch (thrown) {
        // a line that is no message is the server's own chatter
        this.onerror?.(thrown as Error);
      }
    }
    this.#draining = false;
    stdout?.resume();
  }

  #readStderr(child: ChildProcess): void {
    let rest = "";
    let lines = 0;
    let windowStart = Date.now();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = (parts.pop() ?? "").slice(0, 1000);
      if (Date.now() - windowStart > stderrWindowMs) [windowStart, lines] = [Date.now(), 0];
      for (const line of parts) {
        lines++;
        if (lines <= stderrLines && line.trim() !== "") this.#server.onStderr(printable(line));
        if (lines === stderrLines + 1) this.#server.onStderr("(more lines dropped)");
      }
    });
  }
}

function signalGroup({ pid }: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // the group is empty already
  }
}
