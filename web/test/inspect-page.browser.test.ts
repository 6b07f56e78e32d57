import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needs } from "../../internal/testkit/needs.ts";
import { openPage } from "./browser.ts";
import { inspectPage } from "./inspect-page.ts";

describe("the inspection", { timeout: 60_000 }, () => {
  test(
    "finds text that cannot be read, a field without a name, and a page that scrolls sideways",
    needs("chromium"),
    async (t) => {
      const page = await openPage(t);
      const pale = '<p style="color: #ddd; background: #fff">pale</p>';
      await page.setContent(
        `<html lang="en"><title>t</title><main>${pale}<input><div style="width: 500px">wide</div></main>`,
      );
      const findings = (await inspectPage(page, "bad")).join("\n");
      for (const rule of ["color-contrast", "label", "scrolls sideways"]) assert.match(findings, new RegExp(rule));
    },
  );

  test("finds nothing on a page that is as it should be", needs("chromium"), async (t) => {
    const page = await openPage(t);
    await page.setContent('<html lang="en"><title>t</title><main><h1>Good</h1><p>Words</p></main>');
    assert.deepEqual(await inspectPage(page, "good"), []);
  });
});
