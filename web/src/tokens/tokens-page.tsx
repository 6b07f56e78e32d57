import { useState } from "react";
import type { Token } from "../../../internal/token/schema.ts";
import { useOperation } from "../api/query.ts";
import { Badge } from "../ui/badge.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Ago, dayText } from "../ui/time.tsx";
import { CreateToken } from "./create-token.tsx";
import { type Issued, IssuedToken } from "./issued-token.tsx";
import { RevokeToken } from "./revoke-token.tsx";
import { RotateToken } from "./rotate-token.tsx";

const soon = 7 * 86_400_000;

export function TokensPage() {
  const tokens = useOperation("list_tokens", { limit: 200 });
  const [creating, setCreating] = useState(false);
  const [issued, setIssued] = useState<Issued | null>(null);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const [rotating, setRotating] = useState<Token | null>(null);
  const create = (
    <Button look="primary" icon="plus" onClick={() => setCreating(true)}>
      New token
    </Button>
  );
  const list = tokens.data?.tokens ?? [];
  return (
    <Page
      title="Tokens"
      about="A token lets a program act as you: an AI client over MCP, a script over REST, or the command line."
      actions={list.length > 0 && create}
    >
      {tokens.isPending && <Loading />}
      {tokens.isError && <ProblemNotice error={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.isSuccess && list.length === 0 && (
        <EmptyState title="No tokens yet" action={create}>
          Create one to connect Claude Code, Cursor, VS Code or the knot command line to this server.
        </EmptyState>
      )}
      {list.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-panel">
          {list.map((token) => (
            <TokenRow
              key={token.id}
              token={token}
              onRotate={() => setRotating(token)}
              onRevoke={() => setRevoking(token)}
            />
          ))}
        </ul>
      )}
      <CreateToken
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={(value) => {
          setCreating(false);
          setIssued(value);
        }}
      />
      <IssuedToken issued={issued} onClose={() => setIssued(null)} />
      <RotateToken token={rotating} onClose={() => setRotating(null)} onRotated={setIssued} />
      <RevokeToken token={revoking} onClose={() => setRevoking(null)} />
    </Page>
  );
}

type RowProps = { readonly token: Token; readonly onRotate: () => void; readonly onRevoke: () => void };

function TokenRow({ token, onRotate, onRevoke }: RowProps) {
  const expired = token.expires_at <= Date.now();
  const ending = !expired && token.expires_at - Date.now() < soon;
  return (
    <li className="long-list-row grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 px-4 py-3 md:grid-cols-[minmax(0,1fr)_11rem_12rem_auto]">
      <div className="min-w-0">
        <p className="truncate font-medium">
          <bdi>{token.name}</bdi>
        </p>
        <ul aria-label="Scopes" className="mt-1 flex flex-wrap gap-1">
          {token.scopes.map((scope) => (
            <li key={scope}>
              <Badge>{scope}</Badge>
            </li>
          ))}
        </ul>
      </div>
      <p className="text-sm text-dim max-md:col-start-1">
        {token.last_used_at === null ? (
          "Never used"
        ) : (
          <>
            Used <Ago at={token.last_used_at} />
          </>
        )}
      </p>
      <p className={`text-sm max-md:col-start-1 ${expired ? "text-bad" : "text-dim"}`}>
        {expired ? (
          <Badge tone="bad" icon="warning">
            Expired {dayText(token.expires_at)}
          </Badge>
        ) : ending ? (
          <Badge tone="wait" icon="clock">
            Expires {dayText(token.expires_at)}
          </Badge>
        ) : (
          `Expires ${dayText(token.expires_at)}`
        )}
      </p>
      <div className="flex items-center gap-1 max-md:col-start-2 max-md:row-span-3 max-md:row-start-1">
        {!expired && <IconButton icon="restart" label={`New secret for ${token.name}`} onClick={onRotate} />}
        <Button look="danger" icon="trash" aria-label={`Revoke ${token.name}`} onClick={onRevoke}>
          Revoke
        </Button>
      </div>
    </li>
  );
}
