import { Link } from "@tanstack/react-router";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { sizeText } from "../spaces/sizes.ts";
import { buttonClass } from "../ui/button.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Ago } from "../ui/time.tsx";

export function TemplatesPage() {
  const { may } = useSession();
  const templates = useOperation("list_templates", { limit: 200 });
  const list = templates.data?.templates ?? [];
  return (
    <Page title="Templates" about="What spaces are made from.">
      {templates.isPending && <Loading />}
      {templates.isError && <ProblemNotice error={templates.error} retry={() => void templates.refetch()} />}
      {templates.isSuccess && list.length === 0 && (
        <EmptyState title="No templates yet">
          {may("templates.manage")
            ? "Create one with `knot template create` from a YAML file, or through the REST API."
            : "Whoever manages this server can share one with you or your group."}
        </EmptyState>
      )}
      {list.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-panel">
          {list.map((template) => (
            <li
              key={template.id}
              className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 px-4 py-3 md:grid-cols-[minmax(0,1fr)_14rem_auto]"
            >
              <div className="min-w-0">
                <Link
                  to="/templates/$template"
                  params={{ template: template.name }}
                  className="font-medium underline-offset-4 hover:text-accent hover:underline"
                >
                  {template.name}
                </Link>
                <p className="truncate text-sm text-dim">{template.description}</p>
              </div>
              <p className="text-sm text-dim max-md:col-start-1">
                {template.runtime}, {sizeText(template.memory_bytes)} memory
                <span className="block">
                  Version {template.version}, <Ago at={template.updated_at} />
                </span>
              </p>
              {may("spaces.use") && (
                <Link
                  to="/spaces/new"
                  search={{ template: template.name }}
                  aria-label={`New space from ${template.name}`}
                  className={buttonClass("plain", "max-md:col-start-2 max-md:row-span-2 max-md:row-start-1")}
                >
                  New space
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
