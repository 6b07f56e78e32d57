import { useEffect, useRef, useState } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import { useOperation } from "../api/query.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { Loading, ProblemNotice } from "../ui/notice.tsx";
import { Panel } from "../ui/page.tsx";
import { TextBlock } from "../ui/text-block.tsx";
import { sizeText } from "./sizes.ts";

const short = { lines: 300, max_output_bytes: 32_768 } as const;
const long = { lines: 5000, max_output_bytes: 262_144 } as const;

/** The last lines of what the space's main process wrote; follows until one scrolls up. */
export function Logs({ space }: { space: Space }) {
  const running = space.state === "running" || space.state === "starting";
  const [amount, setAmount] = useState<typeof short | typeof long>(short);
  const query = useOperation(
    "get_space_logs",
    { space: space.id, ...amount },
    { refetchInterval: running ? 4000 : false, keepPrevious: true },
  );
  // what it wrote last is read once more when it ends
  const { refetch } = query;
  const wasRunning = useRef(running);
  useEffect(() => {
    if (wasRunning.current && !running) void refetch();
    wasRunning.current = running;
  }, [running, refetch]);
  const { text = "", lines = 0, cut_bytes = 0 } = query.data ?? {};
  const box = useRef<HTMLPreElement>(null);
  const [follows, setFollows] = useState(true);
  useEffect(() => {
    if (follows && text !== "" && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follows, text]);
  const onScroll = () => {
    const node = box.current;
    if (node !== null) setFollows(node.scrollHeight - node.scrollTop - node.clientHeight < 24);
  };
  const follow = () => {
    setFollows(true);
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };
  const more = amount === short && (cut_bytes > 0 || lines >= short.lines);
  const aside = (
    <span className="flex items-center gap-1 text-sm text-dim">
      {text !== "" && running && follows && "Following"}
      {text !== "" && !follows && (
        <Button look="quiet" icon="down" onClick={follow}>
          To the end
        </Button>
      )}
      {text !== "" && <CopyButton compact label="Copy the log" text={text} fallback="log-text" />}
      <IconButton icon="restart" label="Read the log again" className="size-7!" onClick={() => void query.refetch()} />
    </span>
  );
  return (
    <Panel title="Log" aside={aside}>
      {query.isPending && <Loading rows={1} />}
      {query.isError && <ProblemNotice error={query.error} />}
      {query.isSuccess && text === "" && <p className="text-dim">The main process has written nothing yet.</p>}
      {more && (
        <Button look="quiet" className="-mt-2 mb-2 -ml-2" onClick={() => setAmount(long)}>
          Show earlier lines
        </Button>
      )}
      {amount === long && cut_bytes > 0 && (
        <p className="mb-2 text-sm text-dim">{sizeText(cut_bytes)} of earlier lines are left out.</p>
      )}
      {text !== "" && (
        <section aria-label="Log text">
          <TextBlock id="log-text" text={text} ref={box} onScroll={onScroll} />
        </section>
      )}
    </Panel>
  );
}
