import { describe, expect, test } from "bun:test";
import type { ExchangeTruth } from "../../src/simulator/truth.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { ExplanationBody } from "../../src/http/api/explain/schema.ts";
import type { FundingList, FundingRow } from "../../src/http/lists/funding-schema.ts";
import type { InstrumentRow } from "../../src/http/api/instruments/schema.ts";
import type { QualityRow } from "../../src/http/api/quality/schema.ts";
import { childrenOf, type DemoProcess, isRunning, startDemo } from "../support/demo-process.ts";
import { allShown, answerOf, ENABLED, fundingAt } from "../support/service-api.ts";
import { documentedExamples, haveRows } from "../support/documented-examples.ts";
import { temporaryDatabasePath, until } from "../support/service.ts";
import { classDifferences } from "../support/class-differences.ts";
import { truthDifferences } from "../support/truth-differences.ts";
import { LONG_MS, PATIENCE_MS } from "../support/patience.ts";

/** The minimum that the enabled exchanges list together. */
const MIN_ROWS = 11_000;

/**
 * The slowest exchange has four hundred instruments fetched one by one, twenty a second: twenty seconds on an idle
 * machine.
 */
const ALL_FRESH_WITHIN_MS = 2 * PATIENCE_MS;

/** Rows of one asset have one price; the same distance joins a listing to an asset. */
const ONE_PRICE_WITHIN = 0.03;

/** Few pages, but more than one. */
const PAGE_ROWS = 4_000;

/** Examples that need what was charged in the last days. */
const NEEDS_A_PAST = ["/api/funding/backtest"];

interface List<Row> {
  readonly snapshot: string;
  readonly total: number;
  readonly count: number;
  readonly rows: readonly Row[];
  readonly next_cursor: string | null;
}

async function control(simulator: string, command: string, body: object = {}): Promise<void> {
  const init = { method: "POST", body: JSON.stringify(body) };
  expect((await fetch(`${simulator}/control/${command}`, init)).status).toBe(200);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

describe("make demo", () => {
  test(
    "prints an address with all exchanges, ends with its children on SIGINT and SIGTERM, starts again immediately",
    async () => {
      using database = temporaryDatabasePath();
      const settings = { DATABASE_PATH: database.path };
      const startedMs = performance.now();
      {
        await using demo = await startDemo(settings);
        expect(demo.output()).toContain(`open ${demo.address}\n`);
        await allFresh(demo, startedMs);
        const list = await fundingAt(demo.address);
        console.log(`demo: ${list.total} rows of ${ENABLED.length} exchanges`);
        expect(list.total).toBeGreaterThan(MIN_ROWS);
        expect(new Set(list.rows.map((row) => row.exchange))).toEqual(new Set(ENABLED));
        expect((await fetch(demo.address)).headers.get("content-type")).toStartWith("text/html");
        await tellsWhatItKnows(demo);
        await keepsAssetsApart(demo.address);
        await endsWhole(demo, "SIGINT");
        // The console is not JSON.
        expect(demo.output()).not.toMatch(/^\{/m);
      }
      // Reading the past takes both cores, so only now.
      await using again = await startDemo({ ...settings, BACKFILL_DAYS: "14" });
      console.log(`demo: second start ready ${seconds(again.readyMs)}`);
      // No exchange that is fetched one by one can have all its rates yet: they are those of the first run.
      expect((await fundingAt(again.address)).total).toBeGreaterThan(MIN_ROWS);
      await haveRows(again.address, await documentedExamples(again.address));
      await endsWhole(again, "SIGTERM");
    },
    LONG_MS,
  );

  test(
    "serves every instrument of a frozen market with its true values, and again after it has moved",
    async () => {
      using database = temporaryDatabasePath();
      const settings = { EXCHANGES: STANDING.join(","), REFRESH_SECONDS: "2" };
      await using demo = await startDemo({ DATABASE_PATH: database.path, ...settings }, standStill);
      await allShown(demo.address, STANDING);
      await servesTruth(demo, STANDING);
      await moveOn(demo.simulator);
      // Until its number of instruments is known, a swept exchange has a long period.
      await servesTruth(
        demo,
        STANDING.filter((id) => id !== "poloniex"),
      );
      await endsWhole(demo, "SIGTERM");
    },
    LONG_MS,
  );
});

/** Waits until every enabled exchange is ok, and prints how long the first and the last ones took. */
async function allFresh(demo: DemoProcess, startedMs: number): Promise<void> {
  const healthyMs = new Map<ExchangeId, number>();
  await allShown(demo.address, ENABLED, {
    patienceMs: ALL_FRESH_WITHIN_MS,
    onHealthy: (id) => healthyMs.set(id, performance.now() - startedMs),
  });
  const times = [...healthyMs];
  const half = times[Math.floor(times.length / 2)]?.[1] ?? Number.NaN;
  const last = times.slice(-5).map(([id, ms]) => `${id} ${seconds(ms)}`);
  console.log(
    `demo: ready ${seconds(demo.readyMs)}, half well ${seconds(half)}, last ones ${last.join(", ")}`,
  );
  console.log(`demo: all fresh and shown ${seconds(performance.now() - startedMs)}`);
}

/** The resources other than the list of rates respond, and agree with it. */
async function tellsWhatItKnows({ address, simulator }: DemoProcess): Promise<void> {
  const truth = await truthOf(simulator);
  const quality = await answerOf<List<QualityRow>>(address, "/api/quality");
  const judged = new Map(quality.rows.map((row) => [row.exchange, row]));
  for (const id of ENABLED) {
    const { status, instruments: seen } = judged.get(id) ?? {};
    expect([id, status, seen]).toEqual([id, "ok", truth[id].instruments.length]);
  }
  expect(await answerOf(address, "/api/intervals/changes")).toMatchObject({ total: 0, rows: [] });

  // Volumes and open interest that an exchange has one by one arrive later than its rates.
  const examples = await documentedExamples(address);
  await haveRows(
    address,
    examples.filter((path) => !NEEDS_A_PAST.some((start) => path.startsWith(start))),
  );
  await pagesConcatenate(address);
  await explainsKraken(address);
}

async function pagesConcatenate(address: string): Promise<void> {
  const pages: List<InstrumentRow>[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await answerOf<List<InstrumentRow>>(
      address,
      `/api/instruments?limit=${PAGE_ROWS}${query}`,
    );
    pages.push(page);
    cursor = page.next_cursor;
  }
  const instruments = pages.flatMap((page) => page.rows);
  expect(pages.length).toBeGreaterThan(2);
  expect(new Set(pages.map((page) => page.snapshot)).size).toBe(1);
  expect(instruments.length).toBe(pages[0]?.total ?? Number.NaN);
  expect(instruments.length).toBeGreaterThan(MIN_ROWS);
  expect(new Set(instruments.map((row) => row.uid)).size).toBe(instruments.length);
}

/** From the raw fields to the rate and from the rate to a year, with the numbers as received. */
async function explainsKraken(address: string): Promise<void> {
  const explained = await answerOf<ExplanationBody>(address, "/api/explain/kraken/PF_XBTUSD");
  const { row, raw, rate, annualized } = explained;
  const { tickers } = raw as { readonly tickers: Record<string, number> };
  const { fundingRate = Number.NaN, indexPrice = Number.NaN } = tickers ?? {};
  // An amount in dollars per coin divided by the index is a fraction per hour.
  expect(rate?.formula).toContain("{tickers.fundingRate} / {tickers.indexPrice}");
  expect(rate?.with_numbers).toContain(`${fundingRate} / ${indexPrice}`);
  expect(rate?.value).toBeCloseTo(fundingRate / indexPrice, 12);
  expect(row).toMatchObject({ exchange: "kraken", base: "BTC", funding_interval_hours: 1 });
  expect(annualized?.value).toBeCloseTo(row.annualized_pct ?? Number.NaN, 9);
}

/** Two coins share the ticker LIT: once prices were compared, no asset has two prices. */
async function keepsAssetsApart(address: string): Promise<void> {
  let lit: FundingRow[] = [];
  const ids = (): Set<string | null> => new Set(lit.map((row) => row.asset_id));
  await until(
    async () => {
      lit = (await fundingAt(address)).rows.filter((row) => row.base === "LIT");
      return lit.filter((row) => priceOf(row) !== null).every((row) => row.asset_id !== null);
    },
    () => `LIT is ${[...ids()].join(", ")}`,
  );
  console.log(
    `demo: LIT is ${[...ids()].map(String).toSorted().join(", ")} on ${lit.length} exchanges`,
  );
  const inConflict = lit.filter((row) => row.flags.includes("identity_conflict"));
  expect(ids().has("LIT~2") || inConflict.length > 0).toBe(true);
  const { rows } = await fundingAt(address);
  const prices = Map.groupBy(
    rows.filter((row) => row.asset_id !== null),
    (row) => row.asset_id,
  );
  const apart = [...prices].flatMap(([asset, ofIt]) => {
    const known = ofIt.map(priceOf).filter((price) => price !== null);
    const ratio = Math.max(...known) / Math.min(...known);
    return ratio > 1 + ONE_PRICE_WITHIN ? [`${asset} ${ratio}`] : [];
  });
  expect(prices.size).toBeGreaterThan(1_000);
  expect(apart).toEqual([]);
}

/** Of one unit of the asset. */
function priceOf({ index_price: index, mark_price: mark, multiplier }: FundingRow): number | null {
  const price = index ?? mark;
  return price === null || multiplier === null ? null : price / multiplier;
}

/** One of every kind: amounts, percentages, a continuous rate, several hosts, rates fetched one by one. */
const STANDING = [
  "binance",
  "okx",
  "kraken",
  "kucoin",
  "deribit",
  "delta",
  "dydx",
  "paradex",
  "poloniex",
] as const satisfies readonly ExchangeId[];

/** Far enough for every price and rate to move. */
const STEP_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

/** Freezes the market within our hour, away from its first minutes, which have special rules. */
async function standStill(simulator: string): Promise<void> {
  await control(simulator, "freeze");
  await keepHour(simulator);
}

/** If the market's time is in an earlier hour, or in the first minutes of ours, moves it into ours. */
async function keepHour(simulator: string): Promise<void> {
  const early = 5 * 60_000;
  const hourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const behindMs = hourMs + early - (await marketMs(simulator));
  if (behindMs > 0) await control(simulator, "step", { ms: behindMs });
}

/** Advances the market, never past the full hour: a settlement in the market would be ahead of our clock. */
async function moveOn(simulator: string): Promise<void> {
  const leftMs = HOUR_MS - ((await marketMs(simulator)) % HOUR_MS);
  await control(simulator, "step", { ms: Math.min(STEP_MS, Math.floor(leftMs / 2)) });
}

async function marketMs(simulator: string): Promise<number> {
  return (await answerOf<{ now_ms: number }>(simulator, "/control/clock")).now_ms;
}

/** Waits until the list equals the frozen market. */
async function servesTruth(demo: DemoProcess, ids: readonly ExchangeId[]): Promise<void> {
  let wrong = ["nothing compared yet"];
  await until(
    async () => {
      // At the full hour our clock settles what the market has not: it has to follow.
      await keepHour(demo.simulator);
      const truth = await truthOf(demo.simulator);
      const list = await fundingAt(demo.address);
      const classes = classDifferences(list.rows, truth);
      wrong = [...classes, ...ids.flatMap((id) => differencesOn(id, list, truth[id]))];
      return wrong.length === 0;
    },
    () => `${wrong.length} differences: ${wrong.slice(0, 10).join("; ")}`,
  );
}

function truthOf(simulator: string): Promise<Readonly<Record<ExchangeId, ExchangeTruth>>> {
  return answerOf(simulator, "/control/truth");
}

function differencesOn(
  id: ExchangeId,
  list: FundingList,
  { instruments }: ExchangeTruth,
): readonly string[] {
  const served = list.rows.filter((row) => row.exchange === id);
  // The class is the asset's. Binance's open interest is fetched one by one, over minutes.
  const but = ["asset_class", ...(id === "binance" ? ["open_interest_usd" as const] : [])] as const;
  const wrong = truthDifferences(served, instruments, but).map((text) => `${id} ${text}`);
  const sizes = `${id} serves ${served.length} of ${instruments.length}`;
  return served.length === instruments.length ? wrong : [...wrong, sizes];
}

/** Sends the signal only to the demo: it ends with status 0, and both its children with it. */
async function endsWhole(demo: DemoProcess, signal: "SIGINT" | "SIGTERM"): Promise<void> {
  const children = childrenOf(demo.pid);
  expect(children).toHaveLength(2);
  const startedMs = performance.now();
  demo.kill(signal);
  expect(await demo.exited).toBe(0);
  console.log(`demo: ended ${seconds(performance.now() - startedMs)} after ${signal}`);
  expect(children.filter(isRunning)).toEqual([]);
  for (const origin of [demo.address, demo.simulator]) {
    expect(await fetch(origin).catch(() => "no listener")).toBe("no listener");
  }
}
