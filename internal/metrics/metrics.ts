import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What the daemon counts about itself. Labels are names from our own tables, never what a caller sent. */
export type Metrics = {
  /** One HTTP request; `route` is the pattern, such as /api/spaces/:space. */
  readonly request: (method: string, route: string, status: number, seconds: number) => void;
  /** One call through the waist: fits WaistDeps.onPassed. */
  readonly passed: (
    capability: { readonly name: string; readonly origin: string },
    call: { readonly door: string },
    outcome: string,
    duration_ms: number,
  ) => void;
  readonly render: () => Promise<{ readonly type: string; readonly text: string }>;
};

export type MetricsSources = {
  /** How many MCP sessions are open. */
  readonly mcpSessions?: () => number;
  /** How many spaces there are in each state. Asked at each scrape. */
  readonly spacesByState?: () => Promise<Readonly<Record<string, number>>>;
};

const seconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120];

/** The metrics of one daemon, with those of its process: memory, CPU, garbage collection, event-loop lag. */
export function createMetrics(sources: MetricsSources = {}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "knot_" });
  const registers = [registry];
  const requests = new Histogram({
    name: "knot_http_request_duration_seconds",
    help: "HTTP requests by method, route and status",
    labelNames: ["method", "route", "status"],
    buckets: seconds,
    registers,
  });
  const outcomes = new Counter({
    name: "knot_operation_calls_total",
    help: "Calls by operation, door and outcome: ok, failed, denied, pending",
    labelNames: ["operation", "door", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "knot_operation_duration_seconds",
    help: "How long calls took, by operation",
    labelNames: ["operation"],
    buckets: seconds,
    registers,
  });
  addGauges(sources, registers);
  return {
    request: (method, route, status, took) => requests.observe({ method, route, status }, took),
    passed: (capability, { door }, outcome, duration_ms) => {
      // the tools of a connected server are counted by its namespace: their names are not ours
      const operation = capability.origin === "knot" ? capability.name : `${capability.origin}__*`;
      outcomes.inc({ operation, door, outcome });
      durations.observe({ operation }, duration_ms / 1000);
    },
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}

function addGauges({ mcpSessions, spacesByState }: MetricsSources, registers: Registry[]): void {
  if (mcpSessions !== undefined) {
    new Gauge({
      name: "knot_mcp_sessions",
      help: "Open MCP sessions",
      registers,
      collect() {
        this.set(mcpSessions());
      },
    });
  }
  if (spacesByState !== undefined) {
    new Gauge({
      name: "knot_spaces",
      help: "Spaces by state",
      labelNames: ["state"],
      registers,
      async collect() {
        this.reset();
        // a scrape during an outage still shows the rest
        const states = await spacesByState().catch(() => ({}));
        for (const [state, count] of Object.entries(states)) this.set({ state }, count);
      },
    });
  }
}
