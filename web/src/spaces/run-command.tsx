import { type FormEvent, useState } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import type { OutputOf } from "../api/operations.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { inputClass } from "../ui/field.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { Panel } from "../ui/page.tsx";
import { TextBlock } from "../ui/text-block.tsx";
import { nameOf } from "./refs.ts";

type Output = OutputOf<"run_command">;

/** One command in the space's shell, with how it ended and what it wrote. */
export function RunCommand({ space }: { space: Space }) {
  const { user } = useSession();
  const [line, setLine] = useState("");
  const run = useAction("run_command", {
    handles: ["conflict", "invalid_input", "timed_out", "runtime_failed", "runtime_unavailable"],
  });
  const running = space.state === "running";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (line.trim() !== "") run.mutate({ space: nameOf(space, user), command: line });
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
          onChange={(event) => setLine(event.target.value)}
          disabled={!running}
          placeholder={running ? "uname -a" : "Start the space to run commands"}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          className={`${inputClass} font-mono`}
        />
        <Button type="submit" icon="terminal" busy={run.isPending} disabled={!running}>
          Run
        </Button>
      </form>
      <div aria-live="polite">
        {run.isError && (
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
    <div className="mt-3 grid gap-2">
      <p>
        <Badge tone={good ? "good" : "bad"} icon={good ? "check" : "warning"}>
          {endOf(output)}
        </Badge>
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
    <section aria-label={name}>
      <p className="mb-0.5 font-mono text-xs text-dim">
        {name}
        {cut && ", shortened in the middle"}
      </p>
      <TextBlock text={text} height="max-h-72" />
    </section>
  );
}
