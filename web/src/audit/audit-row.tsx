import type { AuditEntry } from "../../../internal/audit/schema.ts";
import { durationText } from "../spaces/sizes.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import type { IconName } from "../ui/icon.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Ago } from "../ui/time.tsx";
import { doors, outcomes } from "./audit-filter.ts";

const looks: Readonly<Record<AuditEntry["outcome"], readonly [Tone, IconName]>> = {
  ok: ["good", "check"],
  failed: ["bad", "warning"],
  denied: ["bad", "cross"],
  pending: ["wait", "clock"],
};

/** One call; opened, everything the log knows of it. */
export function AuditRow({ entry }: { entry: AuditEntry }) {
  const [word, tone, icon] = lookOf(entry);
  return (
    <li className="long-list-row">
      <details>
        <summary className="grid list-none gap-x-4 gap-y-1 px-4 py-2.5 hover:bg-hover sm:grid-cols-[minmax(0,1fr)_auto] sm:items-center">
          <span className="min-w-0">
            <span className="block break-words">
              <Revealed text={entry.label} />
            </span>
            <span className="block truncate text-sm text-dim">
              {entry.username} · {doors[entry.door]} · <code className="font-mono">{entry.operation}</code>
              {entry.problem_code !== null && ` · ${entry.problem_code}`}
            </span>
          </span>
          <span className="flex items-center gap-3 text-sm text-dim sm:flex-row-reverse">
            <Badge tone={tone} icon={icon}>
              {word}
            </Badge>
            <Ago at={entry.at} />
          </span>
        </summary>
        <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-1 border-t border-line bg-sunken px-4 py-3 text-sm">
          {factsOf(entry).map(([name, value]) => (
            <div key={name} className="col-span-2 grid grid-cols-subgrid">
              <dt className="text-dim">{name}</dt>
              <dd className="break-words">
                <Revealed text={value} />
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}

function factsOf(entry: AuditEntry): readonly (readonly [string, string])[] {
  const { credential_kind, credential_name } = entry;
  const facts = [
    ["When", new Date(entry.at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })],
    ["Took", durationText(entry.duration_ms)],
    ["Address", entry.ip],
    ["Client", entry.client],
    ["Credential", [credential_kind, credential_name].filter((part) => part !== null && part !== "").join(", ")],
    ["Tool of", entry.origin === "knot" ? "" : entry.origin],
    ["Call", entry.call_id],
    ["Position", String(entry.seq)],
  ] as const;
  return facts.filter(([, value]) => value !== "");
}

/** Asking what would be lost is not a failure. */
const lookOf = ({ outcome, problem_code }: AuditEntry) =>
  problem_code === "confirmation_required"
    ? (["Asked", "dim", "clock"] as const)
    : ([outcomes[outcome], ...looks[outcome]] as const);
