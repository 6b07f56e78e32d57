import { type ReactNode, useId } from "react";
import { Icon } from "./icon.tsx";

export const inputClass =
  "w-full min-h-9 max-sm:min-h-11 rounded-lg border border-edge bg-panel px-3 py-1.5 text-ink placeholder:text-dim " +
  "aria-invalid:border-bad disabled:opacity-60 max-sm:text-base";

type FieldParts = {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean;
};

type Props = {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly error?: string | undefined;
  readonly optional?: boolean;
  /** Draws the control; spread the parts onto it, so that label, help and error belong to it. */
  readonly children: (parts: FieldParts) => ReactNode;
};

export function Field({ label, help, error, optional = false, children }: Props) {
  const id = useId();
  const notes = [help !== undefined && `${id}-help`, error !== undefined && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label} {optional && <span className="font-normal text-dim">(optional)</span>}
      </label>
      {children({ id, "aria-describedby": notes || undefined, "aria-invalid": error !== undefined })}
      {help !== undefined && (
        <p id={`${id}-help`} className="text-sm text-dim">
          {help}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="flex items-start gap-1.5 text-sm text-bad">
          <Icon name="warning" className="mt-0.5 size-4" />
          {error}
        </p>
      )}
    </div>
  );
}
