import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { browserPath, startBrowser } from "../support/browser.ts";
import { type Conditions, is, MIXED, missingScene } from "../support/missing-scene.ts";
import { LONG_MS } from "../support/patience.ts";

const CHROMIUM = browserPath();

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 740 };

/** The line as rendered; this project has no DOM types, so the script is a string. */
const LINE = `(() => {
  const line = document.querySelector(".missing");
  return {
    height: line.getBoundingClientRect().height,
    lineHeight: Number.parseFloat(getComputedStyle(line).lineHeight),
    page: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
    cut: [...document.querySelectorAll(".card")].filter((card) => card.scrollWidth > card.clientWidth).length,
  };
})()`;

/** As in the first seconds: nearly all of them are still missing. */
const STARTING: Conditions = {
  binance: is("ok", true),
  ...Object.fromEntries(
    (["apex", "backpack", "bybit", "cryptocom", "hyperliquid", "okx", "poloniex"] as const).map(
      (id: ExchangeId) => [id, is("starting")],
    ),
  ),
};

describe.if(CHROMIUM !== null)("the front page in a browser", () => {
  test.each([
    [
      "one of each",
      MIXED,
      "Missing now: BITGET (down), BYBIT (starting), GATE (stale), MEXC (geo blocked), OKX (down).",
    ],
    [
      "the start",
      STARTING,
      "Missing now: APEX (starting), BACKPACK (starting), BYBIT (starting), CRYPTOCOM (starting), HYPERLIQUID (starting) and 2 more.",
    ],
  ] as const)(
    "shows which exchanges are missing (%s) on a wide and on a narrow screen",
    async (name, conditions, words) => {
      await using scene = await missingScene(conditions);
      await using browser = await startBrowser(CHROMIUM ?? "");
      for (const [viewport, lines] of [
        [WIDE, 1],
        [NARROW, 4],
      ] as const) {
        const { page, complaints } = await browser.page({ viewport });
        await page.goto(scene.origin);
        const line = page.locator(".missing");
        expect(await line.isVisible()).toBe(true);
        expect(await line.innerText()).toBe(words);
        const seen = await page.evaluate<Record<string, number>>(LINE);
        const { height = Number.NaN, lineHeight = Number.NaN } = seen;
        expect(Math.round(height / lineHeight)).toBeLessThanOrEqual(lines);
        expect(seen["cut"]).toBe(0);
        expect(seen["page"]).toBeLessThanOrEqual(seen["window"] ?? 0);
        const file = `missing-${name.replaceAll(" ", "-")}-${viewport.width}`;
        expect(await browser.picture(page, file)).toBeGreaterThan(0);
        expect(complaints).toEqual([]);
      }
    },
    LONG_MS,
  );
});
