import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { buttonClass } from "../ui/button.tsx";
import { EmptyState, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";

/** In the place of a page that could not be shown. */
export function CrashPage({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="This page could not be shown" narrow>
      <ProblemNotice
        error={error}
        retry={() => {
          reset();
          location.reload();
        }}
      />
    </Page>
  );
}

export function MissingPage() {
  return (
    <Page title="Not found" narrow>
      <EmptyState
        title="There is no page here"
        action={
          <Link to="/spaces" className={buttonClass("primary")}>
            Go to your spaces
          </Link>
        }
      >
        The address may be mistyped, or the thing it names may be gone.
      </EmptyState>
    </Page>
  );
}
