import type { Parameter } from "../../../internal/template/schema.ts";
import { Field, inputClass } from "../ui/field.tsx";

type Props = {
  readonly parameter: Parameter;
  readonly value: string | boolean;
  readonly error: string | undefined;
  readonly onChange: (value: string | boolean) => void;
};

/** The control that fits a template's parameter. */
export function ParameterField({ parameter, value, error, onChange }: Props) {
  const label = parameter.title || parameter.name;
  if (parameter.type === "boolean") {
    return (
      <label className="flex items-start gap-3 rounded-lg border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft">
        <input
          type="checkbox"
          className="mt-1 size-4 shrink-0 accent-[var(--accent)]"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span>
          <span className="font-medium">{label}</span>
          {parameter.description !== "" && <span className="block text-sm text-dim">{parameter.description}</span>}
        </span>
      </label>
    );
  }
  return (
    <Field
      label={label}
      help={parameter.description === "" ? undefined : parameter.description}
      optional={!parameter.required}
      error={error}
    >
      {(parts) =>
        parameter.type === "choice" ? (
          <select
            {...parts}
            value={String(value)}
            onChange={(event) => onChange(event.target.value)}
            className={inputClass}
          >
            {value === "" && <option value="">Choose…</option>}
            {(parameter.choices ?? []).map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : (
          <input
            {...parts}
            type={parameter.type === "secret" ? "password" : "text"}
            inputMode={parameter.type === "number" ? "decimal" : undefined}
            autoComplete="off"
            spellCheck={false}
            value={String(value)}
            onChange={(event) => onChange(event.target.value)}
            className={inputClass}
          />
        )
      }
    </Field>
  );
}
