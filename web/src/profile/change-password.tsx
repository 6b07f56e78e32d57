import { type FormEvent, useRef, useState } from "react";
import { ProblemError } from "../api/problem-error.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Button } from "../ui/button.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { Panel } from "../ui/page.tsx";

export function ChangePassword() {
  const { user } = useSession();
  const form = useRef<HTMLFormElement>(null);
  const [mismatch, setMismatch] = useState(false);
  const change = useAction("change_password", {
    outdates: ["list_sessions"],
    handles: ["invalid_input", "forbidden", "conflict", "rate_limited"],
    done: () => form.current?.reset(),
    says: () => "The password is changed.",
  });
  const problem = change.error instanceof ProblemError ? change.error : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const differs = values.get("new") !== values.get("again");
    setMismatch(differs);
    if (differs) return;
    change.mutate({ current_password: String(values.get("current")), new_password: String(values.get("new")) });
  };
  const isFieldProblem = (problem?.problem.errors ?? []).length > 0;
  return (
    <Panel title="Password">
      <form ref={form} onSubmit={submit} className="grid max-w-sm gap-4">
        <input type="hidden" name="username" autoComplete="username" value={user.username} />
        <Field label="Current password" error={problem?.fieldError("/current_password")}>
          {(parts) => (
            <input
              {...parts}
              name="current"
              type="password"
              required
              autoComplete="current-password"
              className={inputClass}
            />
          )}
        </Field>
        <Field label="New password" help="At least 12 characters." error={problem?.fieldError("/new_password")}>
          {(parts) => (
            <input
              {...parts}
              name="new"
              type="password"
              required
              minLength={12}
              autoComplete="new-password"
              className={inputClass}
            />
          )}
        </Field>
        <Field
          label="New password again"
          error={mismatch ? "The two passwords differ. Type the same one twice." : undefined}
        >
          {(parts) => (
            <input
              {...parts}
              name="again"
              type="password"
              required
              autoComplete="new-password"
              className={inputClass}
            />
          )}
        </Field>
        {change.isError && !isFieldProblem && <ProblemNotice error={change.error} />}
        <Button type="submit" busy={change.isPending} className="justify-self-start">
          Change password
        </Button>
      </form>
    </Panel>
  );
}
