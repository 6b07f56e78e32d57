import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needs } from "../../internal/testkit/needs.ts";
import { signedIn } from "./signed-in.ts";

const running = { name: "loop", state: "running", state_reason: "" } as const;

describe("the spaces pages", { timeout: 120_000 }, () => {
  test("take an expected state back when the server refuses, and say why", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addSpace(running);
    let refuse = () => {};
    const held = new Promise<void>((resolve) => {
      refuse = resolve;
    });
    await page.route("**/stop", async (route) => {
      await held;
      const problem = { code: "runtime_unavailable", title: "The runtime did not answer", detail: "Docker is away." };
      await route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) });
    });
    await open("/spaces");
    await page.getByRole("button", { name: "Stop loop" }).click();
    await page.getByText("Stopping").waitFor();
    refuse();
    await page.getByText("Running", { exact: true }).waitFor();
    await page.getByText("Docker is away.").waitFor();
  });

  test("show what other people and programs do, as it happens", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    await open("/spaces");
    await page.getByRole("heading", { name: "No spaces yet" }).waitFor();
    const { id } = daemon.world.addSpace(running);
    await page.getByRole("link", { name: "loop" }).click();
    await page.getByRole("status").filter({ hasText: "Running" }).waitFor();
    daemon.world.steps(id, [[{ state: "failed", state_reason: "The main process ended with exit code 1." }, "Failed"]]);
    await page.getByText("The main process ended with exit code 1.").waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  });

  test("catch up with what happened while the connection was lost", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    await open("/spaces");
    await page.getByRole("heading", { name: "No spaces yet" }).waitFor();
    while (daemon.world.streams.size === 0) await page.waitForTimeout(20);
    for (const stream of daemon.world.streams) stream.destroy();
    daemon.world.addSpace(running);
    await page.getByRole("link", { name: "loop" }).waitFor();
  });

  test("keep the volumes when asked to", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addSpace(running);
    await open("/spaces/loop");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("volumes home (/home) with all files").waitFor();
    await page.getByLabel("Keep the volumes").check();
    const request = page.waitForRequest((sent) => sent.method() === "DELETE");
    await page.getByRole("button", { name: "Delete space, keep volumes" }).click();
    const { searchParams } = new URL((await request).url());
    assert.deepEqual([searchParams.get("confirm"), searchParams.get("keep_volumes")], ["true", "true"]);
    await page.getByRole("heading", { name: "No spaces yet" }).waitFor();
  });

  test("show the server's mistake beside its field", needs("chromium"), async (t) => {
    const { page, open } = await signedIn(t);
    await page.route("**/api/spaces", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      const errors = [{ path: "/parameters/greeting", message: "must match [a-z]+" }];
      const body = JSON.stringify({
        code: "invalid_input",
        title: "The input does not fit",
        detail: "It does not fit.",
        errors,
      });
      await route.fulfill({ status: 422, contentType: "application/problem+json", body });
    });
    await open("/spaces/new?template=sandbox");
    await page.getByRole("button", { name: "Create space" }).click();
    await page.getByText("must match [a-z]+").waitFor();
    assert.equal(await page.getByLabel("Greeting").getAttribute("aria-invalid"), "true");
  });

  test("ask before a filled-in form is left", needs("chromium"), async (t) => {
    const { page, open } = await signedIn(t);
    await open("/spaces/new?template=sandbox");
    await page.getByLabel("Name", { exact: true }).fill("precious");
    await page.getByRole("link", { name: "Tokens" }).first().click();
    await page.getByRole("button", { name: "Stay" }).click();
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "precious");
    await page.getByRole("link", { name: "Tokens" }).first().click();
    await page.getByRole("button", { name: "Leave" }).click();
    await page.getByRole("heading", { name: "Tokens", exact: true }).waitFor();
  });

  test("can be used with the keyboard alone", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    await open("/spaces/new?template=sandbox");
    const name = page.getByLabel("Name", { exact: true });
    await name.waitFor();
    assert.ok(await name.evaluate((node) => node === document.activeElement), "one can type at once");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("by-hand");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "by-hand" }).waitFor();
    assert.equal(daemon.world.spaces.size, 1);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "by-hand" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), "Spaces");
  });

  test("list five hundred spaces and find one among them", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    for (let count = 0; count < 500; count += 1) daemon.world.addSpace({ ...running, name: `space-${count}` });
    await open("/spaces");
    await page.getByLabel("Search spaces").fill("space-417");
    await page.getByRole("link", { name: "space-417" }).waitFor();
    assert.equal(await page.getByRole("main").getByRole("listitem").count(), 1);
  });

  test("show a state and an order, in an address that can be linked", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    for (const [name, state, created_at] of [
      ["aaa", "failed", 1],
      ["bbb", "running", 2],
      ["ccc", "failed", 3],
    ] as const)
      daemon.world.addSpace({ name, state, created_at, state_reason: "" });
    await open("/spaces");
    await page.getByText("Failed 2").click();
    await page.getByLabel("Order").selectOption("newest");
    const names = page.getByRole("list", { name: "Spaces" }).getByRole("link");
    await page.waitForFunction(() => location.search === "?state=failed&sort=newest");
    assert.deepEqual(await names.allTextContents(), ["ccc", "aaa"]);
    await page.reload();
    await names.first().waitFor();
    assert.deepEqual(await names.allTextContents(), ["ccc", "aaa"]);
    await page.getByLabel("Search spaces").fill("nothing like it");
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByText("All 3").waitFor();
    await page.waitForFunction(() => location.search === "?sort=newest");
  });

  test("take the second half of a double click on Start for nothing", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addSpace({ ...running, state: "stopped" });
    const sent: string[] = [];
    page.on("request", (request) => request.method() === "POST" && sent.push(new URL(request.url()).pathname));
    await open("/spaces");
    await page.getByRole("button", { name: "Start loop", exact: true }).dblclick();
    await page.getByText("Running", { exact: true }).waitFor();
    assert.deepEqual([...new Set(sent)], ["/api/spaces/loop/start"]);
  });

  test("lose no click while the server restarts, and send it under one key", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addSpace({ ...running, state: "stopped" });
    const keys: (string | undefined)[] = [];
    await page.route("**/start", (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      return keys.length < 3 ? route.abort("connectionrefused") : route.continue();
    });
    await open("/spaces");
    await page.getByRole("button", { name: "Start loop", exact: true }).click();
    await page.getByText("Running", { exact: true }).waitFor();
    assert.equal(keys.length, 3);
    assert.equal(new Set(keys).size, 1);
    assert.ok(keys[0]);
  });

  test("are deleted by force while something is under way", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addSpace({ ...running, state: "deleting", state_reason: "Deleting" });
    await open("/spaces/loop");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByLabel("By force").waitFor();
    assert.ok(await page.getByLabel("By force").isChecked());
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
    await page.getByRole("button", { name: "Delete by force" }).click();
    await page.getByRole("heading", { name: "No spaces yet" }).waitFor();
  });

  test("offer force when deleting is refused, and say why it was", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addSpace(running);
    await page.route("**/api/spaces/loop?**", async (route) => {
      if (!route.request().url().includes("confirm=true") || route.request().url().includes("force=true"))
        return route.continue();
      const problem = { code: "runtime_unavailable", title: "The runtime did not answer", detail: "Docker is away." };
      await route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) });
    });
    await open("/spaces/loop");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete space" }).click();
    await page.getByText("Docker is away.").waitFor();
    await page.getByLabel("By force").check();
    await page.getByRole("button", { name: "Delete by force" }).click();
    await page.getByRole("heading", { name: "No spaces yet" }).waitFor();
  });

  test("are renamed and described in place", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    const { id } = daemon.world.addSpace(running);
    await open("/spaces/loop");
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Name", { exact: true }).fill("bend");
    await page.getByLabel("Description").fill("For the demo");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "bend" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/spaces/bend");
    assert.equal(daemon.world.spaces.get(id)?.description, "For the demo");
  });

  test("end a command that runs too long", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addSpace(running);
    await page.route("**/commands", () => {});
    await open("/spaces/loop");
    const line = page.getByLabel("Command", { exact: true });
    await line.fill("sleep 50");
    await line.press("Enter");
    await page.getByRole("button", { name: "End it" }).click();
    await page.getByText("You ended it").waitFor();
    await line.fill("");
    await line.press("ArrowUp");
    assert.equal(await line.inputValue(), "sleep 50");
  });
});
