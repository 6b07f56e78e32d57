import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import type { Template } from "../../../internal/template/schema.ts";
import { ProblemError } from "../api/problem-error.ts";
import { useOperation } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { focusOnce } from "../ui/focus-once.ts";
import { UnsavedGuard } from "../ui/leave-guard.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { ParameterField } from "./parameter-field.tsx";
import { mistakeIn, startValues, valuesFor } from "./parameter-values.ts";
import { refOf } from "./refs.ts";
import { suggestName } from "./suggest-name.ts";
import { useDraft } from "./use-draft.ts";

const namePattern = /^[a-z][a-z0-9-]{1,63}$/;

/** The form a template's parameters come to. Mistakes show beside their field, the server's too. */
export function NewSpaceForm({ template }: { template: Template }) {
  const navigate = useNavigate();
  const { user } = useSession();
  const spaces = useOperation("list_spaces", { limit: 1000 });
  const taken = (spaces.data?.spaces ?? []).filter(({ owner }) => owner.user_id === user.id).map(({ name }) => name);
  const draft = useDraft(template, () => ({ name: suggestName(taken), values: startValues(template.parameters) }));
  const { name, values } = draft.current;
  const [visited, setVisited] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const create = useAction("create_space", {
    outdates: ["list_spaces", "list_volumes"],
    handles: ["invalid_input", "conflict", "quota_exceeded", "not_found", "forbidden", "runtime_unavailable"],
    done: ({ space }) => {
      draft.forget();
      void navigate({ to: "/spaces/$space", params: { space: refOf(space, user) }, ignoreBlocker: true });
    },
  });
  const problem = create.error instanceof ProblemError ? create.error : undefined;
  const nameMistake = nameMistakeIn(name, taken);
  const mistakes = template.parameters.map((parameter) => mistakeIn(parameter, values[parameter.name] ?? ""));
  const shownInFields = (problem?.problem.errors ?? []).some(
    ({ path }) => path === "/name" || path.startsWith("/parameters/"),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setVisited(true);
    if (nameMistake !== undefined || mistakes.some((mistake) => mistake !== undefined)) {
      setTimeout(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    create.mutate({
      name,
      template: template.name,
      parameters: valuesFor(template.parameters, values),
      wait_seconds: 0,
    });
  };
  return (
    <form
      ref={form}
      onSubmit={submit}
      noValidate
      className="grid gap-5 rounded-xl border border-line bg-panel p-4 sm:p-6"
    >
      <Field
        label="Name"
        help="Small letters, digits and dashes; unique among your spaces."
        error={problem?.fieldError("/name") ?? (visited || draft.dirty ? nameMistake : undefined)}
      >
        {(parts) => (
          <div className="flex gap-1">
            <input
              {...parts}
              ref={focusOnce}
              value={name}
              maxLength={64}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => draft.change({ name: event.target.value, values })}
              className={inputClass}
            />
            <IconButton
              icon="restart"
              label="Suggest another name"
              onClick={() => draft.change({ name: suggestName(taken), values })}
            />
          </div>
        )}
      </Field>
      {template.parameters.map((parameter, index) => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          value={values[parameter.name] ?? ""}
          error={problem?.fieldError(`/parameters/${parameter.name}`) ?? (visited ? mistakes[index] : undefined)}
          onChange={(value) => draft.change({ name, values: { ...values, [parameter.name]: value } })}
        />
      ))}
      {create.isError && !shownInFields && <ProblemNotice error={create.error} />}
      <div className="flex justify-end gap-2 max-sm:*:flex-1">
        <Button onClick={() => void navigate({ to: "/spaces" })}>Cancel</Button>
        <Button type="submit" look="primary" busy={create.isPending}>
          Create space
        </Button>
      </div>
      <UnsavedGuard dirty={draft.dirty && !create.isPending && !create.isSuccess} onLeave={draft.forget} />
    </form>
  );
}

function nameMistakeIn(name: string, taken: readonly string[]): string | undefined {
  if (taken.includes(name)) return "You have a space of this name already.";
  if (namePattern.test(name)) return undefined;
  return "Must start with a small letter and have 2 to 64 small letters, digits or dashes.";
}
