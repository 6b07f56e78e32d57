import { useSyncExternalStore } from "react";

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

let now = Date.now();
const listeners = new Set<() => void>();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, 20_000);

/** "3 minutes ago", with the exact time in this browser's zone on hover. `at` is in milliseconds since 1970. */
export function Ago({ at }: { at: number }) {
  const current = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
  );
  return (
    <time dateTime={new Date(at).toISOString()} title={exact.format(at)}>
      {agoText(at, current)}
    </time>
  );
}

/** The time of day, for lines of one process. */
export function Clock({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exact.format(at)} className="tabular">
      {clock.format(at)}
    </time>
  );
}

export const dayText = (at: number): string => day.format(at);

function agoText(at: number, current: number): string {
  const seconds = (at - current) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return seconds > 20 ? "in a moment" : "just now";
  const [unit, size] = steps.find(([, step]) => distance >= step * 0.9) ?? ["minute", 60];
  return relative.format(Math.round(seconds / size), unit);
}
