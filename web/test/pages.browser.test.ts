import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needs } from "../../internal/testkit/needs.ts";
import { token, volume } from "./builders.ts";
import { watchPage } from "./inspect-page.ts";
import { signedIn } from "./signed-in.ts";

const tags = [
  "img src=x onerror=X",
  "svg onload=X",
  "script>X</script",
  "details open ontoggle=X",
  "iframe src=javascript:X",
];
const wraps = [
  "<T>",
  '"><T>',
  "'><T>",
  "</textarea><T>",
  "</title><T>",
  "<!--><T>",
  "]]><T>",
  "`<T>`",
  "{{<T>}}",
  "\\\\'><T>",
];
const others = ["javascript:X", `${"$"}{X}`, "{{constructor.constructor('X')()}}", "<%= X %>"];
const corpus = [...wraps.flatMap((wrap) => tags.map((tag) => wrap.replace("T", tag))), ...others].map((text) =>
  text.replace("X", "window.stolen=1"),
);

describe("the pages", { timeout: 120_000 }, () => {
  test("show what others wrote as text, wherever it stands", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    const { world } = daemon;
    const findings = watchPage(page, daemon.origin);
    const owner = { user_id: world.user.id, username: world.user.username };
    for (const [index, text] of corpus.entries()) {
      world.addSpace({ name: `s${index}`, description: text, state: "failed", state_reason: text });
      world.addApproval({ label: text, arguments: { [text]: text }, client: text });
      world.volumes.push(volume({ name: text, owner }));
      const issued = token({ name: text });
      world.tokens.set(issued.id, issued);
    }
    const everything = corpus.join("\n");
    world.addSpace({ name: "loop", description: everything, state: "running", state_reason: "" });
    await page.route("**/logs?**", (route) => route.fulfill({ json: { text: everything, lines: 9, cut_bytes: 0 } }));
    for (const path of ["/spaces", "/spaces/loop", "/approvals", "/volumes", "/tokens", "/audit"]) {
      await open(path);
      await page.getByText("window.stolen=1").first().waitFor();
      await page.waitForTimeout(300);
      assert.equal(await page.evaluate(() => "stolen" in window), false, path);
    }
    assert.deepEqual(findings, []);
  });

  test("delete a volume that was kept, after saying what is lost", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.volumes.push(volume());
    await open("/volumes");
    await page.getByText("Kept from “calm-bowline”, which is gone").waitFor();
    await page.getByRole("button", { name: "Delete volume home of calm-bowline" }).click();
    await page.getByText("All files in it are lost.").waitFor();
    await page.getByRole("button", { name: "Delete volume", exact: true }).click();
    await page.getByRole("heading", { name: "No volumes yet" }).waitFor();
  });

  test("filter the audit log by an address, and open an entry", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addApproval({ label: "Delete everything" });
    daemon.world.addSpace({ name: "loop", state: "running", state_reason: "" });
    await open("/audit");
    const calls = page.getByRole("list", { name: "Calls" }).locator("> li");
    await calls.nth(1).waitFor();
    await page.getByLabel("Operation").fill("approval.pending");
    await page.getByRole("button", { name: "Search" }).click();
    await calls.nth(1).waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).search, "?operation=approval.pending");
    await calls.getByText("Delete everything").click();
    await calls.getByText("127.0.0.1").waitFor();
    await page.getByLabel("Outcome").selectOption("denied");
    await page.waitForFunction(() => location.search.includes("outcome=denied"));
  });
});
