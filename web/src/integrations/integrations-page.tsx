import type { Integration } from "../../../internal/integration/schema.ts";
import { useOperation } from "../api/query.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import type { IconName } from "../ui/icon.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Ago } from "../ui/time.tsx";

const statuses: Readonly<Record<Integration["status"], readonly [string, Tone, IconName]>> = {
  connecting: ["Connecting", "wait", "spinner"],
  connected: ["Connected", "good", "check"],
  degraded: ["Lost for now", "wait", "warning"],
  failed: ["Not reached", "bad", "warning"],
};

/** The MCP servers whose tools this server passes on. They are set up in knot.toml. */
export function IntegrationsPage() {
  const query = useOperation("list_integrations", { limit: 200 }, { refetchInterval: 15_000 });
  const list = query.data?.integrations ?? [];
  return (
    <Page title="Integrations" about="Connected MCP servers. Their tools stand beside knot’s own in every AI client.">
      {query.isPending && <Loading />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && list.length === 0 && (
        <EmptyState title="No connected servers">
          Whoever runs this server can add them to knot.toml; each shows up here with its state and its tools.
        </EmptyState>
      )}
      {list.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-panel">
          {list.map((integration) => (
            <IntegrationRow key={integration.namespace} integration={integration} />
          ))}
        </ul>
      )}
    </Page>
  );
}

function IntegrationRow({ integration }: { integration: Integration }) {
  const { namespace, transport, status, error, warnings, since_at, tools } = integration;
  const [word, tone, icon] = statuses[status];
  return (
    <li className="grid gap-1 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-medium">{namespace}</h2>
        <Badge tone={tone} icon={icon}>
          {word}
        </Badge>
        <p className="text-sm text-dim sm:ml-auto">
          {tools} {tools === 1 ? "tool" : "tools"} · {transport} · since <Ago at={since_at} />
        </p>
      </div>
      {error !== null && <p className="text-sm break-words text-bad">{error}</p>}
      {warnings.map((warning) => (
        <p key={warning} className="text-sm break-words text-dim">
          {warning}
        </p>
      ))}
    </li>
  );
}
