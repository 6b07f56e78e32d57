import { type Daemon, type DaemonOptions, startDaemon } from "./daemon.ts";
import { type Answer, RestDoor } from "./doors.ts";

const password = "Correct-horse-9-battery";

/** A user of a house: their browser, and tokens made with it. */
export type Inhabitant = {
  readonly id: string;
  readonly browser: RestDoor;
  token(name: string, scopes?: readonly string[]): Promise<{ readonly id: string; readonly secret: string }>;
};

/** A real daemon with a first administrator. Disposing deletes every space of it before it ends. */
export type House = AsyncDisposable & {
  readonly daemon: Daemon;
  readonly admin: Inhabitant;
  /** Adds a user with these roles, signed in. */
  add(username: string, ...role_ids: readonly string[]): Promise<Inhabitant>;
  /** The REST door with a token. */
  with(token: string): RestDoor;
  readonly mcpUrl: string;
};

/** Signs in, as a browser on knot's own pages does; throws when that is refused. */
export const signIn = (origin: string, username: string): Promise<Inhabitant> =>
  enter(origin, "/api/auth/login", { login: username, password });

/** Starts a daemon and creates the administrator "admin" with its setup link. */
export async function startHouse(options: DaemonOptions = {}): Promise<House> {
  const daemon = await startDaemon(options);
  try {
    const token = new URL(daemon.setup_url ?? "").searchParams.get("token");
    const admin = await enter(daemon.origin, "/api/auth/setup", { token, username: "admin", password });
    return houseOf(daemon, admin);
  } catch (thrown) {
    await daemon[Symbol.asyncDispose]();
    throw thrown;
  }
}

/** A daemon whose data folder has the administrator of an earlier house. */
export async function reopenHouse(options: DaemonOptions & { readonly data_dir: string }): Promise<House> {
  const daemon = await startDaemon(options);
  return houseOf(daemon, await signIn(daemon.origin, "admin"));
}

function houseOf(daemon: Daemon, admin: Inhabitant): House {
  const { origin } = daemon;
  return {
    daemon,
    admin,
    mcpUrl: `${origin}/mcp`,
    with: (token) => new RestDoor(origin, { authorization: `Bearer ${token}` }),
    async add(username, ...role_ids) {
      await admin.browser.ok("create_user", { username, role_ids, password });
      return signIn(origin, username);
    },
    async [Symbol.asyncDispose]() {
      const isUp = daemon.process.exitCode === null && daemon.process.signalCode === null;
      try {
        if (isUp) await deleteSpaces(admin.browser);
      } finally {
        await daemon[Symbol.asyncDispose]();
      }
    },
  };
}

async function deleteSpaces(browser: RestDoor): Promise<void> {
  const { spaces } = (await browser.ok("list_spaces", { owner: "*" })) as { spaces: { id: string }[] };
  for (const { id } of spaces) await browser.call("delete_space", { space: id, confirm: true, force: true });
}

async function enter(origin: string, path: string, form: object): Promise<Inhabitant> {
  const visitor = new RestDoor(origin, { origin });
  const answer: Answer = await visitor.send("POST", path, { body: JSON.stringify(form) });
  const cookie = answer.headers.get("set-cookie")?.split(";")[0];
  if (answer.status !== 200 || cookie === undefined) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  const browser = new RestDoor(origin, { origin, cookie });
  return {
    id: answer.body.user.id,
    browser,
    async token(name, scopes = ["api", "mcp"]) {
      const { token, secret } = await browser.ok("create_token", { name, scopes });
      return { id: token.id, secret };
    },
  };
}
