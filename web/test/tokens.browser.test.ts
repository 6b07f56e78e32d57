import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { needs } from "../../internal/testkit/needs.ts";
import { token } from "./builders.ts";
import { signedIn } from "./signed-in.ts";

async function makeToken(page: Page, scopes: readonly string[]): Promise<string> {
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("Name", { exact: true }).fill("mine");
  for (const scope of ["MCP", "API", "Read only"])
    await page.getByLabel(new RegExp(`^${scope}`)).setChecked(scopes.includes(scope));
  await page.getByRole("button", { name: "Create token" }).click();
  return (await page.locator("#token-secret").textContent()) ?? "";
}

describe("the tokens page", { timeout: 120_000 }, () => {
  test("offers the clients that fit the scopes, with this address and the secret", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    await open("/tokens");
    const secret = await makeToken(page, ["MCP"]);
    const connect = page.getByRole("region", { name: "Connect a client" });
    assert.deepEqual(await connect.locator("label").allTextContents(), ["Claude Code", "Cursor", "VS Code"]);
    const snippet = page.locator("#snippet");
    assert.match((await snippet.textContent()) ?? "", /^claude mcp add --transport http knot /);
    await connect.getByText("Cursor").click();
    const { knot } = JSON.parse((await snippet.textContent()) ?? "").mcpServers;
    assert.deepEqual(knot, { url: `${daemon.origin}/mcp`, headers: { Authorization: `Bearer ${secret}` } });
    await page.keyboard.press("Escape");
    assert.ok(await page.locator("#token-secret").isVisible(), "Escape does not lose the secret");
    await page.getByRole("button", { name: "I have copied it" }).click();
    assert.ok(!(await page.content()).includes(secret));
  });

  test("says when the server does not serve MCP", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.mcpEnabled = false;
    await open("/tokens");
    await makeToken(page, ["MCP"]);
    await page.getByText("This server does not serve MCP yet").waitFor();
  });

  test("shows the new secret of a token once", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    const { id } = token();
    daemon.world.tokens.set(id, token({ id }));
    await open("/tokens");
    await page.getByRole("button", { name: "New secret for laptop" }).click();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
    await page.getByRole("button", { name: "Replace secret" }).click();
    assert.match((await page.locator("#token-secret").textContent()) ?? "", /^knot_/);
  });
});
