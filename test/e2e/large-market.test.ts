import { expect, test } from "bun:test";
import type { Simulator } from "../../src/simulator/server.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import type { ArbList } from "../../src/http/lists/pair-schema.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";
import { EventReader } from "../support/event-stream.ts";
import { trustedByAsset, yearlyPct } from "../support/finder-recount.ts";
import { allShown, answerOf, ENABLED_IN_BULK, fundingAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { classDifferences } from "../support/class-differences.ts";
import { documentedAddresses } from "../support/documented-addresses.ts";
import { truthDifferences } from "../support/truth-differences.ts";
import { LONG_MS } from "../support/patience.ts";

/** Three times what all exchanges list today. */
const SCALE = 3.6;
const MIN_ROWS = 50_000;

/** A start takes 20 s on two shared cores; a machine ten times as busy is no failure. */
const PATIENCE_MS = 200_000;

/** Pairs that end are followed for some more checks, and each count reads the whole list. */
const COUNT_EVERY_MS = 10_000;

/** Endless; its own test reads the first event. */
const STREAM = "/api/funding/stream";

/**
 * Lists that are rightly empty: no interval changes in a frozen market, no age is an hour yet, and no payments are read
 * from the exchanges.
 */
const MAY_BE_EMPTY = new Set([
  "/api/intervals/changes",
  "/api/funding/divergence",
  "/api/funding/forecast-error",
  "/api/funding/backtest?long=binance:BTCUSDT&short=bybit:BTCUSDT",
]);

/**
 * What depends on the asset instead of the row; what some exchanges have one by one, over minutes; what changes at a
 * full hour.
 */
const NOT_COMPARED = [
  "asset_class",
  "open_interest_usd",
  "funding_interval_hours",
  "next_funding_time",
  "predicted_rate",
  "settled_rate",
  "settled_at",
] as const;

interface List {
  readonly count: number;
  readonly total: number;
  readonly rows: readonly unknown[];
}

/** Every address of the document, with examples for path parameters, and the two pages. */
async function addresses(origin: string): Promise<readonly string[]> {
  return (await documentedAddresses(origin)).filter((path) => path !== STREAM);
}

/** Annual rates computed in another order may differ by this much. */
const ROUNDING_PCT = 1e-9;

/**
 * How many pairs on two exchanges are at least 5 % a year apart; some only up to rounding, so they may or may not
 * count.
 */
function countOpportunities(
  rows: readonly FundingRow[],
): readonly [surely: number, atMost: number] {
  let [surely, atMost] = [0, 0];
  for (const listings of trustedByAsset(rows).values()) {
    const legs = listings.flatMap((row) => {
      const yearly = yearlyPct(row);
      return yearly === null ? [] : [{ exchange: row.exchange, yearly }];
    });
    for (const [index, left] of legs.entries()) {
      for (const right of legs.slice(index + 1)) {
        if (left.exchange === right.exchange) continue;
        const apart = Math.abs(left.yearly - right.yearly);
        if (apart >= 5 + ROUNDING_PCT) surely += 1;
        if (apart >= 5 - ROUNDING_PCT) atMost += 1;
      }
    }
  }
  return [surely, atMost];
}

async function gauge(origin: string, name: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

async function checkEndpoints(origin: string): Promise<void> {
  for (const path of await addresses(origin)) {
    const response = await fetch(origin + path);
    const text = await response.text();
    expect([path, response.status, text === ""]).toEqual([path, 200, false]);
    if (response.headers.get("content-type") !== "application/json") continue;
    const list = JSON.parse(text) as Partial<List>;
    if (list.rows === undefined) continue;
    const { count = -1, total = -1, rows } = list;
    expect([path, count]).toEqual([path, rows.length]);
    expect(total).toBeGreaterThanOrEqual(count);
    if (!MAY_BE_EMPTY.has(path)) expect([path, count > 0]).toEqual([path, true]);
  }
}

/** Every format and every encoding: how one is written does not depend on the other. */
const FORMS = [
  ["identity", "json"],
  ["gzip", "csv"],
  ["br", "ndjson"],
  ["zstd", "json"],
] as const;

/** The whole list in every format, and as the start of the stream. */
async function checkForms(origin: string, total: number): Promise<void> {
  for (const [encoding, format] of FORMS) {
    const response = await fetch(`${origin}/api/funding/current?format=${format}`, {
      headers: { "accept-encoding": encoding },
    });
    const text = await response.text();
    const rows =
      format === "json"
        ? (JSON.parse(text) as List).rows.length
        : text.trimEnd().split("\n").length - (format === "csv" ? 1 : 0);
    expect([encoding, format, response.status, rows]).toEqual([encoding, format, 200, total]);
  }
  const stream = new EventReader((await fetch(origin + STREAM)).body);
  const { name, data } = await stream.next();
  expect([name, data.rows.length]).toEqual(["reset", total]);
  await stream.close();
}

/**
 * Every pair is tracked, and none is left out for lack of capacity. Returns pairs that were shown, all of them tracked.
 */
async function checkOpportunities(origin: string): Promise<ReadonlySet<string>> {
  const pairs = new Set((await shownPairs(origin)).map(nameOf));
  expect(pairs.size).toBeGreaterThan(1_000);
  let followed = 0;
  let [surely, atMost] = [0, 0];
  let counted = "";
  await until(
    async () => {
      followed = await gauge(origin, "funding_opportunities");
      if ((await fundingAt(origin, "?limit=1")).snapshot !== counted) {
        const { snapshot, rows } = await fundingAt(origin);
        [surely, atMost] = countOpportunities(rows);
        counted = snapshot;
      }
      return followed >= surely && followed <= atMost;
    },
    () => `${followed} are followed, ${surely} to ${atMost} are there`,
    PATIENCE_MS,
    COUNT_EVERY_MS,
  );
  expect(surely).toBeGreaterThan(10_000);
  expect(atMost - surely).toBeLessThan(100);
  expect(await gauge(origin, 'funding_opportunities_left_out{what="pairs"}')).toBe(0);
  expect(await gauge(origin, 'funding_opportunities_left_out{what="listings"}')).toBe(0);
  return pairs;
}

/** All that were shown before the end were stored by then: they have their age from the first snapshot on. */
async function checkAges(origin: string, before: ReadonlySet<string>): Promise<void> {
  const known = (await shownPairs(origin)).filter((row) => before.has(nameOf(row)));
  expect(known.length).toBeGreaterThan(1_000);
  expect(known.filter((row) => row.first_seen_at === null)).toEqual([]);
}

async function shownPairs(origin: string): Promise<ArbList["rows"]> {
  const query = "pairs=all&min_yield=5&min_volume=0&limit=2000";
  return (await answerOf<ArbList>(origin, `/api/funding/arb?${query}`)).rows;
}

function nameOf({ long, short }: ArbList["rows"][number]): string {
  return `${long.uid} ${short.uid}`;
}

function trueRows({ market }: Simulator): number {
  return ENABLED_IN_BULK.reduce((sum, id) => sum + market.truth(id).instruments.length, 0);
}

test(
  `a market of ${MIN_ROWS} listings is served completely: every endpoint responds, and nothing is left out`,
  async () => {
    using database = temporaryDatabasePath();
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: SCALE });
    simulator.market.freeze();
    const total = trueRows(simulator);
    expect(total).toBeGreaterThan(MIN_ROWS);
    const settings = {
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: ENABLED_IN_BULK.join(","),
    };
    await using service = await startService(settings);
    await allShown(service.origin, ENABLED_IN_BULK, { patienceMs: PATIENCE_MS });
    const list = await fundingAt(service.origin);
    expect([list.total, list.count, list.rows.length]).toEqual([total, total, total]);
    const served = Map.groupBy(list.rows, (row) => row.exchange);
    const wrong = ENABLED_IN_BULK.flatMap((id) =>
      truthDifferences(
        served.get(id) ?? [],
        simulator.market.truth(id).instruments,
        // edgeX has it one contract at a time, over minutes.
        id === "edgex" ? [...NOT_COMPARED, "volume_24h_usd"] : NOT_COMPARED,
      ).map((text) => `${id} ${text}`),
    );
    expect(wrong).toEqual([]);
    const truths = ENABLED_IN_BULK.map((id) => [id, simulator.market.truth(id)] as const);
    expect(classDifferences(list.rows, Object.fromEntries(truths))).toEqual([]);
    await checkEndpoints(service.origin);
    await checkForms(service.origin, total);
    const pairs = await checkOpportunities(service.origin);
    service.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    await using again = await startService(settings);
    await checkAges(again.origin, pairs);
    for (const { log } of [service, again]) {
      for (const level of ["warn", "error", "fatal"])
        expect(log().match(`.*"level":"${level}".*`)).toBeNull();
    }
  },
  LONG_MS,
);
