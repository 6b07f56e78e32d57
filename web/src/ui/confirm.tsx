import { AlertDialog } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";

type Props = {
  readonly open: boolean;
  readonly title: string;
  /** Exactly what is lost. */
  readonly children: ReactNode;
  readonly action: string;
  readonly busy?: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly cancel?: string;
};

/** Asks before something is destroyed. The safe answer has the focus. */
export function Confirm({
  open,
  title,
  children,
  action,
  busy = false,
  onConfirm,
  onCancel,
  cancel = "Cancel",
}: Props) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onCancel()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-[oklch(0.15_0.02_260/0.45)]" />
        <AlertDialog.Content
          className="fixed inset-x-0 bottom-0 z-50 rounded-t-2xl border border-line bg-panel p-5 shadow-lift
            sm:inset-auto sm:top-1/2 sm:left-1/2 sm:w-[min(30rem,calc(100vw-3rem))] sm:-translate-1/2 sm:rounded-2xl sm:p-6"
        >
          <AlertDialog.Title className="text-lg font-semibold break-words">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-2 break-words whitespace-pre-line text-dim">{children}</div>
          </AlertDialog.Description>
          <div className="mt-6 flex flex-wrap justify-end gap-2 max-sm:*:flex-1">
            <AlertDialog.Cancel asChild>
              <Button>{cancel}</Button>
            </AlertDialog.Cancel>
            <Button look="destroy" busy={busy} onClick={onConfirm}>
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
