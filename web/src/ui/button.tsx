import type { ButtonHTMLAttributes } from "react";
import { Icon, type IconName } from "./icon.tsx";

type Look = "primary" | "plain" | "quiet" | "danger" | "destroy";

const looks: Readonly<Record<Look, string>> = {
  primary: "bg-accent text-on-accent not-aria-disabled:hover:bg-accent-strong border-transparent",
  plain: "bg-panel text-ink border-line not-aria-disabled:hover:bg-hover",
  quiet: "bg-transparent text-dim border-transparent not-aria-disabled:hover:bg-hover not-aria-disabled:hover:text-ink",
  danger: "bg-panel text-bad border-line not-aria-disabled:hover:bg-bad-soft not-aria-disabled:hover:border-bad",
  destroy: "bg-bad text-on-accent not-aria-disabled:hover:bg-bad-strong border-transparent",
};

/** The classes of a button, for links that look like one. */
export const buttonClass = (look: Look = "plain", extra = ""): string =>
  `inline-flex min-h-9 max-sm:min-h-11 items-center justify-center gap-1.5 rounded-lg border px-3 text-sm font-medium
   whitespace-nowrap transition-colors select-none aria-disabled:cursor-default aria-disabled:opacity-55 ${looks[look]} ${extra}`;

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly look?: Look;
  readonly icon?: IconName | undefined;
  /** Shows that the click is being worked on, and takes no second one. */
  readonly busy?: boolean;
};

/**
 * What makes a button take no click. It stays focusable, so that who uses the keyboard does not lose their place when it
 * works on a click or has nothing to do for the moment.
 */
function unclickable(onClick: Props["onClick"], isOff: boolean): Partial<Props> {
  if (!isOff) return onClick === undefined ? {} : { onClick };
  return { "aria-disabled": true, onClick: (event) => event.preventDefault() };
}

export function Button({
  look = "plain",
  icon,
  busy = false,
  children,
  className = "",
  disabled = false,
  onClick,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      {...rest}
      {...unclickable(onClick, disabled || busy)}
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
  disabled = false,
  onClick,
  ...rest
}: Props & { icon: IconName; label: string }) {
  return (
    <button
      type="button"
      {...rest}
      {...unclickable(onClick, disabled || busy)}
      title={label}
      aria-label={label}
      aria-busy={busy}
      className={`inline-grid size-9 max-sm:size-11 place-items-center rounded-lg text-dim transition-colors
        not-aria-disabled:hover:bg-hover not-aria-disabled:hover:text-ink aria-disabled:opacity-45 ${className}`}
    >
      <Icon name={busy ? "spinner" : icon} />
    </button>
  );
}
