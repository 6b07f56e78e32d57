import type { Approval } from "../../../internal/approval/schema.ts";
import type { Tone } from "../ui/badge.tsx";
import type { IconName } from "../ui/icon.tsx";

type Look = { readonly word: string; readonly tone: Tone; readonly icon: IconName };

export const effectLooks: Readonly<Record<Approval["effect"], Look>> = {
  read: { word: "Reads", tone: "dim", icon: "ring" },
  write: { word: "Changes something", tone: "wait", icon: "restart" },
  destroy: { word: "Destroys something", tone: "bad", icon: "trash" },
};

export const stateLooks: Readonly<Record<Approval["state"], Look>> = {
  pending: { word: "Waiting", tone: "wait", icon: "clock" },
  approved: { word: "Approved", tone: "good", icon: "check" },
  executing: { word: "Running", tone: "wait", icon: "spinner" },
  done: { word: "Approved and done", tone: "good", icon: "check" },
  failed: { word: "Approved, but failed", tone: "bad", icon: "warning" },
  denied: { word: "Denied", tone: "dim", icon: "cross" },
  withdrawn: { word: "Withdrawn", tone: "dim", icon: "cross" },
  expired: { word: "Expired", tone: "dim", icon: "clock" },
  interrupted: { word: "Interrupted, outcome unknown", tone: "bad", icon: "warning" },
};

const doors: Readonly<Record<string, string>> = {
  web: "this web interface",
  rest: "the REST API",
  cli: "the command line",
  mcp: "MCP",
  assistant: "the assistant",
  schedule: "a schedule",
};

/** Who asked, with what and through which door, as one sentence. */
export function askerOf({ username, client, credential_kind, credential_name, door }: Approval): string {
  const program = client === "" ? "" : ` with ${client}`;
  const credential = credential_kind === "token" ? `, token “${credential_name}”` : "";
  return `${username}${program} through ${doors[door] ?? door}${credential}`;
}
