import type { Parameter } from "../../../internal/template/schema.ts";

type ParameterValue = string | number | boolean;

/** What a form starts with: the defaults, as the texts and ticks of its controls. */
export const startValues = (parameters: readonly Parameter[]): Record<string, string | boolean> =>
  Object.fromEntries(
    parameters.map(({ name, type, default: value }) => [
      name,
      type === "boolean" ? value === true : String(value ?? ""),
    ]),
  );

/** What is wrong with a value, in words; undefined when it will do. The server checks again. */
export function mistakeIn(parameter: Parameter, value: string | boolean): string | undefined {
  if (typeof value === "boolean") return undefined;
  const { type, required, pattern, min, max } = parameter;
  if (value === "") return required ? "Needs a value." : undefined;
  if (type === "number") {
    const number = Number(value);
    if (!Number.isFinite(number)) return "Must be a number.";
    if (min !== null && number < min) return `Must be at least ${min}.`;
    if (max !== null && number > max) return `Must be at most ${max}.`;
  }
  if (pattern !== null && !fits(pattern, value)) return `Must match ${pattern}.`;
  return undefined;
}

/** The input of create_space: what was left empty is left out, so that the default counts. */
export function valuesFor(
  parameters: readonly Parameter[],
  values: Readonly<Record<string, string | boolean>>,
): Record<string, ParameterValue> {
  const entries = parameters.flatMap(({ name, type }): [string, ParameterValue][] => {
    const value = values[name];
    if (value === undefined || value === "") return [];
    return [[name, type === "number" ? Number(value) : value]];
  });
  return Object.fromEntries(entries);
}

/** A pattern this browser cannot read is the server's to judge. */
function fits(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    return true;
  }
}
