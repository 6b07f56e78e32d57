import { useSession } from "../shell/session.ts";
import { Badge } from "../ui/badge.tsx";
import { Page, Panel } from "../ui/page.tsx";
import { ChangePassword } from "./change-password.tsx";
import { Sessions } from "./sessions.tsx";

export function ProfilePage() {
  const { user, roles, groups } = useSession();
  return (
    <Page title="Profile" narrow>
      <div className="grid gap-4">
        <Panel title="Account">
          <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-4 gap-y-2">
            <dt className="text-dim">User name</dt>
            <dd>{user.username}</dd>
            <dt className="text-dim">Name</dt>
            <dd>{user.display_name || user.username}</dd>
            <dt className="text-dim">E-mail</dt>
            <dd className="break-words">{user.email ?? "none"}</dd>
            <dt className="text-dim">Roles</dt>
            <dd className="flex flex-wrap gap-1">
              {roles.length === 0 ? "none" : roles.map(({ id, name }) => <Badge key={id}>{name}</Badge>)}
            </dd>
            <dt className="text-dim">Groups</dt>
            <dd className="flex flex-wrap gap-1">
              {groups.length === 0 ? "none" : groups.map(({ id, name }) => <Badge key={id}>{name}</Badge>)}
            </dd>
          </dl>
        </Panel>
        <ChangePassword />
        <Sessions />
      </div>
    </Page>
  );
}
