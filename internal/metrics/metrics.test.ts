import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createMetrics } from "./metrics.ts";

describe("metrics", () => {
  test("count requests and calls by our own names", async () => {
    const metrics = createMetrics();
    metrics.request("GET", "/api/spaces/:space", 200, 0.02);
    metrics.passed({ name: "start_space", origin: "knot" }, { door: "mcp" }, "denied", 12);
    metrics.passed({ name: "ai__anything", origin: "ai" }, { door: "mcp" }, "ok", 12);
    const { text, type } = await metrics.render();
    assert.match(type, /^text\/plain/);
    assert.match(
      text,
      /knot_http_request_duration_seconds_count\{method="GET",route="\/api\/spaces\/:space",status="200"\} 1/,
    );
    assert.match(text, /knot_operation_calls_total\{operation="start_space",door="mcp",outcome="denied"\} 1/);
    assert.match(text, /operation="ai__\*"/);
    assert.match(text, /knot_nodejs_eventloop_lag_seconds/);
  });

  test("ask for sessions and spaces at each scrape", async () => {
    let sessions = 1;
    let states: Record<string, number> = { running: 2, failed: 1 };
    const metrics = createMetrics({ mcpSessions: () => sessions, spacesByState: async () => states });
    assert.match((await metrics.render()).text, /knot_spaces\{state="failed"\} 1/);
    sessions = 5;
    states = { running: 3 };
    const { text } = await metrics.render();
    assert.match(text, /knot_mcp_sessions 5/);
    assert.doesNotMatch(text, /state="failed"/);
  });

  test("show the rest when the spaces cannot be counted", async () => {
    const metrics = createMetrics({ spacesByState: () => Promise.reject(new Error("no database")) });
    assert.match((await metrics.render()).text, /knot_process_cpu/);
  });
});
