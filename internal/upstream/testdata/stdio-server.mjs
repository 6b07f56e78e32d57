// A small MCP server over stdio for tests; its arguments say how it misbehaves.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const modes = new Set(process.argv.slice(2));
const mark = (pid) => appendFileSync(process.env.MARKS, `${pid}\n`);
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

if (modes.has("stubborn")) {
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
}
if (modes.has("family")) mark(spawn("sleep", ["600"], { stdio: "inherit" }).pid);
mark(process.pid);

if (modes.has("chatter")) {
  process.stdout.write("welcome to my server\n");
  for (let at = 1; at <= 500; at++) process.stderr.write(`noise ${at}\u001b[31m\n`);
}

const tools = ["echo", "die", "flood"].map((name) => ({ name, inputSchema: { type: "object" } }));

const answers = {
  initialize: () => ({
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: "child", version: "1" },
  }),
  ping: () => ({}),
  "tools/list": () => ({ tools }),
  "tools/call": ({ name, arguments: args }) => {
    if (name === "die") process.exit(1);
    if (name === "flood") process.stdout.write("x".repeat(6_000_000));
    return { content: [{ type: "text", text: JSON.stringify(args) }] };
  },
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (modes.has("touchy") && method === "server/discover") process.exit(1);
    if (id === undefined) return;
    if (answers[method] === undefined) send({ id, error: { code: -32601, message: "no such method" } });
    else send({ id, result: answers[method](params) });
  })
  .on("close", () => modes.has("stubborn") || process.exit(0));
