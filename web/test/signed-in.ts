import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { openPage } from "./browser.ts";
import { type FakeDaemon, startFakeDaemon } from "./fake-daemon.ts";

export const password = "correct horse battery staple";

/** A fake daemon with an administrator, and a page in which they are signed in (unless told otherwise). */
export async function signedIn(
  t: TestContext,
  { session = true } = {},
): Promise<{ page: Page; daemon: FakeDaemon; open: (path: string) => Promise<void> }> {
  const daemon = await startFakeDaemon({ stepMs: 30 });
  t.after(daemon.close);
  daemon.world.setUp({ token: daemon.world.setupToken, username: "admin", password });
  const page = await openPage(t);
  if (session) {
    const value = daemon.world.openSession("Chrome/1 Linux");
    await page.context().addCookies([{ name: "knot_session", value, url: daemon.origin }]);
  }
  return {
    page,
    daemon,
    open: async (path) => {
      await page.goto(daemon.origin + path);
    },
  };
}
