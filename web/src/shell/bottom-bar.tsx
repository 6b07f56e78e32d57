import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Place, placesFor } from "./places.ts";
import { Count } from "./rail.tsx";
import { useSession } from "./session.ts";
import { useSignOut } from "./sign-out.ts";
import { ThemeSwitch } from "./theme-switch.tsx";

const itemClass =
  "relative grid min-h-14 flex-1 content-center justify-items-center gap-0.5 text-[0.6875rem] text-dim " +
  "aria-[current=page]:font-semibold aria-[current=page]:text-accent";

/** The bar below 640 px: four places and the rest behind More. */
export function BottomBar({ pending }: { pending: number }) {
  const { permissions } = useSession();
  const places = placesFor(permissions);
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-panel pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      {places.slice(0, 4).map((place) => (
        <Link key={place.to} to={place.to} className={itemClass}>
          <Icon name={place.icon} className="size-5" />
          {place.name}
          {place.to === "/approvals" && pending > 0 && <Count pending={pending} />}
        </Link>
      ))}
      <More places={places.slice(4)} />
    </nav>
  );
}

function More({ places }: { places: readonly Place[] }) {
  const { pathname } = useLocation();
  const [open, setOpen] = useState(false);
  const sheet = useRef<HTMLDivElement>(null);
  const signOut = useSignOut();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new place closes the sheet
  useEffect(() => setOpen(false), [pathname]);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      const outside = event instanceof PointerEvent && !sheet.current?.contains(event.target as Node);
      if (outside || (event instanceof KeyboardEvent && event.key === "Escape")) setOpen(false);
    };
    addEventListener("pointerdown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("keydown", close);
    };
  }, [open]);
  return (
    <div ref={sheet} className="flex flex-1">
      <button
        type="button"
        aria-expanded={open}
        aria-controls="more-places"
        className={itemClass}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" className="size-5" />
        More
      </button>
      <div
        id="more-places"
        hidden={!open}
        className="absolute inset-x-2 bottom-full mb-2 grid gap-1 rounded-2xl border border-line bg-panel p-2 shadow-lift"
      >
        {places.map(({ to, name, icon }) => (
          <Link
            key={to}
            to={to}
            className="flex min-h-11 items-center gap-3 rounded-lg px-3 hover:bg-hover aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
          >
            <Icon name={icon} className="size-5" />
            {name}
          </Link>
        ))}
        <div className="flex items-center justify-between border-t border-line pt-1">
          <Button look="quiet" icon="exit" busy={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign out
          </Button>
          <ThemeSwitch />
        </div>
      </div>
    </div>
  );
}
