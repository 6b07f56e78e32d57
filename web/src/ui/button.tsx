import type { ButtonHTMLAttributes } from "react";
import { Icon, type IconName } from "./icon.tsx";

type Look = "primary" | "plain" | "quiet" | "danger" | "destroy";

const looks: Readonly<Record<Look, string>> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong border-transparent",
  plain: "bg-panel text-ink border-line hover:bg-hover",
  quiet: "bg-transparent text-dim border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-panel text-bad border-line hover:bg-bad-soft hover:border-bad",
  destroy: "bg-bad text-on-accent hover:bg-bad-strong border-transparent",
};

/** The classes of a button, for links that look like one. */
export const buttonClass = (look: Look = "plain", extra = ""): string =>
  `inline-flex min-h-9 max-sm:min-h-11 items-center justify-center gap-1.5 rounded-lg border px-3 text-sm font-medium
   whitespace-nowrap transition-colors select-none disabled:opacity-55 disabled:cursor-default
   aria-disabled:opacity-55 ${looks[look]} ${extra}`;

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly look?: Look;
  readonly icon?: IconName | undefined;
  /** Shows that the click is being worked on, and takes no second one. */
  readonly busy?: boolean;
};

export function Button({ look = "plain", icon, busy = false, children, className = "", disabled, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy}
      className={buttonClass(look, className)}
    >
      {busy ? <Icon name="spinner" /> : icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button with only a picture; `label` is its name and its tooltip. */
export function IconButton({
  icon,
  label,
  busy = false,
  className = "",
  disabled,
  ...rest
}: Props & { icon: IconName; label: string }) {
  return (
    <button
      type="button"
      {...rest}
      title={label}
      aria-label={label}
      aria-busy={busy}
      disabled={disabled || busy}
      className={`inline-grid size-9 max-sm:size-11 place-items-center rounded-lg text-dim transition-colors hover:bg-hover
        hover:text-ink disabled:opacity-45 ${className}`}
    >
      <Icon name={busy ? "spinner" : icon} />
    </button>
  );
}
