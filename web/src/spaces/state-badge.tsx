import type { Space } from "../../../internal/space/schema.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import type { IconName } from "../ui/icon.tsx";

const states: Readonly<Record<Space["state"], readonly [string, Tone, IconName]>> = {
  creating: ["Creating", "wait", "spinner"],
  starting: ["Starting", "wait", "spinner"],
  running: ["Running", "good", "dot"],
  stopping: ["Stopping", "wait", "spinner"],
  stopped: ["Stopped", "dim", "stop"],
  deleting: ["Deleting", "wait", "spinner"],
  failed: ["Failed", "bad", "warning"],
};

const healths: Readonly<Record<NonNullable<Space["health"]>, readonly [string, Tone, IconName]>> = {
  starting: ["Health check starts", "wait", "clock"],
  healthy: ["Healthy", "good", "check"],
  unhealthy: ["Unhealthy", "bad", "warning"],
};

export function StateBadge({ state }: { state: Space["state"] }) {
  const [word, tone, icon] = states[state];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}

export function HealthBadge({ health }: { health: Space["health"] }) {
  if (health === null) return null;
  const [word, tone, icon] = healths[health];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}
