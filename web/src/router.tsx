import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { hasCode } from "./api/problem-error.ts";
import { queryClient } from "./api/query.ts";
import { filterOf } from "./audit/audit-filter.ts";
import { CrashPage, MissingPage } from "./shell/fallbacks.tsx";
import { whoamiQuery } from "./shell/session.ts";
import { Shell } from "./shell/shell.tsx";
import { viewOf } from "./spaces/list-view.ts";
import { Loading } from "./ui/notice.tsx";
import { Toasts } from "./ui/toast.tsx";

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Toasts />
    </>
  ),
});

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search: Record<string, unknown>): { token?: string } => {
    const token = textOf(search["token"]);
    return token === undefined ? {} : { token };
  },
  component: lazyRouteComponent(() => import("./sign-in/setup-page.tsx"), "SetupPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { from?: string; expired?: boolean } => {
    const from = textOf(search["from"]);
    return { ...(from === undefined ? {} : { from }), ...(search["expired"] === true ? { expired: true } : {}) };
  },
  component: lazyRouteComponent(() => import("./sign-in/login-page.tsx"), "LoginPage"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  errorComponent: (props) => (
    <main>
      <CrashPage {...props} />
    </main>
  ),
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(whoamiQuery);
    } catch (error) {
      if (!hasCode(error, "unauthenticated")) throw error;
      const from = location.href === "/" || location.href === "/spaces" ? {} : { from: location.href };
      throw redirect({ to: "/login", search: from });
    }
  },
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/spaces" });
  },
});

const spaces = createRoute({
  getParentRoute: () => shell,
  path: "/spaces",
  validateSearch: viewOf,
  component: lazyRouteComponent(() => import("./spaces/spaces-page.tsx"), "SpacesPage"),
});

const newSpace = createRoute({
  getParentRoute: () => shell,
  path: "/spaces/new",
  validateSearch: (search: Record<string, unknown>): { template?: string } => {
    const template = textOf(search["template"]);
    return template === undefined ? {} : { template };
  },
  component: lazyRouteComponent(() => import("./spaces/new-space-page.tsx"), "NewSpacePage"),
});

const space = createRoute({
  getParentRoute: () => shell,
  path: "/spaces/$space",
  component: lazyRouteComponent(() => import("./spaces/space-page.tsx"), "SpacePage"),
});

const templates = createRoute({
  getParentRoute: () => shell,
  path: "/templates",
  component: lazyRouteComponent(() => import("./templates/templates-page.tsx"), "TemplatesPage"),
});

const template = createRoute({
  getParentRoute: () => shell,
  path: "/templates/$template",
  component: lazyRouteComponent(() => import("./templates/template-page.tsx"), "TemplatePage"),
});

const volumes = createRoute({
  getParentRoute: () => shell,
  path: "/volumes",
  component: lazyRouteComponent(() => import("./volumes/volumes-page.tsx"), "VolumesPage"),
});

const tokens = createRoute({
  getParentRoute: () => shell,
  path: "/tokens",
  component: lazyRouteComponent(() => import("./tokens/tokens-page.tsx"), "TokensPage"),
});

const approvals = createRoute({
  getParentRoute: () => shell,
  path: "/approvals",
  component: lazyRouteComponent(() => import("./approvals/approvals-page.tsx"), "ApprovalsPage"),
});

const approval = createRoute({
  getParentRoute: () => shell,
  path: "/approvals/$approval",
  component: lazyRouteComponent(() => import("./approvals/approval-page.tsx"), "ApprovalPage"),
});

const integrations = createRoute({
  getParentRoute: () => shell,
  path: "/integrations",
  component: lazyRouteComponent(() => import("./integrations/integrations-page.tsx"), "IntegrationsPage"),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: "/audit",
  validateSearch: filterOf,
  component: lazyRouteComponent(() => import("./audit/audit-page.tsx"), "AuditPage"),
});

const profile = createRoute({
  getParentRoute: () => shell,
  path: "/profile",
  component: lazyRouteComponent(() => import("./profile/profile-page.tsx"), "ProfilePage"),
});

const missing = createRoute({ getParentRoute: () => shell, path: "$", component: MissingPage });

const inside = [
  home,
  spaces,
  newSpace,
  space,
  templates,
  template,
  volumes,
  tokens,
  approvals,
  approval,
  integrations,
  audit,
  profile,
  missing,
] as const;

export const router = createRouter({
  routeTree: root.addChildren([setup, login, shell.addChildren(inside)]),
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingMs: 400,
  defaultPendingComponent: () => (
    <div className="mx-auto w-full max-w-6xl p-8">
      <Loading />
    </div>
  ),
  defaultErrorComponent: CrashPage,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
