import type { Space } from "../../../internal/space/schema.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { useSettled } from "../ui/use-settled.ts";
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
  const stops = can.stop || space.state === "stopping";
  // Start becomes Stop under the pointer: the second half of a double click must not undo the first
  const isSettled = useSettled({ meaning: stops, fromStart: false });
  return (
    <>
      <div className={`flex items-center ${compact ? "justify-end" : "flex-wrap gap-2"}`}>
        {stops ? (
          <Shown
            icon="stop"
            label="Stop"
            name={space.name}
            disabled={!can.stop}
            onClick={() => isSettled() && actions.stop()}
          />
        ) : (
          <Shown icon="play" label="Start" name={space.name} disabled={!can.start} onClick={actions.start} primary />
        )}
        <Shown icon="restart" label="Restart" name={space.name} disabled={!can.restart} onClick={actions.restart} />
        {can.delete && (
          <Shown
            icon="trash"
            label="Delete"
            name={space.name}
            disabled={false}
            busy={actions.deletion.busy}
            onClick={actions.deletion.ask}
            danger
          />
        )}
      </div>
      <DeleteSpace name={space.name} deletion={actions.deletion} />
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
