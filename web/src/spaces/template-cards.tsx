import { Link } from "@tanstack/react-router";
import type { Template } from "../../../internal/template/schema.ts";
import { Icon } from "../ui/icon.tsx";
import { sizeText } from "./sizes.ts";

export function TemplateCards({ templates }: { templates: readonly Template[] }) {
  return (
    <ul className="grid gap-3 sm:grid-cols-2">
      {templates.map((template) => (
        <li key={template.id} className="grid">
          <Link
            to="/spaces/new"
            search={{ template: template.name }}
            className="group grid content-start gap-1 rounded-xl border border-line bg-panel p-4 transition-colors hover:border-accent"
          >
            <span className="flex items-center gap-2">
              <span className="grid size-8 place-items-center rounded-lg bg-accent-soft text-accent">
                <Icon name="template" className="size-4.5" />
              </span>
              <span className="min-w-0 flex-1 truncate font-semibold">{template.name}</span>
              <Icon name="right" className="size-4 text-dim transition-transform group-hover:translate-x-0.5" />
            </span>
            <span className="mt-1">{template.description}</span>
            <span className="mt-1 text-sm text-dim">
              {template.runtime} · {sizeText(template.memory_bytes)} memory · {template.cpus} CPU
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
