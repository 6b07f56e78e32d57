import type { LoadedConfig, Said } from "./config.ts";
import { type Option, options } from "./options.ts";

/** One value as `knot config show` prints it: secrets are masked. */
export type ShownOption = { readonly key: string; readonly value: unknown } & Said;

/** Every option with its value, secrets masked, and where it came from. */
export function shownOptions({ config, origins }: LoadedConfig): ShownOption[] {
  return options.map((option) => ({
    key: option.key,
    value: masked(
      option,
      option.path.reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], config),
    ),
    ...(origins.get(option.key) ?? { origin: "default", place: "" }),
  }));
}

function masked(option: Option, value: unknown): unknown {
  if (option.type === "tables" && Array.isArray(value)) {
    return value.map((table: Record<string, unknown>) =>
      Object.fromEntries(
        Object.entries(table).map(([name, item]) => {
          const field = option.fields.find(({ key }) => key === name);
          return [name, field === undefined ? item : masked(field, name === "url" ? maskedUrl(item) : item)];
        }),
      ),
    );
  }
  const isEmpty =
    value === "" || value === undefined || (typeof value === "object" && Object.keys(value as object).length === 0);
  return option.secret && !isEmpty ? "********" : value;
}

/** Keys of remote servers are often said in their address: user, password and the values of the query are masked. */
function maskedUrl(text: unknown): unknown {
  if (typeof text !== "string" || !URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.username === "" && url.password === "" && url.search === "" && url.hash === "") return text;
  if (url.username !== "") url.username = "********";
  if (url.password !== "") url.password = "********";
  for (const name of new Set(url.searchParams.keys())) url.searchParams.set(name, "********");
  if (url.hash !== "") url.hash = "********";
  return url.href;
}
