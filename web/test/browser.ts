import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { chromium, type Page } from "playwright-core";

const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", ...quiet];

/** A page of the machine's own Chromium with a fresh profile; closed when the test ends. */
export async function openPage(t: Pick<TestContext, "after">): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), "knot-chromium-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: "/usr/bin/chromium", args });
  t.after(async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(15_000);
  await page.setViewportSize({ width: 1280, height: 860 });
  return page;
}
