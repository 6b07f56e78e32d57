import { getRouteApi, Link } from "@tanstack/react-router";
import { useOperation } from "../api/query.ts";
import { Icon } from "../ui/icon.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { NewSpaceForm } from "./new-space-form.tsx";
import { TemplateCards } from "./template-cards.tsx";

const route = getRouteApi("/shell/spaces/new");

/** First the template, then its form; the choice is part of the address. */
export function NewSpacePage() {
  const { template: chosen } = route.useSearch();
  const templates = useOperation("list_templates", { limit: 200 });
  const list = templates.data?.templates ?? [];
  const template = list.find(({ name, id }) => name === chosen || id === chosen);
  const crumb = (
    <Link
      to={template === undefined ? "/spaces" : "/spaces/new"}
      className="inline-flex items-center gap-1 text-dim hover:text-ink"
    >
      <Icon name="left" /> {template === undefined ? "Spaces" : "Templates"}
    </Link>
  );
  return (
    <Page
      title={template === undefined ? "New space" : `New space from ${template.name}`}
      about={template === undefined ? "Choose what it is made from." : template.description}
      crumb={crumb}
      narrow
    >
      {templates.isPending && <Loading />}
      {templates.isError && <ProblemNotice error={templates.error} retry={() => void templates.refetch()} />}
      {templates.isSuccess && list.length === 0 && (
        <EmptyState title="No template for you yet">
          Whoever manages this server can share one with you or your group.
        </EmptyState>
      )}
      {templates.isSuccess && chosen !== undefined && template === undefined && list.length > 0 && (
        <p className="mb-4 text-dim">There is no template “{chosen}” that you may use. Choose another one.</p>
      )}
      {template === undefined ? (
        <TemplateCards templates={list} />
      ) : (
        <NewSpaceForm key={template.id} template={template} />
      )}
    </Page>
  );
}
