import { Link } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { Icon } from "./icon.tsx";
import { Prose } from "./prose.tsx";

type Tone = "good" | "bad";
type Toast = {
  readonly id: number;
  readonly tone: Tone;
  readonly title?: string;
  readonly text: string;
  /** The approval that this waits for, to go and decide it. */
  readonly approval?: string | undefined;
};

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

const dismiss = (id: number): void => change(toasts.filter((toast) => toast.id !== id));

/** Says how something ended. Failures stay until they are closed; the newest four are kept. */
export function showToast(toast: Omit<Toast, "id">): void {
  lastId += 1;
  const id = lastId;
  change([...toasts.slice(-3), { ...toast, id }]);
  if (toast.tone === "good") setTimeout(() => dismiss(id), 4500);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-3 top-3 z-60 grid justify-items-end gap-2 sm:top-auto sm:right-5 sm:bottom-5 sm:left-auto"
    >
      {shown.map(({ id, tone, title, text, approval }) => (
        <div
          key={id}
          className="pointer-events-auto flex w-full max-sm:not-last:hidden max-w-md items-start gap-2.5 rounded-xl border border-line bg-panel py-2.5 pr-1.5 pl-3.5 shadow-lift sm:w-auto"
        >
          <Icon
            name={tone === "good" ? "check" : "warning"}
            className={`mt-1 size-4 ${tone === "good" ? "text-good" : "text-bad"}`}
          />
          <div className="min-w-0 flex-1 py-0.5 break-words">
            {title !== undefined && <p className="font-medium">{title}</p>}
            <p>
              <Prose text={text} />
            </p>
            {approval !== undefined && (
              <Link
                to="/approvals/$approval"
                params={{ approval }}
                onClick={() => dismiss(id)}
                className="mt-1 inline-block font-medium text-accent underline underline-offset-4"
              >
                Open the approval
              </Link>
            )}
          </div>
          <button
            type="button"
            aria-label="Close message"
            className="grid size-8 place-items-center rounded-lg text-dim hover:bg-hover hover:text-ink"
            onClick={() => dismiss(id)}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </section>
  );
}
