import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useLiveUpdates } from "../api/live.ts";
import { onSessionExpired, queryClient } from "../api/query.ts";
import { BottomBar } from "./bottom-bar.tsx";
import { Offline } from "./offline.tsx";
import { Rail } from "./rail.tsx";
import { usePendingApprovals } from "./use-pending.ts";

/** What is around every page of someone who is signed in. */
export function Shell() {
  useLiveUpdates();
  useReturnAfterExpiry();
  const pending = usePendingApprovals();
  const main = useFocusOnNewPage();
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="fixed top-2 left-2 z-60 -translate-y-20 rounded-lg bg-accent px-3 py-2 text-on-accent focus:translate-y-0"
      >
        Skip to the content
      </a>
      <Rail pending={pending} />
      <main id="main" ref={main} tabIndex={-1} className="min-w-0 flex-1 max-sm:pb-20">
        <Outlet />
      </main>
      <BottomBar pending={pending} />
      <Offline />
    </div>
  );
}

/** A new page takes the focus, as the first page of a site would; unless a field of it has it already. */
function useFocusOnNewPage() {
  const pathname = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname });
  const main = useRef<HTMLElement>(null);
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    const isFirst = last.current === undefined;
    last.current = pathname;
    if (isFirst || document.activeElement?.matches("main input")) return;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}

/** When the session ends, sign in and come back to where one was. */
function useReturnAfterExpiry(): void {
  const navigate = useNavigate();
  useEffect(
    () =>
      onSessionExpired(() => {
        if (location.pathname === "/login") return;
        const from = location.pathname + location.search;
        queryClient.removeQueries({ queryKey: ["whoami"] });
        void navigate({ to: "/login", search: { from, expired: true }, ignoreBlocker: true });
      }),
    [navigate],
  );
}
