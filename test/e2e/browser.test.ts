import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import { type BrowserSession, browserPath, startBrowser } from "../support/browser.ts";
import { allShown, ENABLED_IN_BULK, fundingAt } from "../support/service-api.ts";
import {
  type ServiceProcess,
  startService,
  temporaryDatabasePath,
  until,
} from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

/** Enough rows to notice a page that grows with them. */
const MIN_ROWS = 13_000;

/** The page has fifty rows and a card for each exchange, whatever the size of the market. */
const PAGE_BYTES = 64 * 1024;

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

const CHROMIUM = browserPath();

/**
 * Operations that are tried out: a list of rows, one with nineteen parameters, and one whose name is a prefix of
 * others.
 */
const TRIED_OUT = ["/api/funding/current", "/api/funding/arb", "/api/funding/calendar"] as const;

/** Columns of the table, counted from 1 including the row's head. */
const YEARLY_COLUMN = 5;
const VOLUME_COLUMN = 7;

const MONEY_UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9 };

/** The number that a cell shows: signs as printed, $ and K, M, B converted. */
function numberIn(cell: string): number {
  const [, sign = "", digits = "", unit = ""] =
    /^([+−]?)\$?([\d.]+)([KMB]?)$/.exec(cell.trim()) ?? [];
  return (sign === "−" ? -1 : 1) * Number(digits || Number.NaN) * (MONEY_UNITS[unit] ?? 1);
}

/** Evaluated in the rendered page; this project has no DOM types, so the script is a string. */
const WIDTHS = `({
  page: document.documentElement.scrollWidth,
  window: document.documentElement.clientWidth,
  table: document.querySelector(".scroll").scrollWidth,
  scroller: document.querySelector(".scroll").clientWidth,
})`;
const GROUND = "getComputedStyle(document.body).backgroundColor";

interface Stage {
  readonly service: ServiceProcess;
  readonly browser: BrowserSession;
}

/** Luminance of a CSS colour, 0 to 255. */
function lightOf(colour: string): number {
  const parts = (colour.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  return parts.reduce((sum, part) => sum + part, 0) / parts.length;
}

describe.if(CHROMIUM !== null)("in a browser", () => {
  const stack = new AsyncDisposableStack();
  let stage: Stage | null = null;

  const staged = (): Stage => {
    if (stage === null) throw new Error("the stage was not set");
    return stage;
  };

  beforeAll(async () => {
    const database = stack.use(temporaryDatabasePath());
    const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now() }), (one) => one.stop());
    const [service, browser] = await Promise.all([
      startService({
        DATABASE_PATH: database.path,
        EXCHANGE_ORIGIN: simulator.origin,
        EXCHANGES: ENABLED_IN_BULK.join(","),
      }),
      startBrowser(CHROMIUM ?? ""),
    ]);
    stack.use(service);
    stack.use(browser);
    stage = { service, browser };
    // Everything is shown by the second snapshot; the next one comes with the next refresh.
    await allShown(service.origin, ENABLED_IN_BULK);
  }, LONG_MS);

  afterAll(() => stack.disposeAsync());

  test(
    "the front page shows rates, its column headers sort them, and it loads nothing from other hosts",
    async () => {
      const { service, browser } = staged();
      const { page, complaints, hosts } = await browser.page({ viewport: DESKTOP });
      await page.goto(service.origin);
      expect(await page.locator("table").isVisible()).toBe(true);
      expect(await page.locator("tbody tr").count()).toBe(50);
      const column = async (place: number): Promise<number[]> => {
        const cells = await page.locator(`tbody tr > :nth-child(${place})`).allInnerTexts();
        const numbers = cells.map(numberIn);
        expect(numbers).toHaveLength(50);
        expect(numbers.filter(Number.isNaN)).toEqual([]);
        expect(new Set(numbers).size).toBeGreaterThan(1);
        return numbers;
      };
      const falling = (left: number, right: number): number => right - left;
      const head = page.getByRole("link", { name: /^% a year/ });
      await head.click();
      await page.waitForURL(/sort=annualized_pct&order=desc/);
      const highest = await column(YEARLY_COLUMN);
      expect(highest).toEqual(highest.toSorted(falling));
      await head.click();
      await page.waitForURL(/order=asc/);
      const lowest = await column(YEARLY_COLUMN);
      expect(lowest).toEqual(lowest.toSorted((left, right) => left - right));
      expect(Math.max(...lowest)).toBeLessThan(Math.min(...highest));
      expect(await page.locator("th[aria-sort=ascending]").innerText()).toStartWith("% a year");
      await page.getByRole("link", { name: "Volume 24 h" }).click();
      await page.waitForURL(/sort=volume_24h_usd/);
      const volumes = await column(VOLUME_COLUMN);
      expect(volumes).toEqual(volumes.toSorted(falling));
      expect(complaints).toEqual([]);
      expect([...hosts]).toEqual([new URL(service.origin).host]);
    },
    LONG_MS,
  );

  test(
    "a board of thousands is one short page: its size does not grow, each order has its fifty rows, the rest is in the API",
    async () => {
      const { service, browser } = staged();
      const { total } = await fundingAt(service.origin, "?limit=1");
      expect(total).toBeGreaterThan(MIN_ROWS);
      const { page, complaints } = await browser.page({ viewport: DESKTOP });
      const tookMs: number[] = [];
      const orders = [
        "",
        "?sort=annualized_pct",
        "?sort=symbol",
        "?sort=open_interest_usd&order=asc",
      ];
      for (const query of orders) {
        const startedMs = performance.now();
        const response = await page.goto(`${service.origin}/${query}`);
        await page.locator("tbody tr").nth(49).waitFor();
        tookMs.push(performance.now() - startedMs);
        expect((await response?.body())?.byteLength).toBeLessThan(PAGE_BYTES);
        expect(await page.locator("tbody tr").count()).toBe(50);
      }
      const times = tookMs.map((ms) => `${ms.toFixed(0)} ms`).join(", ");
      console.log(`browser: the front page of ${total} rows, in four orders: ${times}`);
      await page.goto(service.origin);
      expect(await page.locator(".card").count()).toBe(ENABLED_IN_BULK.length);
      expect(await page.locator(".lead").innerText()).toContain(`${total} instruments on`);
      expect(await browser.picture(page, "desktop")).toBeGreaterThan(0);
      expect(complaints).toEqual([]);
    },
    LONG_MS,
  );

  test(
    "on a phone only the table scrolls sideways; in dark mode the page is dark",
    async () => {
      const { service, browser } = staged();
      const light = await browser.page({ viewport: PHONE, colorScheme: "light" });
      const dark = await browser.page({ viewport: PHONE, colorScheme: "dark" });
      for (const { page } of [light, dark]) {
        await page.goto(service.origin);
        const widths = await page.evaluate<Record<string, number>>(WIDTHS);
        expect(widths["page"]).toBeLessThanOrEqual(widths["window"] ?? 0);
        expect(widths["table"]).toBeGreaterThan(widths["scroller"] ?? Number.NaN);
      }
      expect(lightOf(await light.page.evaluate<string>(GROUND))).toBeGreaterThan(200);
      expect(lightOf(await dark.page.evaluate<string>(GROUND))).toBeLessThan(60);
      expect(await browser.picture(light.page, "phone-light")).toBeGreaterThan(0);
      expect(await browser.picture(dark.page, "phone-dark")).toBeGreaterThan(0);
      expect([...light.complaints, ...dark.complaints]).toEqual([]);
    },
    LONG_MS,
  );

  test(
    "without JavaScript the front page shows the same",
    async () => {
      const { service, browser } = staged();
      const pages = [
        await browser.page({ viewport: DESKTOP }),
        await browser.page({ viewport: DESKTOP, javaScriptEnabled: false }),
      ];
      let texts: string[] = [];
      // A snapshot may be published between the two.
      await until(
        async () => {
          texts = [];
          for (const { page } of pages) {
            await page.goto(service.origin);
            texts.push(await page.locator("body").innerText());
          }
          return texts[0] === texts[1];
        },
        () => texts.join("\n---\n").slice(0, 2_000),
      );
      expect(texts[1]).toContain("Strongest rates");
      expect(await pages[1]?.page.locator("tbody tr").count()).toBe(50);
    },
    LONG_MS,
  );

  test(
    "the documentation lists every operation under its policy, and trying one out works",
    async () => {
      const { service, browser } = staged();
      const document = (await (await fetch(`${service.origin}/openapi.json`)).json()) as {
        paths: Record<string, object>;
      };
      const operations = Object.values(document.paths).flatMap((path) => Object.keys(path));
      const { page, complaints, hosts } = await browser.page({ viewport: DESKTOP });
      await page.goto(`${service.origin}/docs/try`);
      expect(await page.locator(".try form").count()).toBe(operations.length);
      // The forms are filled with the document's examples, which must be a valid query together.
      for (const path of TRIED_OUT) {
        const block = page.locator("details.try", {
          has: page.locator("summary code", { hasText: new RegExp(`^${path}$`) }),
        });
        await block.locator("summary").first().click();
        await block.getByRole("button", { name: "Send" }).click();
        const answer = block.locator(".answer");
        await answer.getByRole("group", { name: "Body" }).waitFor();
        const words = await answer.innerText();
        expect(words).toContain(`${path}?`);
        expect(words).toStartWith("200");
        expect(words).toContain('"snapshot"');
      }
      expect(complaints).toEqual([]);
      expect([...hosts]).toEqual([new URL(service.origin).host]);
    },
    LONG_MS,
  );
});

test("a browser is installed where it is required", () => {
  const isRequired = process.env["REQUIRE_BROWSER"] === "1";
  if (CHROMIUM === null)
    console.error("NO BROWSER FOUND: the pages were NOT tested (install chromium to test them)");
  expect(CHROMIUM !== null || !isRequired).toBe(true);
});
