import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import { ProblemError } from "../api/problem-error.ts";
import { operationQuery, queryClient } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { nameOf, refOf } from "./refs.ts";

/** Name and description; only the owner's to change, or a manager's. */
export function EditSpace({ space }: { space: Space }) {
  const { user, may } = useSession();
  const [open, setOpen] = useState(false);
  if (space.owner.user_id !== user.id && !may("spaces.manage")) return null;
  return (
    <>
      <Button icon="edit" onClick={() => setOpen(true)}>
        Edit
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={`Edit “${space.name}”`}>
        <EditForm space={space} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function EditForm({ space, onClose }: { space: Space; onClose: () => void }) {
  const { user } = useSession();
  const navigate = useNavigate();
  const update = useAction("update_space", {
    outdates: ["list_spaces", "list_space_events"],
    handles: ["invalid_input", "conflict"],
    done: (output) => {
      onClose();
      const ref = refOf(output.space, user);
      queryClient.setQueryData(operationQuery("get_space", { space: ref }).queryKey, output);
      void navigate({ to: "/spaces/$space", params: { space: ref }, replace: true });
    },
    says: () => "Saved.",
  });
  const problem = update.error instanceof ProblemError ? update.error : undefined;
  const nameError = problem?.fieldError("/name");
  const descriptionError = problem?.fieldError("/description");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [name, description] = [String(form.get("name")), String(form.get("description"))];
    update.mutate({
      space: nameOf(space, user),
      ...(name === space.name ? {} : { name }),
      ...(description === space.description ? {} : { description }),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="Name" help="Small letters, digits and dashes; unique among your spaces." error={nameError}>
        {(parts) => (
          <input
            {...parts}
            name="name"
            required
            maxLength={64}
            defaultValue={space.name}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            className={inputClass}
          />
        )}
      </Field>
      <Field label="Description" optional help="What it is for; searched, too." error={descriptionError}>
        {(parts) => (
          <input
            {...parts}
            name="description"
            maxLength={500}
            defaultValue={space.description}
            autoComplete="off"
            dir="auto"
            className={inputClass}
          />
        )}
      </Field>
      {update.isError && nameError === undefined && descriptionError === undefined && (
        <ProblemNotice error={update.error} />
      )}
      <div className="flex justify-end gap-2 max-sm:*:flex-1">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={update.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
