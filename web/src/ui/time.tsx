import { useSyncExternalStore } from "react";

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const dayAndClock = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** The time as it passes, read every so many milliseconds while something shows it. */
function createTicker(everyMs: number) {
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    now = Date.now();
    timer ??= setInterval(() => {
      now = Date.now();
      for (const tell of listeners) tell();
    }, everyMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
  return () => useSyncExternalStore(subscribe, () => now);
}

const useSlowClock = createTicker(20_000);
const useSecondClock = createTicker(1000);

/** "3 minutes ago", with the exact time in this browser's zone on hover. `at` is in milliseconds since 1970. */
export function Ago({ at }: { at: number }) {
  const current = useSlowClock();
  return (
    <time dateTime={new Date(at).toISOString()} title={exact.format(at)}>
      {agoText(at, current)}
    </time>
  );
}

/** How long until then, by the second in the last hour; `over` once it has come. */
export function Countdown({ to, over }: { to: number; over: string }) {
  const seconds = Math.ceil((to - useSecondClock()) / 1000);
  const text = seconds <= 0 ? over : seconds > 3600 ? agoText(to, Date.now()) : `in ${minutesText(seconds)}`;
  return (
    <time dateTime={new Date(to).toISOString()} title={exact.format(to)} className="tabular">
      {text}
    </time>
  );
}

/** Whether that time has come. */
export const useIsPast = (at: number): boolean => useSecondClock() >= at;

const minutesText = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;

/** The time of day, for lines of one process; with the day where that is not today. */
export function Clock({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exact.format(at)} className="tabular">
      {isToday(at) ? clock.format(at) : dayAndClock.format(at)}
    </time>
  );
}

const isToday = (at: number): boolean => new Date(at).toDateString() === new Date().toDateString();

export const dayText = (at: number): string => day.format(at);

function agoText(at: number, current: number): string {
  const seconds = (at - current) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return seconds > 20 ? "in a moment" : "just now";
  const [unit, size] = steps.find(([, step]) => distance >= step * 0.9) ?? ["minute", 60];
  return relative.format(Math.round(seconds / size), unit);
}
