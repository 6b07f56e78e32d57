import { Link } from "@tanstack/react-router";
import { Button, IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Place, placesFor } from "./places.ts";
import { useSession } from "./session.ts";
import { useSignOut } from "./sign-out.ts";
import { ThemeSwitch } from "./theme-switch.tsx";

/** The rail on the left, from 640 px on: pictures, with words from 1024 px on. */
export function Rail({ pending }: { pending: number }) {
  const { user, permissions } = useSession();
  const signOut = useSignOut();
  return (
    <header className="sticky top-0 hidden h-dvh w-[4.75rem] shrink-0 flex-col border-r border-line bg-panel px-2.5 py-4 sm:flex lg:w-56 lg:px-3">
      <Link to="/spaces" className="mb-5 flex items-center gap-2.5 rounded-lg px-2 py-1 max-lg:justify-center">
        <img src="/knot.svg" alt="" className="size-7" />
        <span className="text-lg font-semibold tracking-tight max-lg:sr-only">knot</span>
      </Link>
      <nav aria-label="Main" className="grid gap-0.5">
        {placesFor(permissions)
          .filter(({ to }) => to !== "/profile")
          .map((place) => (
            <RailLink key={place.to} place={place} pending={place.to === "/approvals" ? pending : 0} />
          ))}
      </nav>
      <div className="mt-auto grid gap-2 max-lg:justify-items-center">
        <RailLink
          place={{ to: "/profile", name: user.display_name || user.username, icon: "profile", needs: [] }}
          pending={0}
        />
        <div className="flex items-center justify-between gap-1 border-t border-line pt-2 max-lg:flex-col lg:pl-1">
          <Button
            look="quiet"
            icon="exit"
            busy={signOut.isPending}
            onClick={() => signOut.mutate()}
            className="max-lg:hidden"
          >
            Sign out
          </Button>
          <IconButton
            icon="exit"
            label="Sign out"
            busy={signOut.isPending}
            onClick={() => signOut.mutate()}
            className="lg:hidden"
          />
          <ThemeSwitch />
        </div>
      </div>
    </header>
  );
}

function RailLink({ place, pending }: { place: Place; pending: number }) {
  return (
    <Link
      to={place.to}
      className="relative flex min-h-9 items-center gap-2.5 rounded-lg px-2.5 text-dim transition-colors hover:bg-hover hover:text-ink
        aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent max-lg:min-h-13
        max-lg:flex-col max-lg:justify-center max-lg:gap-0.5 max-lg:px-1 max-lg:text-[0.6875rem]"
    >
      <Icon name={place.icon} className="size-[1.15rem]" />
      <span className="truncate max-lg:max-w-15">{place.name}</span>
      {pending > 0 && <Count pending={pending} />}
    </Link>
  );
}

/** How many wait, as a number people see and a sentence others hear. */
export function Count({ pending }: { pending: number }) {
  return (
    <span className="rounded-full bg-accent px-1.5 text-xs font-semibold text-on-accent tabular max-lg:absolute max-lg:top-0.5 max-lg:right-2 lg:ml-auto">
      {pending}
      <span className="sr-only"> waiting</span>
    </span>
  );
}
