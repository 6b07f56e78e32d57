import type { Event } from "../event/schema.ts";
import type { Principal } from "../operation/principal.ts";

/** Whose access may have changed. `null` stands for everyone, or for every credential of the user. */
export type Revocation = {
  readonly user_id: string | null;
  readonly credential_id: string | null;
  /** Whether open connections are concerned too, or only what is remembered. */
  readonly streams: boolean;
};

/** Whether a connection that was opened by this principal has to authenticate again, or close. */
export const concerns = (revocation: Revocation, principal: Principal): boolean =>
  (revocation.user_id === null || revocation.user_id === principal.user_id) &&
  (revocation.credential_id === null || revocation.credential_id === principal.credential.id);

const harmless = new Set([
  "user.created",
  "user.updated",
  "token.created",
  "session.started",
  "group.created",
  "group.updated",
  "role.created",
]);

/** What committed events mean for access. An event of these kinds that is not known to be harmless revokes. */
export function revocationsOf(events: readonly Event[]): readonly Revocation[] {
  return events.flatMap((event): Revocation[] => {
    const streams = !harmless.has(event.type);
    switch (event.subject_kind) {
      case "user":
        return [{ user_id: event.subject_id, credential_id: null, streams }];
      case "token":
      case "session":
        return streams ? [{ user_id: event.user_id, credential_id: event.subject_id, streams }] : [];
      case "group":
      case "role":
        if (!streams) return [];
        return [
          { user_id: event.type.startsWith("group.member_") ? event.user_id : null, credential_id: null, streams },
        ];
      default:
        return [];
    }
  });
}
