import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { needs } from "../../internal/testkit/needs.ts";
import { password, signedIn } from "./signed-in.ts";

const signIn = async (page: Page) => {
  await page.getByLabel("User name or e-mail").fill("admin");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
};

describe("a session", { timeout: 120_000 }, () => {
  test("starts at the address one wanted to see", needs("chromium"), async (t) => {
    const { page, open } = await signedIn(t, { session: false });
    await open("/templates/sandbox");
    await signIn(page);
    await page.getByRole("heading", { level: 1, name: "sandbox" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/templates/sandbox");
  });

  test("never leads to another site after signing in", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t, { session: false });
    for (const from of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]) {
      await open(`/login?from=${encodeURIComponent(from)}`);
      await signIn(page);
      await page.getByRole("heading", { name: "Spaces", exact: true }).waitFor();
      assert.equal(page.url(), `${daemon.origin}/spaces`);
      await page.getByRole("button", { name: "Sign out" }).first().click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
    }
  });

  test("that ends under a form brings back the form with what was typed", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    await open("/spaces/new?template=sandbox");
    await page.getByLabel("Name", { exact: true }).fill("precious");
    daemon.world.sessions.clear();
    await page.getByRole("button", { name: "Create space" }).click();
    await page.getByText("Your session has ended").waitFor();
    await signIn(page);
    await page.getByLabel("Name", { exact: true }).waitFor();
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "precious");
    await page.getByRole("button", { name: "Create space" }).click();
    await page.getByRole("heading", { level: 1, name: "precious" }).waitFor();
  });

  test("shows only the places its permissions lead to", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.permissions = ["templates.use"];
    await open("/templates");
    const main = page.getByRole("navigation", { name: "Main" }).first();
    await main.getByRole("link").first().waitFor();
    assert.deepEqual(await main.getByRole("link").allTextContents(), ["Templates"]);
  });

  test("keeps the chosen theme", needs("chromium"), async (t) => {
    const { page, open } = await signedIn(t);
    await open("/spaces");
    await page.getByRole("button", { name: "Use the dark theme" }).first().click();
    await page.reload();
    await page.getByRole("button", { name: "Use the light theme" }).first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dataset["theme"]), "dark");
  });

  test("says on every page that the server is away, until it is back", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    await open("/tokens");
    while (daemon.world.streams.size === 0) await page.waitForTimeout(20);
    await page.route("**/api/**", (route) => route.abort("connectionrefused"));
    for (const stream of daemon.world.streams) stream.destroy();
    await page.getByText("The server does not answer.").waitFor();
    await page.getByRole("link", { name: "Templates" }).first().click();
    await page.getByRole("alert").waitFor();
    await page.unroute("**/api/**");
    await page.getByText("The server does not answer.").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "sandbox", exact: true }).waitFor();
  });

  test("goes on where the browser believes that there is no network", needs("chromium"), async (t) => {
    const { page, open } = await signedIn(t);
    await open("/spaces");
    await page.getByRole("heading", { name: "No spaces yet" }).waitFor();
    await page.evaluate(() => dispatchEvent(new globalThis.Event("offline")));
    await page.getByRole("link", { name: "Templates" }).first().click();
    await page.getByRole("link", { name: "sandbox", exact: true }).waitFor();
  });

  test("keeps the menu around a page that does not exist", needs("chromium"), async (t) => {
    const { page, open } = await signedIn(t);
    await open("/no/such/page");
    await page.getByRole("heading", { name: "There is no page here" }).waitFor();
    await page.getByRole("navigation", { name: "Main" }).first().waitFor();
  });
});
