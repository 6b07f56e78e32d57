import { type ReactNode, useEffect } from "react";

type Props = {
  readonly title: string;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  /** Above the title: where this page belongs. */
  readonly crumb?: ReactNode;
  readonly narrow?: boolean;
  readonly children: ReactNode;
};

/** A page below the rail: its title is the document's, too. */
export function Page({ title, about, actions, crumb, narrow = false, children }: Props) {
  useTitle(title);
  return (
    <div className="mx-auto w-full max-w-6xl px-4 py-6 sm:px-8 sm:py-8">
      <div className={narrow ? "max-w-3xl" : ""}>
        {crumb !== undefined && <div className="mb-2 text-sm">{crumb}</div>}
        <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
          <div className="min-w-0">
            <h1 className="truncate text-2xl font-semibold tracking-tight">{title}</h1>
            {about !== undefined && <div className="mt-0.5 max-w-2xl text-dim">{about}</div>}
          </div>
          {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
        {children}
      </div>
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · knot`;
  }, [title]);
}

/** A titled panel of a page. */
export function Panel({
  title,
  aside,
  children,
  id,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  id?: string;
}) {
  const heading = `${id ?? title.toLowerCase().replaceAll(" ", "-")}-heading`;
  return (
    <section aria-labelledby={heading} className="min-w-0 rounded-xl border border-line bg-panel">
      <header className="flex min-h-12 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
        <h2 id={heading} className="text-sm font-semibold">
          {title}
        </h2>
        {aside}
      </header>
      <div className="p-4">{children}</div>
    </section>
  );
}
