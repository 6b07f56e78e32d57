import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { type Finding, inspectPage, type Shoot, watchPage } from "./inspect-page.ts";

type WalkOptions = {
  readonly origin: string;
  /** The one-time link that makes the first administrator. */
  readonly setupUrl: string;
  /** Called for every page in every look. */
  readonly shoot?: Shoot;
  /** How long a space may take to change its state, in milliseconds. */
  readonly patienceMs?: number;
};

const account = { username: "admin", password: "correct horse battery staple" };

/** From the one-time link to the last page, as a person would go. Returns every finding; an empty list is a clean walk. */
export async function walk(page: Page, options: WalkOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const watched = watchPage(page, options.origin);
  await page.emulateMedia({ reducedMotion: "reduce" });
  const inspect = async (name: string) => {
    findings.push(...(await inspectPage(page, name, options.shoot)));
  };
  await setUp(page, options, inspect);
  await signOutAndIn(page, inspect);
  await liveOfASpace(page, options, inspect);
  const secret = await makeToken(page, inspect);
  await decideApproval(page, options, secret, inspect);
  await revokeToken(page);
  await lookAround(page, options, inspect);
  return [...findings, ...watched];
}

type Inspect = (name: string) => Promise<void>;

const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: typeof name === "string" });
const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name });

async function setUp(page: Page, { setupUrl }: WalkOptions, inspect: Inspect): Promise<void> {
  await page.goto(setupUrl);
  await page.getByLabel("User name").fill(account.username);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByLabel("Password again").fill(`${account.password}!`);
  await button(page, "Create account").click();
  await page.getByText("The two passwords differ").waitFor();
  await inspect("setup");
  await page.getByLabel("Password again").fill(account.password);
  await button(page, "Create account").click();
  await page.getByRole("heading", { name: "No spaces yet" }).waitFor();
  await inspect("spaces-empty");
}

async function signOutAndIn(page: Page, inspect: Inspect): Promise<void> {
  await button(page, "Sign out").first().click();
  await page.getByLabel("User name or e-mail").fill(account.username);
  await page.getByLabel("Password").fill("something else entirely");
  await button(page, "Sign in").click();
  await page.getByRole("alert").waitFor();
  await inspect("login");
  await page.getByLabel("Password").fill(account.password);
  await button(page, "Sign in").click();
  await heading(page, "Spaces").waitFor();
}

async function liveOfASpace(page: Page, { patienceMs = 120_000 }: WalkOptions, inspect: Inspect): Promise<void> {
  const main = page.getByRole("main");
  const reaches = (word: string) => main.getByRole("status").filter({ hasText: word }).waitFor({ timeout: patienceMs });
  await main.getByRole("link", { name: "New space" }).click();
  await heading(page, "New space").waitFor();
  await main
    .getByRole("link", { name: /sandbox/ })
    .first()
    .waitFor();
  await inspect("new-space-templates");
  await main
    .getByRole("link", { name: /sandbox/ })
    .first()
    .click();
  await page.getByLabel("Name", { exact: true }).fill("Not a name");
  await page.getByText(/Must start with a small letter/).waitFor();
  await inspect("new-space-form");
  await page.getByLabel("Name", { exact: true }).fill("walk");
  await button(page, "Create space").click();
  await heading(page, "walk").waitFor();
  await reaches("Running");
  assert.ok(
    (await main.getByRole("region", { name: "Timeline" }).getByRole("listitem").count()) > 1,
    "the timeline has steps",
  );
  await page.getByLabel("Command", { exact: true }).fill("seq -s, 200");
  await button(page, "Run").click();
  await page.getByText("Exit code 0").waitFor({ timeout: patienceMs });
  await inspect("space");
  await button(page, "Stop").click();
  await reaches("Stopped");
  await button(page, "Start").click();
  await reaches("Running");
  await page.getByRole("link", { name: "Spaces", exact: true }).first().click();
  await main.getByRole("link", { name: "walk" }).waitFor();
  await inspect("spaces");
  await button(page, "Delete walk").click();
  await page
    .getByRole("alertdialog")
    .getByText(/cannot be undone/)
    .waitFor();
  await inspect("space-delete");
  await button(page, "Delete space").click();
  await main.getByRole("link", { name: "walk" }).waitFor({ state: "detached", timeout: patienceMs });
}

async function makeToken(page: Page, inspect: Inspect): Promise<string> {
  await page.getByRole("link", { name: "Tokens" }).first().click();
  await button(page, "New token").click();
  await page.getByLabel("Name", { exact: true }).fill("walk token");
  await page.getByLabel(/^API/).check();
  await inspect("token-create");
  await button(page, "Create token").click();
  const secret = (await page.locator("#token-secret").textContent()) ?? "";
  assert.match(secret, /^knot_/);
  await inspect("token-issued");
  await button(page, "I have copied it").click();
  await page.getByText("walk token").first().waitFor();
  assert.ok(!(await page.content()).includes(secret), "the secret is gone from the page");
  await inspect("tokens");
  return secret;
}

async function revokeToken(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Tokens" }).first().click();
  await button(page, "Revoke walk token").click();
  await button(page, "Revoke token").click();
  await button(page, "Revoke walk token").waitFor({ state: "detached" });
}

/** Sets a rule, lets the token run into it, and decides what then waits. */
async function decideApproval(page: Page, { origin }: WalkOptions, secret: string, inspect: Inspect): Promise<void> {
  await page
    .getByRole("link", { name: /^Approvals/ })
    .first()
    .click();
  await heading(page, "Approvals").waitFor();
  await button(page, "New rule").click();
  await page.getByLabel("Which tool").fill("create_token");
  await inspect("approvals-rule");
  await button(page, "Set rule").click();
  await page.getByText("Ask first").waitFor();
  const answer = await fetch(`${origin}/api/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "asked for" }),
  });
  const approve = button(page, "Approve once");
  if (answer.status === 409) await approve.first().waitFor();
  await inspect("approvals");
  const waiting = await approve.count();
  if (waiting > 0) {
    assert.ok(!(await approve.first().evaluate((node) => node === document.activeElement)), "Approve has no focus");
    await page.waitForTimeout(500);
    await approve.first().click();
    await page.getByText("Approved and done").first().waitFor();
    assert.equal(await approve.count(), waiting - 1);
    await inspect("approvals-decided");
  }
  await button(page, "Remove").click();
  await page.getByText("No rules:").waitFor();
}

async function lookAround(page: Page, { origin }: WalkOptions, inspect: Inspect): Promise<void> {
  for (const [path, title] of [
    ["/templates", "Templates"],
    ["/templates/sandbox", "sandbox"],
    ["/volumes", "Volumes"],
    ["/integrations", "Integrations"],
    ["/audit", "Audit"],
    ["/profile", "Profile"],
    ["/nowhere", "Not found"],
    ["/spaces/nothing-like-it", "nothing-like-it"],
  ] as const) {
    await page.goto(origin + path);
    await heading(page, title).waitFor();
    await page.waitForLoadState("domcontentloaded");
    await page.getByRole("status", { name: "Loading" }).waitFor({ state: "detached" });
    await inspect(path.slice(1).replaceAll("/", "-"));
  }
}
