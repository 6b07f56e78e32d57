import { useState } from "react";
import type { Template } from "../../../internal/template/schema.ts";

type Draft = { readonly name: string; readonly values: Readonly<Record<string, string | boolean>> };

/** A form's content that survives a reload and a session that ended; secrets are not kept. */
export function useDraft(template: Template, start: () => Draft) {
  const place = `knot-draft-${template.id}`;
  const [kept] = useState(() => read(place));
  const [current, setCurrent] = useState<Draft>(() => {
    const fresh = start();
    return kept === null ? fresh : { name: kept.name, values: { ...fresh.values, ...kept.values } };
  });
  const [dirty, setDirty] = useState(kept !== null);
  const secrets = new Set(template.parameters.filter(({ type }) => type === "secret").map(({ name }) => name));
  return {
    current,
    dirty,
    change: (next: Draft) => {
      setCurrent(next);
      setDirty(true);
      const values = Object.fromEntries(Object.entries(next.values).filter(([name]) => !secrets.has(name)));
      keep(place, JSON.stringify({ name: next.name, values }));
    },
    forget: () => {
      sessionStorage.removeItem(place);
      setDirty(false);
    },
  };
}

/** Storage may be full or off: then the draft lives as long as the page. */
function keep(place: string, text: string): void {
  try {
    sessionStorage.setItem(place, text);
  } catch {}
}

function read(place: string): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}
