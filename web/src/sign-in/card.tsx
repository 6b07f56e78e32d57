import type { ReactNode } from "react";
import { ThemeSwitch } from "../shell/theme-switch.tsx";
import { useTitle } from "../ui/page.tsx";

/** The page of someone who is not signed in yet: one card in the middle. */
export function Card({ title, about, children }: { title: string; about: ReactNode; children: ReactNode }) {
  useTitle(title);
  return (
    <main className="grid min-h-dvh content-center justify-items-center px-4 py-10">
      <ThemeSwitch className="fixed! top-3 right-3" />
      <div className="w-full max-w-sm">
        <img src="/knot.svg" alt="knot" className="mx-auto mb-5 size-12" />
        <h1 className="text-center text-2xl font-semibold tracking-tight">{title}</h1>
        <div className="mt-1 mb-6 text-center text-dim">{about}</div>
        <div className="rounded-2xl border border-line bg-panel p-5 shadow-lift sm:p-6">{children}</div>
      </div>
    </main>
  );
}
