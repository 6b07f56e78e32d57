import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { commandRow, startRow } from "./containers.ts";
import type { Row } from "./measure.ts";
import { memoryRow, startUpRow } from "./processes.ts";
import { fillSpaces, mcpLoad, requestRow } from "./requests.ts";
import { Subject } from "./subject.ts";

const filled = 1000;

type Measure = (name: string, subject: Subject) => Promise<Row | null>;

/** What is measured, in this order. A row that answers null needs something that this machine lacks. */
const rows: Readonly<Record<string, Measure>> = {
  rest_read: (name, subject) =>
    requestRow(name, subject, { url: `${subject.origin}/api/whoami`, headers: subject.headers }),
  mcp_call: (name, subject) =>
    requestRow(name, subject, mcpLoad(subject, "tools/call", { name: "whoami", arguments: {} })),
  mcp_list: (name, subject) => requestRow(name, subject, mcpLoad(subject, "tools/list", {})),
  list_1000_spaces: (name, subject) =>
    requestRow(name, subject, { url: `${subject.origin}/api/spaces?limit=${filled}`, headers: subject.headers }),
  start_container: (name, subject) => startRow(name, subject, "none"),
  start_container_own_network: (name, subject) => startRow(name, subject, "own"),
  run_command: commandRow,
  start_up: startUpRow,
  idle_memory: memoryRow,
};

/** The rows that need the spaces; making them takes longer than most rows. */
const amongSpaces: ReadonlySet<string> = new Set(["list_1000_spaces", "start_up", "idle_memory"]);

async function makeSpaces(subject: Subject): Promise<void> {
  console.error(`Making ${filled} spaces …`);
  await subject.call("POST", "/templates", { name: "idle", spec: idleTemplate });
  await fillSpaces(subject, filled);
}

/** Measures the rows that are named, or all of them, and prints and stores what came out. Resolves to the exit code. */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => rows[name] === undefined);
  if (unknown.length > 0) {
    console.error(`There is no row ${unknown.join(", ")}. Rows: ${Object.keys(rows).join(", ")}`);
    return 2;
  }
  // an interrupted run fails at its next request, and then takes down what it has set up
  process.on("SIGINT", () => {});
  const subject = await Subject.open();
  try {
    const wanted = names.length > 0 ? names : Object.keys(rows);
    if (wanted.some((name) => amongSpaces.has(name))) await makeSpaces(subject);
    const done: Row[] = [];
    console.log(line("row", "unit", "better", "knot", "baseline", "ratio", "against"));
    for (const name of wanted) {
      const row = await rows[name]?.(name, subject);
      if (row == null) {
        console.log(`${name.padEnd(28)} skipped: no container engine answers`);
        continue;
      }
      done.push(row);
      const { unit, better, against } = row;
      console.log(line(name, unit, better, digits(row.knot), digits(row.baseline), row.ratio.toFixed(2), against));
    }
    store(done);
    return 0;
  } finally {
    await subject[Symbol.asyncDispose]();
  }
}

function store(done: readonly Row[]): void {
  const folder = join(import.meta.dirname, "../../.cache");
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    memory_bytes: totalmem(),
  };
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify({ date: new Date().toISOString(), machine, rows: done }, null, 2);
  writeFileSync(join(folder, "bench.json"), `${text}\n`);
}

const digits = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

function line(name: string, unit: string, better: string, ...rest: [string, string, string, string]): string {
  const [knot, baseline, ratio, against] = rest;
  const numbers = `${knot.padStart(8)} ${baseline.padStart(9)} ${ratio.padStart(6)}`;
  return `${name.padEnd(28)} ${unit.padEnd(10)} ${better.padEnd(6)} ${numbers}  ${against}`;
}

const idleTemplate = `runtime: process
image: host
command: [sleep, infinity]
network: none
`;

process.exitCode = await main(process.argv.slice(2));
