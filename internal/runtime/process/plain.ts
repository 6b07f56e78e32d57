import type { RunRecord, SpaceRecord } from "./directory.ts";
import type { Argv } from "./isolation.ts";
import { limitsArgv } from "./limits.ts";

/** In the environment of everything a space without isolation runs: the only thing that holds it together. */
export const runMark = "KNOT_RUN";

/**
 * The command line of a space without any isolation. The shell stays, as bubblewrap's reaper does: it carries the token
 * in its command line and writes the same status to file descriptor 5.
 */
export function plainArgv({ spec }: SpaceRecord, run: RunRecord, inside: Argv): Argv {
  const script = [
    'printf "{ \\"child-pid\\": %d }\\n" $$ >&5',
    '"$@" 5>&- & main=$!',
    "exec 3<&- 4>&-",
    'trap "kill -TERM $main" TERM',
    "wait $main; code=$?",
    "while kill -0 $main 2>&-; do wait $main; code=$?; done",
    'printf "{ \\"exit-code\\": %d }\\n" $code >&5',
  ].join("\n");
  return [...limitsArgv(spec, run), "/bin/sh", "-c", script, run.token, ...inside];
}
