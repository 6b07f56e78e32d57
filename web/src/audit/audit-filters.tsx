import { type FormEvent, useEffect, useRef } from "react";
import { Button } from "../ui/button.tsx";
import { inputClass } from "../ui/field.tsx";
import { type AuditFilter, doors, outcomes } from "./audit-filter.ts";

export type AuditChange = Readonly<Record<string, string>>;

/** Choices take effect at once; names when they are complete, because the server looks for exactly them. */
export function AuditFilters({ filter, onChange }: { filter: AuditFilter; onChange: (change: AuditChange) => void }) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    for (const name of ["user", "operation"] as const) {
      const field = form.current?.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = filter[name] ?? "";
    }
  }, [filter]);
  const search = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    onChange({ user: String(fields.get("user")).trim(), operation: String(fields.get("operation")).trim() });
  };
  return (
    <search>
      <form ref={form} onSubmit={search} className="mb-4 flex flex-wrap items-center gap-2">
        <Choice label="Outcome" any="Any outcome" names={outcomes} value={filter.outcome} onChange={onChange} />
        <Choice label="Door" any="Any door" names={doors} value={filter.door} onChange={onChange} />
        {(["user", "operation"] as const).map((name) => (
          <input
            key={name}
            name={name}
            aria-label={name === "user" ? "User" : "Operation"}
            placeholder={name === "user" ? "User name" : "Operation, such as delete_space"}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            className={`${inputClass} ${name === "user" ? "sm:w-36!" : "sm:w-72!"}`}
          />
        ))}
        <Button type="submit" icon="search">
          Search
        </Button>
      </form>
    </search>
  );
}

type ChoiceProps = {
  readonly label: string;
  readonly any: string;
  readonly names: Readonly<Record<string, string>>;
  readonly value: string | undefined;
  readonly onChange: (change: AuditChange) => void;
};

function Choice({ label, any, names, value, onChange }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => onChange({ [label.toLowerCase()]: event.target.value })}
      className={`${inputClass} max-sm:flex-1 sm:w-auto!`}
    >
      <option value="">{any}</option>
      {Object.entries(names).map(([name, word]) => (
        <option key={name} value={name}>
          {word}
        </option>
      ))}
    </select>
  );
}
