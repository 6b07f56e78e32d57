import { setTimeout as pauseFor } from "node:timers/promises";
import type { Call } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import type { SourceChange, Tool, ToolResult, ToolSource } from "../tool/tool.ts";
import { Breaker } from "./breaker.ts";
import { callOptions } from "./call-options.ts";
import { type Fault, faultOf } from "./fault.ts";
import { adviceOn, problemOfFault, unavailable } from "./fault-problem.ts";
import { permission, type RemoteTool, toolName } from "./remote-tool.ts";
import { limits, type UpstreamLog, type UpstreamServer } from "./server.ts";
import { openSession, type Session } from "./session.ts";
import { ToolShelf } from "./tool-shelf.ts";

/** How a connection is doing. `degraded`: lost or doubtful, its tools stay listed; `failed`: never reached so far. */
export type UpstreamStatus = {
  readonly namespace: string;
  readonly transport: "http" | "stdio";
  readonly status: "connecting" | "connected" | "degraded" | "failed";
  /** Why it does not work, for people. */
  readonly error: string | null;
  /** Tools that are left out, and why. */
  readonly warnings: readonly string[];
  readonly since_at: number;
  /** When it is tried again; null when it works, or is being tried. */
  readonly retry_at: number | null;
  readonly tools: number;
  readonly era: "modern" | "legacy" | null;
  /** The last lines its program wrote to its standard error, oldest first. */
  readonly output: readonly string[];
};

export type Redescribed = { readonly namespace: string; readonly tools: readonly string[] };

export type UpstreamDeps = {
  readonly version: string;
  readonly log: UpstreamLog;
  /** Hears of tools that a server describes differently than before. */
  readonly onRedescribed?: ((change: Redescribed) => void) | undefined;
  /** Only tests shorten it. */
  readonly backoffMs?: { readonly first: number; readonly last: number };
  readonly restMs?: { readonly first: number; readonly last: number };
};

/** Lines of a program's standard error that are kept. */
const outputLines = 20;

const noise = "it sends too many notices; some are dropped";

/**
 * One remote server as a source of tools. It connects in the background and heals by itself; the list is always
 * answered from memory, and only a call of its own tools ever waits for it.
 */
export class Upstream implements ToolSource {
  readonly name: string;
  readonly #server: UpstreamServer;
  readonly #deps: UpstreamDeps;
  readonly #shelf: ToolShelf;
  #session: Session | null = null;
  #connecting: Promise<Session> | null = null;
  #status: UpstreamStatus["status"] = "connecting";
  #sinceAt = Date.now();
  #fault: Fault | null = null;
  readonly #breaker: Breaker;
  #output: readonly string[] = [];
  #retryAt: number | null = null;
  /** Until then calls do not wait for a connection: the last attempt was slow to fail. */
  #restsUntil = 0;
  #connectedAt = 0;
  #attempts = 0;
  #timer: NodeJS.Timeout | null = null;
  #checking = false;
  #listing: Promise<void> | null = null;
  #listAgain = false;
  #legacy = false;
  #noisy = false;
  readonly #closing = new AbortController();

  constructor(server: UpstreamServer, deps: UpstreamDeps) {
    this.name = server.namespace;
    this.#server = server;
    this.#deps = deps;
    this.#breaker = new Breaker(deps.restMs);
    const onRedescribed = (tools: readonly string[]) => deps.onRedescribed?.({ namespace: server.namespace, tools });
    this.#shelf = new ToolShelf(server, (tool, args, call) => this.#run(tool, args, call), onRedescribed);
  }

  /** Begins to connect; returns at once. */
  start(): void {
    this.#connect().catch(() => {});
  }

  list(): readonly Tool[] {
    return this.#shelf.list();
  }

  /** By the listed name, or as `namespace.tool` with the name the server uses. */
  find(name: string): Tool | undefined {
    return this.#shelf.find(name);
  }

  awaited(name: string): { permission: typeof permission; problem: Problem } | null {
    const isKnown = this.#session !== null || this.#shelf.list().length > 0;
    return isKnown || toolName(this.#server, name) === null ? null : { permission, problem: this.#unavailable() };
  }

  onChange(listener: (change: SourceChange) => void): () => void {
    return this.#shelf.onChange(listener);
  }

  status(): UpstreamStatus {
    return {
      namespace: this.name,
      transport: this.#server.command === undefined ? "http" : "stdio",
      status: this.#status,
      error: this.#fault === null ? null : `${this.#fault.reason}. ${adviceOn(this.#fault)}`,
      warnings: [...(this.#noisy ? [noise] : []), ...this.#shelf.warnings],
      since_at: this.#sinceAt,
      retry_at: this.#retryAt ?? this.#breaker.restsUntil(),
      tools: this.#shelf.list().length,
      era: this.#session?.era ?? null,
      output: this.#output,
    };
  }

  /** Ends the connection, a child process included. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#shelf.close();
    const session = this.#session;
    this.#session = null;
    await session?.close();
    // an attempt under way sees that and takes its connection down itself
    await this.#connecting?.catch(() => {});
  }

  async #run(tool: RemoteTool, args: object, call: Call): Promise<ToolResult> {
    for (let attempt = 1; ; attempt++) {
      const session = await this.#ready(call.signal);
      try {
        const result = await session.call(tool, args, callOptions(call, this.#timeoutMs()));
        this.#answered(session);
        return result;
      } catch (thrown) {
        if (call.signal.aborted) throw new Problem("cancelled", "The call was cancelled.", { cause: thrown });
        const fault = session.ended() ?? faultOf(thrown);
        const lost = fault.kind === "gone" || fault.kind === "undelivered" || fault.kind === "broken";
        if (lost) this.#lose(session, fault);
        if (fault.kind === "timed_out") this.#unanswered(session, fault);
        else if (!lost) this.#answered(session);
        // what surely did not run, or may run twice, is worth one more try on a fresh connection
        const repeatable =
          lost && (fault.kind !== "broken" || tool.annotations.idempotentHint || tool.effect === "read");
        if (!repeatable || attempt > 1) {
          const connected = this.#session !== null || fault.kind === "broken";
          throw connected ? problemOfFault(this.name, fault, this.#timeoutMs(), thrown) : this.#unavailable(thrown);
        }
      }
    }
  }

  /** The connection, or one made for this call. A server that hung just now is not asked again at once. */
  async #ready(signal: AbortSignal): Promise<Session> {
    if (this.#breaker.restsUntil() !== null) throw this.#unavailable();
    if (this.#session !== null) return this.#session;
    const isResting = this.#connecting === null && Date.now() < this.#restsUntil;
    if (this.#closed || isResting) throw this.#unavailable();
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(new Problem("cancelled", "The call was cancelled."));
    const timer = setTimeout(() => reject(this.#unavailable()), Math.min(limits.connectMs, this.#timeoutMs()));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([this.#connect(), promise]);
    } catch (thrown) {
      throw thrown instanceof Problem ? thrown : this.#unavailable(thrown);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Any answer is a sign of life. */
  #answered(session: Session): void {
    this.#breaker.succeeded();
    this.#works(session);
  }

  #unanswered(session: Session, fault: Fault): void {
    this.#breaker.failed();
    if (this.#breaker.restsUntil() !== null && this.#session === session) {
      this.#fault = { ...fault, reason: "it did not answer its last calls" };
      this.#setStatus("degraded");
    }
    this.#check(session);
  }

  #works(session: Session): void {
    if (this.#session !== session || this.#status === "connected" || this.#breaker.restsUntil() !== null) return;
    this.#fault = null;
    this.#setStatus("connected");
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  #connect(): Promise<Session> {
    this.#connecting ??= this.#attempt().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #attempt(): Promise<Session> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#retryAt = null;
    this.#attempts++;
    const start = Date.now();
    let session: Session | null = null;
    try {
      session = await this.#open();
      this.#shelf.adopt(await session.list());
      if (this.#closed) throw new Error("closed");
      this.#session = session;
      this.#connectedAt = Date.now();
      this.#fault = null;
      this.#setStatus("connected");
      this.#checkLater(session);
      return session;
    } catch (thrown) {
      await session?.close();
      if (Date.now() - start > limits.slowMs) this.#restsUntil = Date.now() + limits.restMs;
      if (!this.#closed) this.#failed(faultOf(thrown));
      throw thrown;
    }
  }

  async #open(): Promise<Session> {
    const { version, log } = this.#deps;
    let session: Session | null = null;
    // what happens before the session is known is the attempt's own failure
    session = await openSession({
      server: this.#server,
      version,
      log,
      legacy: this.#legacy,
      signal: this.#closing.signal,
      onToolsChanged: () => session !== null && this.#relist(session),
      onClosed: (fault) => session !== null && this.#lose(session, fault),
      onDoubt: () => session !== null && this.#check(session),
      onOutput: (line) => {
        this.#output = [...this.#output, line].slice(-outputLines);
      },
      onNoise: () => {
        this.#noisy = true;
      },
    });
    return session;
  }

  #failed(fault: Fault): void {
    // a child that died of the newer protocol's first question is asked in the older one next time
    if (this.#server.command !== undefined && fault.kind !== "undelivered") this.#legacy = !this.#legacy;
    this.#countCrash();
    this.#fault = fault;
    this.#setStatus(this.#shelf.list().length > 0 ? "degraded" : "failed");
    this.#retryLater();
  }

  /** To connect to an address again is cheap, to start a program again and again is not. */
  #countCrash(): void {
    if (this.#server.command !== undefined) this.#breaker.failed();
  }

  #retryLater(): void {
    const { first, last } = this.#deps.backoffMs ?? limits.backoffMs;
    const delay = Math.min(last, first * 2 ** Math.min(this.#attempts - 1, 10));
    // so that many integrations of one dead host do not knock together
    const spread = delay * (0.8 + 0.4 * Math.random());
    this.#retryAt = Date.now() + Math.round(spread);
    this.#schedule(spread, () => this.start());
  }

  /** Lets go of a connection that does not work any more and sets out for a new one. */
  #lose(session: Session, fault: Fault): void {
    if (this.#session !== session || this.#closed) return;
    this.#session = null;
    void session.close();
    this.#countCrash();
    this.#fault = fault;
    this.#setStatus("degraded");
    if (Date.now() - this.#connectedAt > limits.stableMs) this.#attempts = 0;
    if (this.#attempts === 0) this.start();
    else this.#retryLater();
  }

  /** Asks a doubtful connection for a sign of life; one question at a time. */
  #check(session: Session): void {
    if (this.#checking || this.#session !== session || this.#closed) return;
    this.#checking = true;
    session
      .check()
      .then(
        () => null,
        (thrown: unknown) => faultOf(thrown),
      )
      .then((fault) => {
        this.#checking = false;
        if (this.#session !== session) return;
        // an answer that says no is still an answer
        if (fault !== null && fault.kind !== "failed") return this.#lose(session, fault);
        this.#works(session);
        this.#checkLater(session);
      });
  }

  #checkLater(session: Session): void {
    this.#schedule(limits.checkMs, () => this.#check(session));
  }

  #relist(session: Session): void {
    if (this.#session !== session) return;
    this.#listAgain = true;
    this.#listing ??= this.#relistWhileChanged().finally(() => {
      this.#listing = null;
    });
  }

  /** Again and again while announcements come, at a slower and slower pace. */
  async #relistWhileChanged(): Promise<void> {
    let pause: number = limits.relistMs.first;
    for (;;) {
      // another connection may have come during the pause, with announcements of its own
      const session = this.#session;
      if (!this.#listAgain || session === null || this.#closed) return;
      this.#listAgain = false;
      try {
        this.#shelf.adopt(await session.list());
      } catch {
        this.#check(session);
      }
      await pauseFor(pause, undefined, { ref: false });
      pause = Math.min(limits.relistMs.last, pause * 2);
    }
  }

  #schedule(delay: number, work: () => void): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      work();
    }, delay);
    this.#timer.unref();
  }

  #setStatus(status: UpstreamStatus["status"]): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#sinceAt = Date.now();
    const { namespace } = this.status();
    const message = this.#fault === null ? status : `${status}: ${this.#fault.reason}`;
    this.#deps.log({ level: status === "connected" ? "info" : "warn", namespace, message });
  }

  #timeoutMs(): number {
    return (this.#server.timeout_seconds ?? 30) * 1000;
  }

  #unavailable(cause?: unknown): Problem {
    const { since_at, retry_at } = this.status();
    return unavailable({ namespace: this.name, since_at, retry_at, fault: this.#fault }, cause);
  }
}
