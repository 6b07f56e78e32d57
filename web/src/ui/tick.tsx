import type { ReactNode } from "react";

type Props = {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly title: ReactNode;
  readonly about?: ReactNode;
  readonly disabled?: boolean;
  readonly className?: string;
};

/** A choice of yes or no with what it means below it. */
export function Tick({ checked, onChange, title, about, disabled = false, className = "" }: Props) {
  return (
    <label
      className={`flex items-start gap-3 rounded-lg border border-line px-3 py-2 text-ink has-checked:border-accent has-checked:bg-accent-soft ${className}`}
    >
      <input
        type="checkbox"
        className="mt-1 size-4 shrink-0 accent-[var(--accent)]"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        <span className="font-medium">{title}</span>
        {about !== undefined && <span className="block text-sm text-dim">{about}</span>}
      </span>
    </label>
  );
}
