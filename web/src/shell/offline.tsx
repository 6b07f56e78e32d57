import { useConnected } from "../api/live.ts";
import { Icon } from "../ui/icon.tsx";

/** Over every page while what it shows may be old; a break too short to matter shows nothing. */
export function Offline() {
  const connected = useConnected();
  return (
    <div role="status" className="pointer-events-none fixed inset-x-3 top-3 z-40 grid justify-items-center">
      {!connected && (
        <p className="flex animate-[appear_150ms_1s_both] items-center gap-2 rounded-xl border border-wait/40 bg-wait-soft px-3.5 py-2 text-sm text-wait shadow-lift">
          <Icon name="spinner" />
          <span>
            <span className="font-medium">The server does not answer.</span> Reconnecting; what you see may be old.
          </span>
        </p>
      )}
    </div>
  );
}
