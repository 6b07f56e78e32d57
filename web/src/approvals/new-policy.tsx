import { type FormEvent, useState } from "react";
import type { InputOf } from "../api/operations.ts";
import { ProblemError } from "../api/problem-error.ts";
import { useOperation } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { ProblemNotice } from "../ui/notice.tsx";

type Props = { readonly open: boolean; readonly onClose: () => void };

export function NewPolicy({ open, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title="New rule" about="Of all rules that fit a call, asking wins.">
      <PolicyForm onClose={onClose} />
    </Dialog>
  );
}

/** Subjects are "user", "everyone" or the id of one of one's tokens. */
function PolicyForm({ onClose }: { onClose: () => void }) {
  const { may } = useSession();
  const tokens = useOperation("list_tokens", { limit: 200 }, { enabled: may("tokens.use") });
  const [subject, setSubject] = useState("user");
  const [mode, setMode] = useState<"ask" | "auto">("ask");
  const set = useAction("set_approval_policy", {
    outdates: ["list_approval_policies"],
    handles: ["invalid_input", "not_found", "forbidden"],
    says: () => "The rule counts from the next call on.",
    done: onClose,
  });
  const problem = set.error instanceof ProblemError ? set.error : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const tool = String(new FormData(event.currentTarget).get("tool")).trim() || "*";
    set.mutate({ ...subjectInput(subject), tool, mode });
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="Whose calls">
        {(parts) => (
          <select
            {...parts}
            value={subject}
            onChange={(event) => setSubject(event.target.value)}
            className={inputClass}
          >
            <option value="user">Mine, with every client and token</option>
            {(tokens.data?.tokens ?? []).map(({ id, name }) => (
              <option key={id} value={id}>
                Mine with the token “{name}”
              </option>
            ))}
            {may("approvals.manage") && <option value="everyone">Everyone’s</option>}
          </select>
        )}
      </Field>
      <Field
        label="Which tool"
        optional
        help="Its name, such as delete_space. Left empty: every call that changes something."
        error={problem?.fieldError("/tool")}
      >
        {(parts) => (
          <input
            {...parts}
            name="tool"
            maxLength={200}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            className={`${inputClass} font-mono`}
          />
        )}
      </Field>
      <Field label="What happens">
        {(parts) => (
          <select
            {...parts}
            value={mode}
            onChange={(event) => setMode(event.target.value === "auto" ? "auto" : "ask")}
            className={inputClass}
          >
            <option value="ask">Ask a person first</option>
            <option value="auto">Run at once</option>
          </select>
        )}
      </Field>
      {problem !== undefined && problem.fieldError("/tool") === undefined && <ProblemNotice error={problem} />}
      <div className="flex justify-end gap-2 max-sm:*:flex-1">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={set.isPending}>
          Set rule
        </Button>
      </div>
    </form>
  );
}

function subjectInput(subject: string): Pick<InputOf<"set_approval_policy">, "subject" | "subject_id"> {
  if (subject === "user" || subject === "everyone") return { subject };
  return { subject: "token", subject_id: subject };
}
