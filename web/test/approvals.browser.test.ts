import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needs } from "../../internal/testkit/needs.ts";
import { signedIn } from "./signed-in.ts";

const settled = 500;

describe("the approvals page", { timeout: 120_000 }, () => {
  test(
    "takes no decision from a click in the first moment, and gives Approve no focus",
    needs("chromium"),
    async (t) => {
      const { page, daemon, open } = await signedIn(t);
      const { id } = daemon.world.addApproval();
      await page.addInitScript((hastyMs) => {
        let seenAt = Number.NaN;
        const timer = setInterval(() => {
          const approve = [...document.querySelectorAll("button")].find((node) => node.textContent === "Approve once");
          if (approve === undefined) return;
          if (Number.isNaN(seenAt)) seenAt = performance.now();
          if (performance.now() - seenAt < hastyMs) return approve.click();
          document.documentElement.dataset["tried"] = "yes";
          clearInterval(timer);
        }, 20);
      }, 300);
      await open("/approvals");
      const approve = page.getByRole("button", { name: "Approve once" });
      await page.locator("[data-tried=yes]").waitFor();
      assert.equal(await approve.evaluate((node) => node === document.activeElement), false);
      await page.waitForTimeout(settled);
      assert.equal(daemon.world.approvals.get(id)?.state, "pending");
      await approve.click();
      await page.getByText("Approved and done").waitFor();
      assert.equal(daemon.world.approvals.get(id)?.state, "done");
    },
  );

  test("says who decided when someone else was faster", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    const row = daemon.world.addApproval();
    await open("/approvals");
    await page.getByRole("button", { name: "Approve once" }).waitFor();
    await page.waitForTimeout(settled);
    daemon.world.approvals.set(row.id, { ...row, state: "denied", decided_by: "grace", decided_at: Date.now() });
    await page.getByRole("button", { name: "Approve once" }).click();
    await page.getByText("by grace").waitFor();
    await page.getByText("grace has already denied this call").first().waitFor();
  });

  test("denies with a reason, and shows it at the approval's own address", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    const { id } = daemon.world.addApproval();
    await open(`/approvals/${id}`);
    await page.getByRole("button", { name: "Deny…" }).click();
    await page.getByLabel("Reason").fill("It is still in use.");
    await page.waitForTimeout(settled);
    await page.getByRole("button", { name: "Deny call" }).click();
    await page.getByText("“It is still in use.”").waitFor();
    assert.equal(daemon.world.approvals.get(id)?.reason, "It is still in use.");
  });

  test("counts what waits in the menu and the title, as it happens", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    await open("/spaces");
    await page.getByRole("heading", { name: "Spaces", exact: true }).waitFor();
    daemon.world.addApproval();
    await page.getByRole("link", { name: "Approvals 1 waiting" }).first().waitFor();
    await page.waitForFunction(() => document.title === "(1) Spaces · knot");
  });

  test("is one click away from a call of one's own that has to be approved", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addSpace({ name: "loop", state: "running", state_reason: "" });
    const { id, label } = daemon.world.addApproval();
    const problem = {
      code: "approval_required",
      title: "Someone has to approve this",
      detail: "It waits.",
      approval: { id, label },
    };
    await page.route("**/stop", (route) =>
      route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify(problem) }),
    );
    await open("/spaces");
    await page.getByRole("button", { name: "Stop loop" }).click();
    await page.getByText(`${label}: it runs as soon as it is approved.`).waitFor();
    await page.getByRole("link", { name: "Open the approval" }).click();
    await page.getByRole("heading", { name: label }).waitFor();
  });

  test("takes the buttons away when the time to decide is over", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addApproval({ expires_at: Date.now() + 6000 });
    await open("/approvals");
    await page.getByRole("button", { name: "Approve once" }).waitFor();
    await page.getByText(/expires in \d s/).waitFor();
    await page.getByText("Too late").waitFor();
    assert.equal(await page.getByRole("button", { name: "Approve once" }).count(), 0);
  });

  test("shows characters that hide or turn around what is asked", needs("chromium"), async (t) => {
    const { page, daemon, open } = await signedIn(t);
    daemon.world.addApproval({ label: "Run \u202etxt.exe", arguments: { command: "ls\u200b\n-l", path: "\u2066x" } });
    await open("/approvals");
    await page.getByRole("heading", { name: "Run U+202Etxt.exe" }).waitFor();
    const cells = await page.getByRole("table", { name: "Arguments" }).getByRole("cell").allTextContents();
    assert.deepEqual(cells, ["lsU+200B\n-l", "U+2066x"]);
  });
});
