import { getRouteApi, Link } from "@tanstack/react-router";
import type { Parameter, Template } from "../../../internal/template/schema.ts";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { sizeText } from "../spaces/sizes.ts";
import { Badge } from "../ui/badge.tsx";
import { buttonClass } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { Icon } from "../ui/icon.tsx";
import { Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page, Panel } from "../ui/page.tsx";
import { TextBlock } from "../ui/text-block.tsx";

const route = getRouteApi("/shell/templates/$template");

export function TemplatePage() {
  const { template: ref } = route.useParams();
  const { may } = useSession();
  const query = useOperation("get_template", { template: ref });
  const template = query.data?.template;
  const crumb = (
    <Link to="/templates" className="inline-flex items-center gap-1 text-dim hover:text-ink">
      <Icon name="left" /> Templates
    </Link>
  );
  const create = template !== undefined && may("spaces.use") && (
    <Link to="/spaces/new" search={{ template: template.name }} className={buttonClass("primary")}>
      <Icon name="plus" /> New space
    </Link>
  );
  return (
    <Page title={template?.name ?? ref} about={template?.description} crumb={crumb} actions={create} narrow>
      {query.isPending && <Loading rows={2} />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {template !== undefined && <TemplateView template={template} />}
    </Page>
  );
}

function TemplateView({ template }: { template: Template }) {
  return (
    <div className="grid gap-4">
      <p className="text-dim">
        Version {template.version} · {template.runtime} · {sizeText(template.memory_bytes)} memory · {template.cpus} CPU
      </p>
      <Panel title="Parameters">
        {template.parameters.length === 0 && <p className="text-dim">None: a space needs only a name.</p>}
        <ul className="-my-2 divide-y divide-line">
          {template.parameters.map((parameter) => (
            <ParameterRow key={parameter.name} parameter={parameter} />
          ))}
        </ul>
      </Panel>
      {template.spec !== null && (
        <Panel title="Spec" aside={<CopyButton text={template.spec} fallback="template.spec" />}>
          <TextBlock text={template.spec} id="template.spec" height="max-h-[32rem]" />
        </Panel>
      )}
    </div>
  );
}

function ParameterRow({ parameter }: { parameter: Parameter }) {
  return (
    <li className="py-2">
      <p className="flex flex-wrap items-center gap-2">
        <code className="font-mono text-sm">{parameter.name}</code>
        <Badge>{parameter.type}</Badge>
        {parameter.required && <Badge tone="accent">required</Badge>}
      </p>
      {parameter.description !== "" && <p className="text-sm text-dim">{parameter.description}</p>}
    </li>
  );
}
