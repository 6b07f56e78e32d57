import { localCommands } from "../../internal/app/commands.ts";
import { operations } from "../../internal/app/operations.ts";
import { version } from "../../internal/app/version.ts";
import { runCli } from "../../internal/cli/cli.ts";
import { ConfigError } from "../../internal/config/config.ts";

const interrupt = new AbortController();
const { stdin, stdout, stderr, env } = process;

// the daemon listens for Ctrl-C itself
if (process.argv[2] !== "server") process.once("SIGINT", () => interrupt.abort());

try {
  process.exitCode = await runCli(
    process.argv.slice(2),
    { stdin, stdout, stderr, env, fetch, signal: interrupt.signal },
    { operations, version, extra: localCommands },
  );
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  stderr.write(`${error.message}\n`);
  process.exitCode = error.exit;
}
