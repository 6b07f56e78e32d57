import { useEffect, useRef, useState } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import { useOperation } from "../api/query.ts";
import { IconButton } from "../ui/button.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { Panel } from "../ui/page.tsx";
import { TextBlock } from "../ui/text-block.tsx";

/** The last lines of what the space's main process wrote; follows until one scrolls up. */
export function Logs({ space }: { space: Space }) {
  const running = space.state === "running" || space.state === "starting";
  const query = useOperation(
    "get_space_logs",
    { space: space.id, lines: 300 },
    { refetchInterval: running ? 4000 : false },
  );
  const text = query.data?.text ?? "";
  const box = useRef<HTMLPreElement>(null);
  const [follows, setFollows] = useState(true);
  useEffect(() => {
    if (follows && text !== "" && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follows, text]);
  const onScroll = () => {
    const node = box.current;
    if (node !== null) setFollows(node.scrollHeight - node.scrollTop - node.clientHeight < 24);
  };
  const read = (
    <span className="flex items-center gap-1 text-sm text-dim">
      {running && (follows ? "Following" : "Paused; scroll to the end to follow")}
      <IconButton
        icon="restart"
        label="Read the log again"
        busy={query.isFetching && !query.isPending}
        onClick={() => void query.refetch()}
      />
    </span>
  );
  return (
    <Panel title="Log" aside={read}>
      {query.isError && <ProblemNotice error={query.error} />}
      {query.isSuccess && text === "" && <p className="text-dim">Nothing was written yet.</p>}
      {text !== "" && (
        <section aria-label="Log text">
          <TextBlock text={text} ref={box} onScroll={onScroll} />
        </section>
      )}
    </Panel>
  );
}
