import type { LoadedConfig, Origin } from "./config.ts";
import { type Option, options } from "./options.ts";

/** One value as `knot config show` prints it: secrets are masked. */
export type ShownOption = { readonly key: string; readonly value: unknown; readonly origin: Origin };

/** Every option with its value, secrets masked, and where it came from. */
export function shownOptions({ config, origins }: LoadedConfig): ShownOption[] {
  return options.map((option) => ({
    key: option.key,
    value: masked(
      option,
      option.path.reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], config),
    ),
    origin: origins.get(option.key) ?? "default",
  }));
}

function masked(option: Option, value: unknown): unknown {
  if (option.type === "tables" && Array.isArray(value)) {
    return value.map((table: Record<string, unknown>) =>
      Object.fromEntries(
        Object.entries(table).map(([name, item]) => {
          const field = option.fields.find(({ key }) => key === name);
          return [name, field === undefined ? item : masked(field, item)];
        }),
      ),
    );
  }
  const isEmpty =
    value === "" || value === undefined || (typeof value === "object" && Object.keys(value as object).length === 0);
  return option.secret && !isEmpty ? "********" : value;
}
