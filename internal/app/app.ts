import { setTimeout } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Audit } from "../audit/audit.ts";
import type { Config } from "../config/schema.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { createRegistry } from "../operation/registry.ts";
import { Vault } from "../secret/secret.ts";
import { Servers } from "../server/server.ts";
import { SqlAudit } from "../store/audit.ts";
import { Catalogue } from "../tool/catalogue.ts";
import { createOperationSource } from "../tool/operation-source.ts";
import { arrived } from "./arrived.ts";
import { signInLog } from "./auth-door.ts";
import type { DataDir } from "./data-dir.ts";
import { openDoors } from "./doors.ts";
import { createGovernance } from "./governance.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { createIdentity } from "./identity.ts";
import { openConfiguredStore } from "./open-store.ts";
import { Opened } from "./opened.ts";
import { operations } from "./operations.ts";
import { openRuntimes } from "./runtimes.ts";
import { createSpaces } from "./spaces.ts";
import { openTools } from "./tools.ts";
import { version } from "./version.ts";

export type AppOptions = {
  readonly config: Config;
  readonly data: DataDir;
  /** Address people and clients use, without a slash at the end. */
  readonly url: string;
  readonly log: Logger;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
};

/** The whole daemon, put together but not listening. Disposing it ends everything but the spaces. */
export type App = AsyncDisposable & {
  readonly server: FastifyInstance;
  readonly identity: ReturnType<typeof createIdentity>;
  /** What people are told at the start: where spaces run, and what is configured in vain. */
  readonly notes: readonly string[];
  /** Starts what goes on by itself: recovery, the reconciler, connections to other servers, chores. */
  start(): Promise<void>;
  /** Says so at /readyz, ends event streams, and resolves when no call is under way, or after `milliseconds`. */
  drain(milliseconds: number): Promise<void>;
};

/** The composition root: plain constructors, in the order in which they need each other. */
export async function createApp(options: AppOptions): Promise<App> {
  const opened = new Opened();
  try {
    return await compose(options, opened);
  } catch (thrown) {
    await opened[Symbol.asyncDispose]();
    throw thrown;
  }
}

async function compose({ config, data, url, log, tls }: AppOptions, opened: Opened): Promise<App> {
  const onError = (what: string, cause: unknown) => log.error({ err: cause }, what);
  const onInternal = (cause: unknown, where: string) => onError(`Unexpected error in ${where}`, cause);
  const draining = new AbortController();
  const stopping = new AbortController();

  const store = opened.use(await openConfiguredStore(config, data));
  const vault = new Vault(data.key);
  const audit = opened.use(
    new Audit({ store: new SqlAudit(store), onError: (cause) => onError("The audit log could not be written", cause) }),
  );
  const identity = createIdentity({ store, secure: url.startsWith("https:"), signIns: signInLog(audit) });
  opened.use(identity.principals);
  const runtimes = await openRuntimes(config, data, (warning) => log.warn(warning));
  const places = createSpaces({
    store,
    vault,
    runtimes: runtimes.byName,
    identity,
    config: config.server,
    url,
    onError,
    onNotice: (text) => log.warn(text),
  });
  opened.use(places.keeper);

  const metrics = createMetrics({
    mcpSessions: () => doors.mcpSessions(),
    spacesByState: () => places.stores.spaces.countByState(),
  });
  const governance = await createGovernance({
    ...{ store, vault, audit, identity, url, onError },
    approval_ms: config.server.approvals.expire_hours * 3_600_000,
    arrived: async (tool, signal) => registry.get(tool.name) ?? arrived(catalogue, tool, signal),
    expected: (name) => registry.get(name) ?? catalogue.find(name) ?? upstreams.expected(name),
    onPassed: (capability, call, outcome, ms) => metrics.passed(capability, call, outcome, ms),
    onInternal: (call, capability, cause) =>
      log.error({ err: cause, call: call.id }, `Unexpected error in ${capability.name}`),
  });
  opened.use(governance.approvals);
  opened.use(governance.events);

  const upstreams = opened.use(await openTools(config, log, audit));
  const servers = new Servers({
    ...{ version, url, store },
    runtimes: [...runtimes.byName.values()],
    required: runtimes.required,
    mcp: { enabled: config.server.mcp.enabled, url: config.server.mcp.enabled ? `${url}/mcp` : null },
    accepting: () => !draining.signal.aborted,
  });
  const services = { ...identity, ...governance, ...places, audit, servers, integrations: upstreams.integrations };
  const registry = createRegistry(operations, services, governance.waist);
  const own = createOperationSource(registry, config.server.mcp.disable_builtin_tools);
  const catalogue = new Catalogue({ sources: [own, ...upstreams.sources], waist: governance.waist });
  opened.defer(() => catalogue.close());

  const doors = await openDoors({
    ...{ config, url, tls, identity, audit, registry, catalogue, servers, metrics, onInternal },
    key: data.key,
    events: governance.events,
    approvals: governance.approvals,
    draining: draining.signal,
    stopping: stopping.signal,
  });
  opened.defer(() => doors.server.close());
  opened.defer(() => stopping.abort());

  // the log of the daemon is kept by others than the database is
  const logCheckpoint = async () => log.info({ checkpoint: await audit.checkpoint() }, "the audit log ends here");

  return {
    server: doors.server,
    identity,
    notes: [...runtimes.notes, ...upstreams.notes],
    async start() {
      await places.templates.ensureSamples();
      await governance.approvals.recover();
      places.keeper.reconciler.start();
      upstreams.start();
      opened.use(
        startHousekeeping(
          [
            { name: "approvals", every_seconds: 60, run: () => governance.approvals.sweep() },
            { name: "sessions", every_seconds: 3600, run: () => identity.sessions.sweep() },
            { name: "audit", every_seconds: 3600, run: () => audit.prune(config.server.audit_retention) },
            { name: "checkpoint", every_seconds: 3600, run: () => logCheckpoint() },
            { name: "events", every_seconds: 3600, run: () => governance.events.prune() },
            { name: "idempotency", every_seconds: 3600, run: () => governance.idempotency.prune() },
          ],
          onError,
        ),
      );
    },
    async drain(milliseconds) {
      draining.abort();
      const deadline = Date.now() + milliseconds;
      while (governance.waist.running > 0 && Date.now() < deadline) await setTimeout(20);
      await logCheckpoint().catch((cause: unknown) => onError("The audit log could not be read", cause));
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
