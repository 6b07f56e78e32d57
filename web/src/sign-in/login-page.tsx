import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useSearch } from "@tanstack/react-router";
import { type FormEvent, useRef } from "react";
import { isSetupRequired } from "../api/auth.ts";
import { Button } from "../ui/button.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { focusOnce } from "../ui/focus-once.ts";
import { ProblemNotice } from "../ui/notice.tsx";
import { Card } from "./card.tsx";
import { useSignIn } from "./use-sign-in.ts";

const route = getRouteApi("/login");

export function LoginPage() {
  const { from, expired } = useSearch({ from: route.id });
  const setup = useQuery({ queryKey: ["setup"], queryFn: isSetupRequired, retry: false });
  const signIn = useSignIn("login", from);
  const password = useRef<HTMLInputElement>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    signIn.mutate(
      { login: form.get("login"), password: form.get("password") },
      { onError: () => password.current?.select() },
    );
  };
  const about = expired
    ? "Your session has ended. Sign in to go on where you were."
    : "Spaces for people and AI clients";
  return (
    <Card title="Sign in" about={about}>
      {setup.data === true && (
        <p className="mb-4 rounded-lg bg-accent-soft p-3 text-sm">
          Nobody has an account yet. Open the one-time link that the daemon printed when it started.
        </p>
      )}
      <form onSubmit={submit} className="grid gap-4">
        <Field label="User name or e-mail">
          {(parts) => (
            <input
              {...parts}
              ref={focusOnce}
              name="login"
              required
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              className={inputClass}
            />
          )}
        </Field>
        <Field label="Password">
          {(parts) => (
            <input
              {...parts}
              ref={password}
              name="password"
              type="password"
              required
              autoComplete="current-password"
              className={inputClass}
            />
          )}
        </Field>
        {signIn.isError && <ProblemNotice brief error={signIn.error} />}
        <Button type="submit" look="primary" busy={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </Card>
  );
}
