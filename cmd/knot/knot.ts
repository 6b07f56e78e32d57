import { constants } from "node:os";
import { localCommands } from "../../internal/app/commands.ts";
import { operations } from "../../internal/app/operations.ts";
import { version } from "../../internal/app/version.ts";
import { runCli } from "../../internal/cli/cli.ts";
import { ConfigError } from "../../internal/config/config.ts";

const interrupt = new AbortController();
const { stdin, stdout, stderr, env } = process;

const isDaemon = process.argv[2] === "server";

// the daemon listens for Ctrl-C itself
if (!isDaemon) process.once("SIGINT", () => interrupt.abort());

// whoever read the output has gone, as in `knot audit | head`: a command ends as the shell expects, a daemon goes on
for (const stream of [stdout, stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (!isDaemon) process.exit(128 + constants.signals.SIGPIPE);
  });
}

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
