import { type FormEvent, useRef } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import type { OutputOf } from "../api/operations.ts";
import { hasCode } from "../api/problem-error.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { inputClass } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { Panel } from "../ui/page.tsx";
import { TextBlock } from "../ui/text-block.tsx";
import { nameOf } from "./refs.ts";
import { durationText } from "./sizes.ts";
import { useCommandLine } from "./use-command-line.ts";

type Output = OutputOf<"run_command">;

/** One command in the space's shell, with how it ended and what it wrote. */
export function RunCommand({ space }: { space: Space }) {
  const { user } = useSession();
  const { line, type, recall, keep } = useCommandLine();
  const stop = useRef(new AbortController());
  const run = useAction("run_command", {
    once: true,
    handles: ["conflict", "invalid_input", "timed_out", "runtime_failed", "runtime_unavailable", "cancelled"],
    signal: () => {
      stop.current = new AbortController();
      return stop.current.signal;
    },
  });
  const running = space.state === "running";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (line.trim() === "" || !running || run.isPending) return;
    keep(line);
    run.mutate({ space: nameOf(space, user), command: line });
  };
  return (
    <Panel title="Run a command">
      <form onSubmit={submit} className="flex gap-2">
        <label htmlFor="command-line" className="sr-only">
          Command
        </label>
        <input
          id="command-line"
          value={line}
          onChange={(event) => type(event.target.value)}
          onKeyDown={recall}
          disabled={!running}
          placeholder={running ? "uname -a" : "Start the space to run commands"}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          className={`${inputClass} font-mono`}
        />
        {run.isPending ? (
          <Button icon="stop" onClick={() => stop.current.abort()}>
            End it
          </Button>
        ) : (
          <Button type="submit" icon="terminal" disabled={!running}>
            Run
          </Button>
        )}
      </form>
      <div aria-live="polite">
        {run.isPending && (
          <p className="mt-3 flex items-center gap-2 text-sm text-dim">
            <Icon name="spinner" /> Runs; ended after 60 seconds
          </p>
        )}
        {run.isError && hasCode(run.error, "cancelled") && (
          <p className="mt-3 text-dim">You ended it, with everything it had started.</p>
        )}
        {run.isError && !hasCode(run.error, "cancelled") && (
          <div className="mt-3">
            <ProblemNotice error={run.error} />
          </div>
        )}
        {run.isSuccess && <Ended output={run.data} />}
      </div>
    </Panel>
  );
}

function Ended({ output }: { output: Output }) {
  const good = output.exit_code === 0;
  return (
    <div className="mt-3 grid min-w-0 gap-2">
      <p className="flex items-center gap-2 text-sm text-dim">
        <Badge tone={good ? "good" : "bad"} icon={good ? "check" : "warning"}>
          {endOf(output)}
        </Badge>
        {durationText(output.duration_ms)}
      </p>
      <Stream name="stdout" text={output.stdout} cut={output.stdout_cut} />
      <Stream name="stderr" text={output.stderr} cut={output.stderr_cut} />
      {output.stdout === "" && output.stderr === "" && <p className="text-dim">It wrote nothing.</p>}
    </div>
  );
}

function endOf({ exit_code, signal, timed_out }: Output): string {
  if (timed_out) return "Ended after 60 seconds";
  return exit_code === null ? `Ended by ${signal ?? "a signal"}` : `Exit code ${exit_code}`;
}

function Stream({ name, text, cut }: { name: string; text: string; cut: boolean }) {
  if (text === "") return null;
  return (
    <section aria-label={name} className="min-w-0">
      <div className="mb-0.5 flex items-center justify-between font-mono text-xs text-dim">
        <span>
          {name}
          {cut && ", shortened in the middle"}
        </span>
        <CopyButton compact label={`Copy ${name}`} text={text} fallback={`command-${name}`} />
      </div>
      <TextBlock id={`command-${name}`} text={text} height="max-h-72" />
    </section>
  );
}
