import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { type BrowserSession, browserPath, startBrowser } from "../support/browser.ts";
import { LONG_MS } from "../support/patience.ts";

const CHROMIUM = browserPath();

const PAGES = ["/docs", "/docs/problems", "/docs/terms", "/docs/try"] as const;
/**
 * Each width and each colour scheme. Sizes do not depend on the scheme, nor colours on the width: a checker that takes ten
 * seconds for a long page need not see all four pairs.
 */
const SCREENS = [
  { name: "desktop", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "phone", colorScheme: "dark", viewport: { width: 360, height: 740 } },
] as const;

/** The whole accessibility checker, as it would be pasted into the console. */
const AXE = Bun.resolveSync("axe-core/axe.min.js", import.meta.dir);
const VIOLATIONS = `axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + " " + html)))`;

const WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]";
const GROUND = "getComputedStyle(document.body).backgroundColor";

/** Luminance of a CSS colour, 0 to 255. */
function lightOf(colour: string): number {
  const parts = (colour.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  return parts.reduce((sum, part) => sum + part, 0) / parts.length;
}

describe.if(CHROMIUM !== null)("the documentation in a browser", () => {
  const stack = new AsyncDisposableStack();
  let stage: { readonly origin: string; readonly browser: BrowserSession } | null = null;

  const staged = () => {
    if (stage === null) throw new Error("the stage was not set");
    return stage;
  };

  beforeAll(async () => {
    const rows = EXCHANGE_IDS.map((exchange) => rowOf(exchange, "BTC"));
    const app = testApp(new TestBoard(snapshotOf("1-1", rows)));
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => app.fetch(request),
    });
    stack.defer(() => server.stop(true));
    const browser = stack.use(await startBrowser(CHROMIUM ?? ""));
    stage = { origin: server.url.origin, browser };
  }, LONG_MS);

  afterAll(() => stack.disposeAsync());

  test.each(PAGES)(
    "%s violates no accessibility rule and fits, on each screen",
    async (path) => {
      const { origin, browser } = staged();
      const { page, complaints, hosts } = await browser.page(SCREENS[0]);
      await page.goto(origin + path);
      await page.evaluate(await Bun.file(AXE).text());
      // The style sheet alone decides what depends on the screen: the page is loaded once.
      for (const { name, colorScheme, viewport } of SCREENS) {
        const where = `${path.replaceAll("/", "-")}-${name}-${colorScheme}`;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        const ground = lightOf(await page.evaluate<string>(GROUND));
        const isDark = colorScheme === "dark";
        expect([where, ground > 200, ground < 60]).toEqual([where, !isDark, isDark]);
        const [content = Number.NaN, width = 0] = await page.evaluate<number[]>(WIDTHS);
        expect([where, width]).toEqual([where, viewport.width]);
        expect(content).toBeLessThanOrEqual(width);
        expect([where, await page.evaluate<string[]>(VIOLATIONS)]).toEqual([where, []]);
        expect(await browser.picture(page, where)).toBeGreaterThan(0);
      }
      expect(complaints).toEqual([]);
      expect([...hosts]).toEqual([new URL(origin).host]);
      await page.context().close();
    },
    LONG_MS,
  );

  test(
    "a page that violates a rule is detected",
    async () => {
      const { origin, browser } = staged();
      const { page } = await browser.page();
      await page.goto(`${origin}/docs/problems`);
      await page.evaluate(
        "document.querySelector('h1').remove(); document.documentElement.lang = ''",
      );
      await page.evaluate(await Bun.file(AXE).text());
      const found = await page.evaluate<string[]>(VIOLATIONS);
      expect(found.some((text) => text.startsWith("html-has-lang"))).toBe(true);
    },
    LONG_MS,
  );

  test(
    "the reference shows the same without JavaScript, and links back to the rates",
    async () => {
      const { origin, browser } = staged();
      const { page } = await browser.page({ javaScriptEnabled: false });
      await page.goto(`${origin}/docs`);
      const text = await page.locator("main").innerText();
      expect(text).toContain("/api/funding/arb");
      expect(text).toContain("min_open_interest");
      await page.getByRole("link", { name: "Problems" }).click();
      await page.waitForURL(/\/docs\/problems$/);
      expect(await page.locator("h1").innerText()).toBe("Problems");
      await page.getByRole("link", { name: "← Rates" }).click();
      expect(new URL(page.url()).pathname).toBe("/");
    },
    LONG_MS,
  );

  test.each(SCREENS)(
    "trying out violates no rule with an open form and a response: $name, $colorScheme",
    async ({ name, ...screen }) => {
      const { origin, browser } = staged();
      const { page, complaints } = await browser.page(screen);
      await page.goto(`${origin}/docs/try`);
      await page.evaluate(await Bun.file(AXE).text());
      await page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true",
      );
      expect(await page.evaluate<string[]>(VIOLATIONS)).toEqual([]);
      const form = page.locator("#listArbitragePairs");
      await form.getByRole("button", { name: "Send" }).click();
      const answer = page.getByRole("region", {
        name: "Answer: Arbitrage: long/short pairs across exchanges",
      });
      await answer.getByRole("group", { name: "Body" }).waitFor();
      await answer.getByText("Headers", { exact: true }).click();
      expect(await page.evaluate<string[]>(VIOLATIONS)).toEqual([]);
      const [content = Number.NaN, width = 0] = await page.evaluate<number[]>(WIDTHS);
      expect(content).toBeLessThanOrEqual(width);
      expect(
        await browser.picture(page, `docs-try-answered-${name}-${screen.colorScheme}`),
      ).toBeGreaterThan(0);
      expect(complaints).toEqual([]);
    },
    LONG_MS,
  );

  test(
    "a request can be sent and its response read with the keyboard alone",
    async () => {
      const { origin, browser } = staged();
      const { page } = await browser.page();
      await page.goto(`${origin}/docs/try#getPosition`);
      const form = page.locator("#getPosition");
      await form.locator("input").first().waitFor();
      await form.locator("[name=notional]").focus();
      await page.keyboard.press("Control+A");
      await page.keyboard.type("123");
      await page.keyboard.press("Enter");
      const answer = page.getByRole("region", {
        name: "Answer: Funding of a position, and the best alternative",
      });
      const body = answer.getByRole("group", { name: "Body" });
      await body.waitFor();
      await body.focus();
      expect(await body.evaluate("document.activeElement.getAttribute('aria-label')")).toBe("Body");
      expect(await answer.innerText()).toContain("notional=123");
    },
    LONG_MS,
  );

  test.each([
    { format: "json", start: "{" },
    { format: "csv", start: "uid," },
    { format: "ndjson", start: '{"uid":' },
  ])(
    "an answer in $format is shown as it was sent",
    async ({ format, start }) => {
      const { origin, browser } = staged();
      const { page } = await browser.page();
      await page.goto(`${origin}/docs/try#listFundingRates`);
      const form = page.locator("#listFundingRates");
      await form.getByRole("button", { name: "Clear optional fields" }).click();
      await form.locator("[name=format]").selectOption(format);
      await form.getByRole("button", { name: "Send" }).click();
      const answer = page.getByRole("region", { name: "Answer: Live funding rates", exact: true });
      await answer.locator("p, pre").filter({ hasNotText: "Waiting" }).first().waitFor();
      const shown = await answer.innerText();
      expect(shown).toStartWith("200");
      expect(await answer.getByRole("group", { name: "Body" }).innerText()).toStartWith(start);
    },
    LONG_MS,
  );

  test(
    "the command keeps an apostrophe of a name inside its quotes",
    async () => {
      const { origin, browser } = staged();
      const { page } = await browser.page();
      await page.goto(`${origin}/docs/try#listFundingRatesOfAsset`);
      const form = page.locator("#listFundingRatesOfAsset");
      await form.getByRole("button", { name: "Clear optional fields" }).click();
      await form.locator("[name=base]").fill("A'B");
      await form.getByRole("button", { name: "Send" }).click();
      const answer = page.getByRole("region", { name: "Answer: Live funding rates of one asset" });
      const command = await answer.getByRole("group", { name: "Command" }).innerText();
      expect(command).toBe(`curl '${origin}/api/funding/symbol/A%27B'`);
    },
    LONG_MS,
  );

  test(
    "without JavaScript a form leads to its response, empty fields omitted",
    async () => {
      const { origin, browser } = staged();
      const { page } = await browser.page({ javaScriptEnabled: false });
      await page.goto(`${origin}/docs/try`);
      await page.locator("details", { has: page.locator("#listFundingRatesOfAsset") }).click();
      const form = page.locator("#listFundingRatesOfAsset");
      for (const field of await form.locator("input:not([required])").all()) await field.fill("");
      for (const field of await form.locator("select").all()) await field.selectOption("");
      await form.locator("[name=limit]").fill("3");
      await form.getByRole("button", { name: "Send" }).click();
      await page.waitForURL(`${origin}/api/funding/symbol/BTC?limit=3`);
      expect(await page.locator("body").innerText()).toContain('"snapshot"');
    },
    LONG_MS,
  );
});
