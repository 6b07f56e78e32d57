import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeCatalogue } from "./fixtures/catalogue.ts";
import { startDaemon, user } from "./fixtures/daemon.ts";
import { SuiteFixtures } from "./fixtures/suite.ts";

/** The revisions whose required scenarios the endpoint has to pass, and how many checks that is at least: fewer means that scenarios were skipped. */
const revisions = { "2026-07-28": 164, "2025-11-25": 84 };

const suite = join(import.meta.dirname, "../../node_modules/@modelcontextprotocol/conformance/dist/index.js");

type Run = { readonly code: number; readonly output: string };

function run(url: string, revision: string, folder: string): Promise<Run> {
  const args = [suite, "server", "--url", url, "--requirements", revision];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The suite has no way to sign in, so the endpoint lets everyone in, which it does for a test on loopback alone. */
async function main(): Promise<void> {
  process.env["KNOT_TEST_FIXTURES"] = "1";
  const fixtures = new SuiteFixtures();
  const daemon = await startDaemon({
    authenticate: async () => user("suite"),
    catalogue: new FakeCatalogue(fixtures.tools),
    fixtures,
    config: { native_tools: true },
  });
  try {
    const folder = await mkdtemp(join(tmpdir(), "knot-conformance-"));
    try {
      for (const [revision, least] of Object.entries(revisions)) {
        const { code, output } = await run(daemon.url, revision, folder);
        const [total = "no total", passed = "0"] = /Total: (\d+) passed.*/.exec(output) ?? [];
        const isConformant = code === 0 && Number(passed) >= least;
        if (!isConformant) {
          console.log(output);
          process.exitCode = 1;
        }
        console.log(`${revision}: ${isConformant ? "conformant" : "NOT conformant"}. ${total}`);
        console.log(output.match(/^Not scored for.*$/m)?.[0] ?? "");
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    await daemon[Symbol.asyncDispose]();
  }
}

await main();
