import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { isSetupRequired } from "../api/auth.ts";
import { ProblemError } from "../api/problem-error.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { focusOnce } from "../ui/focus-once.ts";
import { ProblemNotice } from "../ui/notice.tsx";
import { Card } from "./card.tsx";
import { useSignIn } from "./use-sign-in.ts";

const route = getRouteApi("/setup");

/** Makes the first administrator, from the one-time link of the daemon's log. */
export function SetupPage() {
  const { token } = useSearch({ from: route.id });
  const setup = useQuery({ queryKey: ["setup"], queryFn: isSetupRequired, retry: false });
  if (setup.data === false) {
    return (
      <Card title="Already set up" about="There is an account, so this link has done its work.">
        <Link to="/login" className={buttonClass("primary", "w-full")}>
          Go to sign in
        </Link>
      </Card>
    );
  }
  if (token === undefined) {
    return (
      <Card title="Set up knot" about="This page needs the one-time link.">
        <p>
          The daemon printed a link with a token when it started. Open that link; it makes you the first administrator.
        </p>
      </Card>
    );
  }
  return <SetupForm token={token} />;
}

function SetupForm({ token }: { token: string }) {
  const setup = useSignIn("setup", "/spaces");
  const [mismatch, setMismatch] = useState(false);
  const problem = setup.error instanceof ProblemError ? setup.error : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const differs = form.get("password") !== form.get("again");
    setMismatch(differs);
    if (differs) return;
    const email = String(form.get("email")).trim();
    setup.mutate({
      token,
      username: form.get("username"),
      password: form.get("password"),
      ...(email === "" ? {} : { email }),
    });
  };
  const isFieldProblem = (problem?.problem.errors ?? []).some(({ path }) => /^\/(username|email|password)$/.test(path));
  return (
    <Card title="Welcome to knot" about="Create the first account. It may do everything.">
      <form onSubmit={submit} className="grid gap-4">
        <Field
          label="User name"
          help="Small letters first; it cannot be changed later."
          error={problem?.fieldError("/username")}
        >
          {(parts) => (
            <input
              {...parts}
              ref={focusOnce}
              name="username"
              required
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              className={inputClass}
            />
          )}
        </Field>
        <Field label="E-mail" optional error={problem?.fieldError("/email")}>
          {(parts) => <input {...parts} name="email" type="email" autoComplete="email" className={inputClass} />}
        </Field>
        <Field label="Password" help="At least 12 characters." error={problem?.fieldError("/password")}>
          {(parts) => (
            <input
              {...parts}
              name="password"
              type="password"
              required
              minLength={12}
              autoComplete="new-password"
              className={inputClass}
            />
          )}
        </Field>
        <Field
          label="Password again"
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
        {setup.isError && !isFieldProblem && <ProblemNotice brief error={setup.error} />}
        <Button type="submit" look="primary" busy={setup.isPending}>
          Create account
        </Button>
      </form>
    </Card>
  );
}
