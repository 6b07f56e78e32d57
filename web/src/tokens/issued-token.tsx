import { useState } from "react";
import type { Token } from "../../../internal/token/schema.ts";
import { useOperation } from "../api/query.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextBlock } from "../ui/text-block.tsx";
import { snippetsFor } from "./snippets.ts";

export type Issued = { readonly token: Token; readonly secret: string };

/** The one moment a token's secret is seen, with what to paste where. */
export function IssuedToken({ issued, onClose }: { issued: Issued | null; onClose: () => void }) {
  if (issued === null) return null;
  return (
    <Dialog
      open
      sticky
      onClose={onClose}
      title={`Token “${issued.token.name}” is ready`}
      about="Copy the secret now. It is shown this once and cannot be read again."
    >
      <div className="flex flex-wrap items-center gap-2">
        <code id="token-secret" className="min-w-0 flex-1 rounded-lg bg-sunken px-3 py-2 font-mono text-sm break-all">
          {issued.secret}
        </code>
        <CopyButton text={issued.secret} label="Copy secret" fallback="token-secret" />
      </div>
      <Snippets issued={issued} />
      <div className="mt-6 flex justify-end">
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  );
}

function Snippets({ issued }: { issued: Issued }) {
  const server = useOperation("get_server", {});
  const isMcpOff = server.data?.server.mcp.enabled === false;
  const snippets = snippetsFor(location.origin, issued.secret, issued.token.scopes);
  const [chosen, setChosen] = useState(snippets[0]?.name ?? "");
  const snippet = snippets.find(({ name }) => name === chosen);
  if (snippet === undefined) return null;
  return (
    <section aria-label="Connect a client" className="mt-6">
      <h3 className="mb-2 text-sm font-semibold">Connect a client</h3>
      {isMcpOff && issued.token.scopes.includes("mcp") && (
        <p className="mb-2 rounded-lg bg-wait-soft px-3 py-2 text-sm text-wait">
          This server does not serve MCP yet, so AI clients cannot connect. Whoever runs it can set enabled = true below
          [server.mcp] in knot.toml.
        </p>
      )}
      <fieldset className="mb-2 flex flex-wrap gap-1">
        <legend className="sr-only">Client</legend>
        {snippets.map(({ name }) => (
          <label
            key={name}
            className="cursor-pointer rounded-lg px-2.5 py-1.5 text-sm text-dim hover:bg-hover has-checked:bg-accent-soft has-checked:font-medium
              has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="client"
              className="sr-only"
              checked={name === chosen}
              onChange={() => setChosen(name)}
            />
            {name}
          </label>
        ))}
      </fieldset>
      <p className="mb-2 text-sm text-dim">{snippet.where}</p>
      <TextBlock text={snippet.text} id="snippet" height="max-h-56" />
      <div className="mt-2 flex justify-end">
        <CopyButton text={snippet.text} label="Copy snippet" fallback="snippet" />
      </div>
    </section>
  );
}
