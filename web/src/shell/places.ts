import type { Permission } from "../../../internal/operation/permission.ts";
import type { IconName } from "../ui/icon.tsx";

export type Place = {
  readonly to:
    | "/spaces"
    | "/templates"
    | "/volumes"
    | "/approvals"
    | "/tokens"
    | "/integrations"
    | "/audit"
    | "/profile";
  readonly name: string;
  readonly icon: IconName;
  /** Shown to whoever holds one of these; to everyone when there are none. */
  readonly needs: readonly Permission[];
};

const places: readonly Place[] = [
  { to: "/spaces", name: "Spaces", icon: "space", needs: ["spaces.use", "spaces.manage"] },
  { to: "/templates", name: "Templates", icon: "template", needs: ["templates.use", "templates.manage"] },
  { to: "/approvals", name: "Approvals", icon: "approval", needs: ["approvals.decide", "approvals.manage"] },
  { to: "/tokens", name: "Tokens", icon: "token", needs: ["tokens.use"] },
  { to: "/volumes", name: "Volumes", icon: "volume", needs: ["spaces.use", "spaces.manage"] },
  { to: "/integrations", name: "Integrations", icon: "link", needs: ["integrations.use"] },
  { to: "/audit", name: "Audit", icon: "audit", needs: ["audit.view"] },
  { to: "/profile", name: "Profile", icon: "profile", needs: [] },
];

/** Where these permissions lead, in the order of the rail. */
export const placesFor = (permissions: readonly Permission[]): readonly Place[] =>
  places.filter(({ needs }) => needs.length === 0 || needs.some((need) => permissions.includes(need)));
