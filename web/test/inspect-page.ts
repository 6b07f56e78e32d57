import axe from "axe-core";
import type { Page } from "playwright-core";

const desktop = { width: 1280, height: 860 };
const phone = { width: 390, height: 844 };

/** Called for each page in each look, such as to keep a picture. */
export type Shoot = (page: Page, name: string) => Promise<void>;

/** What a page has done wrong, in words; empty when it is as it should be. */
export type Finding = string;

/** Looks at the page as it is now: light and dark, desktop and phone; axe, sideways scroll. */
export async function inspectPage(page: Page, name: string, shoot?: Shoot): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [shape, size] of [
    ["desktop", desktop],
    ["phone", phone],
  ] as const) {
    await page.setViewportSize(size);
    for (const theme of ["light", "dark"]) {
      await page.evaluate((value) => {
        document.documentElement.dataset["theme"] = value;
      }, theme);
      await shoot?.(page, `${name}-${shape}-${theme}`);
      for (const violation of await violationsOf(page)) findings.push(`${name}, ${shape}, ${theme}: ${violation}`);
    }
    if (shape === "phone" && (await scrollsSideways(page)))
      findings.push(`${name}: scrolls sideways at ${phone.width} px`);
  }
  await page.setViewportSize(desktop);
  await page.evaluate(() => {
    document.documentElement.dataset["theme"] = "light";
  });
  return findings;
}

async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: (context: Document) => Promise<axe.AxeResults> } };
    return (await axe.run(document)).violations;
  });
  return violations.map(
    ({ id, nodes }) =>
      `${id} at ${nodes.map(({ target, failureSummary }) => `${target} (${failureSummary})`).join("; ")}`,
  );
}

const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

/** Collects what the browser itself complains about while the page is used: errors, broken policies, foreign requests. */
export function watchPage(page: Page, origin: string): readonly Finding[] {
  const findings: Finding[] = [];
  page.on("pageerror", (error) => findings.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    const { url } = message.location();
    // the browser reports every refused request; a refusal by a door of knot is an answer, not a fault of the page
    const isAnswer =
      /Failed to load resource.*status of 4\d\d/.test(message.text()) && url.startsWith(`${origin}/api/`);
    // Chromium drops its requests when an engine on the same machine makes a network; the page tries again
    const isMachine = message.text().includes("net::ERR_NETWORK_CHANGED");
    if (message.type() === "error" && !isAnswer && !isMachine) findings.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) findings.push(`foreign request: ${url}`);
  });
  return findings;
}
