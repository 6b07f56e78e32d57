import { type FormEvent, useState } from "react";
import type { Scope } from "../../../internal/operation/principal.ts";
import { ProblemError } from "../api/problem-error.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { dayText } from "../ui/time.tsx";
import type { Issued } from "./issued-token.tsx";

const scopeTexts: readonly (readonly [Scope, string, string])[] = [
  ["mcp", "MCP", "AI clients may call knot's tools as you"],
  ["api", "API", "Scripts and the command line may do what you may"],
  ["read", "Read only", "Limits the others to reading"],
];
const lifetimes = [7, 30, 90, 180, 365];
const day = 86_400_000;

type Props = { readonly open: boolean; readonly onClose: () => void; readonly onCreated: (issued: Issued) => void };

export function CreateToken({ open, onClose, onCreated }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title="New token" about="It acts as you, limited by what you tick here.">
      <CreateTokenForm onClose={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateTokenForm({ onClose, onCreated }: Omit<Props, "open">) {
  const { may } = useSession();
  const [scopes, setScopes] = useState<readonly Scope[]>(may("mcp.use") ? ["mcp"] : ["api"]);
  const [days, setDays] = useState(90);
  const create = useAction("create_token", {
    outdates: ["list_tokens"],
    handles: ["invalid_input", "conflict", "forbidden"],
    done: onCreated,
  });
  const problem = create.error instanceof ProblemError ? create.error : undefined;
  const nameError = problem?.fieldError("/name");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    create.mutate({ name, scopes: [...scopes], expires_in_days: days });
  };
  const toggle = (scope: Scope) =>
    setScopes(scopes.includes(scope) ? scopes.filter((other) => other !== scope) : [...scopes, scope]);
  return (
    <form onSubmit={submit} className="grid gap-5">
      <Field label="Name" help="Where it is used, such as “laptop, Claude Code”." error={nameError}>
        {(parts) => <input {...parts} name="name" required maxLength={64} autoComplete="off" className={inputClass} />}
      </Field>
      <fieldset className="grid gap-2">
        <legend className="mb-1 text-sm font-medium">What it may do</legend>
        {scopeTexts.map(([scope, title, about]) => (
          <label
            key={scope}
            className="flex items-start gap-3 rounded-lg border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="checkbox"
              className="mt-1 size-4 shrink-0 accent-[var(--accent)]"
              checked={scopes.includes(scope)}
              onChange={() => toggle(scope)}
            />
            <span>
              <span className="font-medium">{title}</span>
              <span className="block text-sm text-dim">{about}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Field label="Expires" help={`Stops working on ${dayText(Date.now() + days * day)}.`}>
        {(parts) => (
          <select
            {...parts}
            value={days}
            onChange={(event) => setDays(Number(event.target.value))}
            className={inputClass}
          >
            {lifetimes.map((lifetime) => (
              <option key={lifetime} value={lifetime}>
                in {lifetime} days
              </option>
            ))}
          </select>
        )}
      </Field>
      {create.isError && nameError === undefined && <ProblemNotice error={create.error} />}
      <div className="flex justify-end gap-2 max-sm:*:flex-1">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={create.isPending} disabled={scopes.length === 0}>
          Create token
        </Button>
      </div>
    </form>
  );
}
