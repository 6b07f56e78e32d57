import { useSession } from "../shell/session.ts";
import { inputClass } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Group, groupNames, type ListView, type Order } from "./list-view.ts";

type Props = {
  readonly view: ListView;
  readonly counts: Readonly<Record<Group, number>>;
  readonly total: number;
  readonly onChange: (change: { readonly [Key in keyof ListView]?: ListView[Key] | undefined }) => void;
};

const words: Readonly<Record<Group, string>> = {
  running: "Running",
  stopped: "Stopped",
  busy: "In progress",
  failed: "Failed",
};

/** Search, states, order, and whose spaces are listed. */
export function ListToolbar({ view, counts, total, onChange }: Props) {
  const { may } = useSession();
  return (
    <search className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2">
      <div className="relative w-full sm:w-64">
        <Icon
          name="search"
          className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-dim"
        />
        <input
          type="search"
          aria-label="Search spaces"
          placeholder="Search spaces"
          value={view.q ?? ""}
          onChange={(event) => onChange({ q: event.target.value || undefined })}
          className={`${inputClass} pl-8!`}
        />
      </div>
      <fieldset className="flex flex-wrap gap-1">
        <legend className="sr-only">States</legend>
        <StateChoice
          word="All"
          count={total}
          chosen={view.state === undefined}
          onChoose={() => onChange({ state: undefined })}
        />
        {groupNames
          .filter((group) => counts[group] > 0 || view.state === group)
          .map((group) => (
            <StateChoice
              key={group}
              word={words[group]}
              count={counts[group]}
              chosen={view.state === group}
              onChoose={() => onChange({ state: group })}
            />
          ))}
      </fieldset>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 sm:ml-auto">
        {may("spaces.manage") && (
          <label className="flex min-h-9 items-center gap-2 text-sm max-sm:min-h-11">
            <input
              type="checkbox"
              className="size-4 accent-[var(--accent)]"
              checked={view.all === true}
              onChange={(event) => onChange({ all: event.target.checked || undefined })}
            />
            Everybody’s
          </label>
        )}
        <select
          aria-label="Order"
          value={view.sort ?? "name"}
          onChange={(event) => onChange({ sort: event.target.value as Order })}
          className={`${inputClass} w-auto! text-sm`}
        >
          <option value="name">By name</option>
          <option value="newest">Newest first</option>
          <option value="changed">Last changed first</option>
        </select>
      </div>
    </search>
  );
}

type ChoiceProps = {
  readonly word: string;
  readonly count: number;
  readonly chosen: boolean;
  readonly onChoose: () => void;
};

function StateChoice({ word, count, chosen, onChoose }: ChoiceProps) {
  return (
    <label
      className="flex min-h-9 cursor-pointer items-center gap-1.5 rounded-lg px-2.5 text-sm text-dim hover:bg-hover has-checked:bg-accent-soft
        has-checked:font-medium has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-accent max-sm:min-h-11"
    >
      <input type="radio" name="state" className="sr-only" checked={chosen} onChange={onChoose} />
      {word} <span className="tabular">{count}</span>
    </label>
  );
}
