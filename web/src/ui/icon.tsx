/** Line drawings on a 20 by 20 grid; `currentColor`, hidden from assistive technology because words stand beside them. */
const drawings = {
  space: "M10 2.5 16.5 6v8L10 17.5 3.5 14V6zM3.5 6 10 9.5 16.5 6M10 9.500v8",
  template: "M10 3 17 6.5 10 10 3 6.500zM3 10l7 3.500L17 10M3 13.5 10 17l7-3.5",
  volume:
    "M4 6c0-1.400 2.700-2.500 6-2.500s6 1.100 6 2.500-2.700 2.500-6 2.500S4 7.400 4 6M4 6v8c0 1.400 2.700 2.500 6 2.500s6-1.100 6-2.500V6M4 10c0 1.400 2.700 2.500 6 2.500s6-1.100 6-2.500",
  token: "M11.8 8.200a3.7 3.7 0 1 0-2.5 2.500L11 12.400h2v2h2V17h2.500v-2.800z",
  approval: "M10 2.5 16 5v4.500c0 4-2.5 6.5-6 8-3.5-1.5-6-4-6-8V5zM7.3 9.800l2 2 3.5-3.8",
  audit: "M5 3.500h10v13H5zM7.8 7h4.500M7.8 10h4.500M7.8 13h2.5",
  profile: "M10 10a3.2 3.2 0 1 0 0-6.400A3.2 3.2 0 0 0 10 10M3.8 16.800c.6-3 3-4.5 6.2-4.500s5.6 1.5 6.2 4.5",
  play: "M6.5 4.200v11.600L15.5 10z",
  stop: "M5.5 5.500h9v9h-9z",
  restart: "M15.8 10a5.8 5.8 0 1 1-1.8-4.200L16 7.700M16 3.800v3.900h-3.9",
  trash: "M4 5.500h12M8 5.500V3.500h4v2M5.5 5.500l.7 11h7.600l.7-11M8.5 8.500v5M11.5 8.500v5",
  plus: "M10 4v12M4 10h12",
  copy: "M7.5 7.500h9v9h-9zM12.5 7.500v-4h-9v9h4",
  check: "M4 10.5 8 14.5 16 5.5",
  warning: "M10 3.2 17.5 16.500h-15zM10 8v4M10 14.200v.1",
  cross: "M5 5l10 10M15 5 5 15",
  right: "M7.5 4.5 13 10l-5.5 5.5",
  down: "M4.5 7.5 10 13l5.5-5.5",
  left: "M12.5 4.5 7 10l5.5 5.5",
  sun: "M10 13.200a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.400M10 2v1.800M10 16.200V18M2 10h1.800M16.2 10H18M4.3 4.300l1.3 1.300M14.4 14.400l1.3 1.300M4.3 15.700l1.3-1.300M14.4 5.600l1.3-1.3",
  moon: "M16.5 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.5 8.5",
  more: "M4.5 10h.1M10 10h.1M15.5 10h.1",
  exit: "M8 3.500H4v13h4M12.5 6.5 16 10l-3.5 3.500M16 10H8",
  terminal: "M3 4h14v12H3zM6 8l2.5 2L6 12M10.5 12.500H14",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14M10 6v4.200l2.7 1.6",
  ring: "M10 16a6 6 0 1 0 0-12 6 6 0 0 0 0 12",
  dot: "M10 10h.1",
  spinner: "M10 3.500A6.5 6.5 0 1 1 3.5 10",
  search: "M8.800 14.200a5.400 5.400 0 1 0 0-10.800 5.400 5.400 0 0 0 0 10.800M12.800 12.800 16.500 16.500",
  edit: "M4 16l.8-3.400L13.500 3.900a1.500 1.500 0 0 1 2.100 0l.5.5a1.500 1.500 0 0 1 0 2.100L7.400 15.200z",
  link: "M8 12l4-4M9 6l1.5-1.500a3.5 3.5 0 0 1 5 5L14 11M11 14l-1.5 1.500a3.5 3.5 0 0 1-5-5L6 9",
} as const;

export type IconName = keyof typeof drawings;

const strokes: Partial<Record<IconName, number>> = { more: 2.6, dot: 9 };

export function Icon({ name, className = "size-4" }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 20 20"
      className={`shrink-0 ${className} ${name === "spinner" ? "animate-spin" : ""}`}
      fill="none"
      stroke="currentColor"
      strokeWidth={strokes[name] ?? 1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={drawings[name]} />
    </svg>
  );
}
