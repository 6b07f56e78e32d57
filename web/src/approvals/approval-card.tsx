import { useState } from "react";
import type { Approval } from "../../../internal/approval/schema.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Ago, Countdown, useIsPast } from "../ui/time.tsx";
import { Arguments } from "./arguments.tsx";
import { askerOf, effectLooks, stateLooks } from "./labels.ts";
import { useDecision } from "./use-decision.ts";

/** One call that waits, or has waited, for a person. */
export function ApprovalCard({ approval, may }: { approval: Approval; may: boolean }) {
  const heading = `approval-${approval.id}`;
  const effect = effectLooks[approval.effect];
  const pending = approval.state === "pending";
  const tooLate = useIsPast(approval.expires_at);
  return (
    <section aria-labelledby={heading} className="rounded-xl border border-line bg-panel">
      <div className="grid gap-3 p-4 sm:p-5">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5">
          <Badge tone={effect.tone} icon={effect.icon}>
            {effect.word}
          </Badge>
          {!pending && <StateBadge approval={approval} />}
          <span className="text-sm text-dim sm:ml-auto">
            Asked <Ago at={approval.created_at} />
            {pending && (
              <>
                , expires <Countdown to={approval.expires_at} over="now" />
              </>
            )}
          </span>
        </div>
        <h3 id={heading} className="text-lg font-semibold break-words">
          <Revealed text={approval.label} />
        </h3>
        <p className="text-sm break-words text-dim" dir="auto">
          <code className="font-mono text-ink">{approval.tool}</code>
          {approval.origin !== "knot" && ` of ${approval.origin}`}, asked by <Revealed text={askerOf(approval)} />
        </p>
        <div
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className="max-h-80 overflow-auto rounded-lg bg-sunken px-3 py-2"
        >
          <Arguments values={approval.arguments} />
        </div>
        {approval.decided_at !== null && <DecidedLine approval={approval} />}
      </div>
      {pending && may && !tooLate && <Decision approval={approval} />}
      {pending && tooLate && (
        <p className="border-t border-line px-4 py-3 text-dim sm:px-5">
          Too late: nobody decided in time, so the call does not run.
        </p>
      )}
    </section>
  );
}

function StateBadge({ approval }: { approval: Approval }) {
  const state = stateLooks[approval.state];
  return (
    <Badge tone={state.tone} icon={state.icon}>
      {state.word}
    </Badge>
  );
}

function DecidedLine({ approval }: { approval: Approval }) {
  return (
    <p className="text-sm text-dim">
      Decided {approval.decided_by !== null && `by ${approval.decided_by} `}
      {approval.decided_at !== null && <Ago at={approval.decided_at} />}
      {approval.reason !== null && (
        <>
          : “<Revealed text={approval.reason} />”
        </>
      )}
    </p>
  );
}

function Decision({ approval }: { approval: Approval }) {
  const decision = useDecision(approval.id);
  const [denying, setDenying] = useState(false);
  const [reason, setReason] = useState("");
  return (
    <div className="grid gap-3 border-t border-line p-3 sm:px-5">
      {denying && (
        <Field label="Reason" optional help="Whoever asked reads it; a model does, too.">
          {(parts) => (
            <input
              {...parts}
              value={reason}
              maxLength={500}
              onChange={(event) => setReason(event.target.value)}
              className={inputClass}
            />
          )}
        </Field>
      )}
      <div className="flex flex-wrap justify-end gap-2 max-sm:*:flex-1">
        {denying ? (
          <>
            <Button onClick={() => setDenying(false)}>Back</Button>
            <Button look="danger" icon="cross" busy={decision.denying} onClick={() => decision.deny(reason)}>
              Deny call
            </Button>
          </>
        ) : (
          <>
            <Button icon="cross" disabled={decision.approving} onClick={() => setDenying(true)}>
              Deny…
            </Button>
            <Button look="primary" icon="check" busy={decision.approving} onClick={decision.approve}>
              Approve once
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
