import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useConnected, useLiveUpdates } from "../api/live.ts";
import { onSessionExpired, queryClient } from "../api/query.ts";
import { BottomBar } from "./bottom-bar.tsx";
import { Rail } from "./rail.tsx";
import { usePendingApprovals } from "./use-pending.ts";

/** What is around every page of someone who is signed in. */
export function Shell() {
  useLiveUpdates();
  useReturnAfterExpiry();
  const connected = useConnected();
  const pending = usePendingApprovals();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="fixed top-2 left-2 z-60 -translate-y-20 rounded-lg bg-accent px-3 py-2 text-on-accent focus:translate-y-0"
      >
        Skip to the content
      </a>
      <Rail pending={pending} connected={connected} />
      <main id="main" ref={main} tabIndex={-1} className="min-w-0 flex-1 max-sm:pb-20">
        <Outlet />
      </main>
      <BottomBar pending={pending} connected={connected} />
    </div>
  );
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
