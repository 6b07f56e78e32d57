import type { Space } from "../../../internal/space/schema.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { DeleteSpace } from "./delete-space.tsx";
import { useSpaceActions } from "./use-space-actions.ts";

type Props = {
  readonly space: Space;
  /** Pictures only, for rows of a list. */
  readonly compact?: boolean;
  readonly onDeleted?: () => void;
};

export function SpaceActions({ space, compact = false, onDeleted }: Props) {
  const actions = useSpaceActions(space, onDeleted);
  const { can } = actions;
  const Shown = compact ? Compact : Full;
  return (
    <>
      <div className={`flex items-center ${compact ? "justify-end" : "flex-wrap gap-2"}`}>
        {can.stop || space.state === "stopping" ? (
          <Shown icon="stop" label="Stop" name={space.name} disabled={!can.stop} onClick={actions.stop} />
        ) : (
          <Shown icon="play" label="Start" name={space.name} disabled={!can.start} onClick={actions.start} primary />
        )}
        <Shown icon="restart" label="Restart" name={space.name} disabled={!can.restart} onClick={actions.restart} />
        <Shown
          icon="trash"
          label="Delete"
          name={space.name}
          disabled={!can.delete}
          busy={actions.deleting}
          onClick={actions.askDelete}
          danger
        />
      </div>
      {actions.loss !== null && (
        <DeleteSpace
          name={space.name}
          loss={actions.loss}
          busy={actions.deleting}
          onConfirm={actions.confirmDelete}
          onCancel={actions.cancelDelete}
        />
      )}
    </>
  );
}

type ActionProps = {
  readonly icon: "play" | "stop" | "restart" | "trash";
  readonly label: string;
  readonly name: string;
  readonly disabled: boolean;
  readonly busy?: boolean;
  readonly primary?: boolean;
  readonly danger?: boolean;
  readonly onClick: () => void;
};

function Compact({ icon, label, name, disabled, busy = false, danger = false, onClick }: ActionProps) {
  return (
    <IconButton
      icon={icon}
      label={`${label} ${name}`}
      disabled={disabled}
      busy={busy}
      onClick={onClick}
      className={danger ? "hover:bg-bad-soft! hover:text-bad!" : ""}
    />
  );
}

function Full({ icon, label, disabled, busy = false, primary = false, danger = false, onClick }: ActionProps) {
  return (
    <Button
      icon={icon}
      disabled={disabled}
      busy={busy}
      onClick={onClick}
      look={primary ? "primary" : danger ? "danger" : "plain"}
    >
      {label}
    </Button>
  );
}
