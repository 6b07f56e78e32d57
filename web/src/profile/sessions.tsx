import { useOperation } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Loading, ProblemNotice } from "../ui/notice.tsx";
import { Panel } from "../ui/page.tsx";
import { Ago } from "../ui/time.tsx";

/** Where one is signed in, and how to end it elsewhere. */
export function Sessions() {
  const sessions = useOperation("list_sessions", {});
  const revoke = useAction("revoke_session", { outdates: ["list_sessions"], says: () => "The session is ended." });
  return (
    <Panel title="Sessions">
      {sessions.isPending && <Loading rows={1} />}
      {sessions.isError && <ProblemNotice error={sessions.error} retry={() => void sessions.refetch()} />}
      <ul className="-my-2 divide-y divide-line">
        {(sessions.data?.sessions ?? []).map((session) => (
          <li key={session.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
            <div className="min-w-0 flex-1 basis-60">
              <p className="flex flex-wrap items-center gap-2 font-medium">
                {programOf(session.user_agent)}
                {session.current && (
                  <Badge tone="good" icon="check">
                    This one
                  </Badge>
                )}
              </p>
              <p className="text-sm text-dim">
                {session.ip}, began <Ago at={session.created_at} />, last used <Ago at={session.last_seen_at} />
              </p>
            </div>
            {!session.current && (
              <Button
                look="danger"
                busy={revoke.isPending && revoke.variables.session === session.id}
                onClick={() => revoke.mutate({ session: session.id })}
              >
                End session
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** "Firefox on Linux" from a user agent; the start of the text where that is not to be seen. */
function programOf(agent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(agent)?.[1];
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(agent)?.[1];
  if (browser === undefined) return agent.slice(0, 60) || "Unknown program";
  const names: Readonly<Record<string, string>> = { Edg: "Edge", OPR: "Opera" };
  return `${names[browser] ?? browser}${system === undefined ? "" : ` on ${system.replace("Mac OS X", "macOS")}`}`;
}
