import { describe, expect, test } from "bun:test";
import { IntervalChangeRepository } from "../../src/db/market/interval-change-repository.ts";
import type { IntervalChangeRow } from "../../src/http/api/intervals/schema.ts";
import { intervalChanges } from "../../src/services/finder/interval-changes.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import {
  acceptedBatch,
  startCollecting,
  type TestDatabase,
  testDatabase,
} from "../support/database.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const DAY = 86_400;
const NOON = NOON_MS / 1000;

/** Three changes: BTC and ETH of okx a minute and two before noon, BTC of gate 40 days before. */
function changed(database: TestDatabase): void {
  const epoch = startCollecting(database, ["okx", "gate"], NOON_MS);
  const store = (exchange: "okx" | "gate", atMs: number, hours: Record<string, number>): void => {
    const quotes = Object.entries(hours).map(([base, fundingIntervalHours]) =>
      quoteOf(base, { fundingIntervalHours }),
    );
    database.writer.commit(acceptedBatch(exchange, epoch, atMs, quotes));
  };
  store("gate", NOON_MS - 41 * DAY * 1000, { BTC: 8 });
  store("gate", NOON_MS - 40 * DAY * 1000, { BTC: 4 });
  store("okx", NOON_MS - 3 * MINUTE_MS, { BTC: 8, ETH: 8 });
  store("okx", NOON_MS - 2 * MINUTE_MS, { BTC: 8, ETH: 1 });
  store("okx", NOON_MS - MINUTE_MS, { BTC: 4, ETH: 1 });
}

function appOn(database: TestDatabase, asOfMs = NOON_MS) {
  const uid = `okx:BTCUSDT:${NOON - 180}`;
  const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC", { uid })], asOfMs));
  const changes = intervalChanges(new IntervalChangeRepository(database.db));
  return testApp(board, { intervalChanges: changes });
}

async function rowsOf(app: ReturnType<typeof appOn>, query: string): Promise<IntervalChangeRow[]> {
  const response = await app.get(`/api/intervals/changes${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { rows: IntervalChangeRow[] }).rows;
}

const textsOf = (rows: readonly IntervalChangeRow[]): string[] =>
  rows.map((row) => `${row.exchange} ${row.base} ${row.from_hours}>${row.to_hours}`);

describe("/api/intervals/changes", () => {
  test("lists each change of the last 30 days once, newest first", async () => {
    using database = testDatabase();
    changed(database);
    const rows = await rowsOf(appOn(database), "");
    expect(textsOf(rows)).toEqual(["okx BTC 8>4", "okx ETH 8>1"]);
    expect(rows[0]).toEqual({
      uid: `okx:BTCUSDT:${NOON - 180}`,
      exchange: "okx",
      exchange_symbol: "BTCUSDT",
      symbol: "BTCUSDT",
      asset_id: "BTC",
      base: "BTC",
      quote: "USDT",
      from_hours: 8,
      to_hours: 4,
      changed_at: NOON - 60,
    });
  });

  test("includes changes at `from` and excludes those at `to`", async () => {
    using database = testDatabase();
    changed(database);
    const app = appOn(database);
    expect(textsOf(await rowsOf(app, `?from=${NOON - 60}`))).toEqual(["okx BTC 8>4"]);
    expect(textsOf(await rowsOf(app, `?from=${NOON - 59}`))).toEqual([]);
    expect(textsOf(await rowsOf(app, `?to=${NOON - 60}`))).toEqual(["okx ETH 8>1"]);
    expect(textsOf(await rowsOf(app, "?from=0&base=btc"))).toEqual(["okx BTC 8>4", "gate BTC 8>4"]);
    expect(textsOf(await rowsOf(app, "?from=0&exchange=gate"))).toEqual(["gate BTC 8>4"]);
  });

  test("a snapshot does not contain later changes", async () => {
    using database = testDatabase();
    changed(database);
    const app = appOn(database, NOON_MS - 90_000);
    expect(textsOf(await rowsOf(app, ""))).toEqual(["okx ETH 8>1"]);
  });

  test("has pages, and refuses invalid times and milliseconds", async () => {
    using database = testDatabase();
    changed(database);
    const app = appOn(database);
    const first = await (await app.get("/api/intervals/changes?limit=1")).json();
    expect(first).toMatchObject({ count: 1, total: 2 });
    const { next_cursor: cursor } = first as { next_cursor: string };
    expect(textsOf(await rowsOf(app, `?limit=1&cursor=${cursor}`))).toEqual(["okx ETH 8>1"]);
    for (const from of [String(NOON_MS), "yesterday", "-1", ""]) {
      const refused = await app.get(`/api/intervals/changes?from=${from}`);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ errors: [{ parameter: "from" }] });
    }
  });

  test("refuses a range that ends before it starts and names both ends; an empty range has no changes", async () => {
    using database = testDatabase();
    changed(database);
    const app = appOn(database);
    const reversed = await app.get(`/api/intervals/changes?from=${NOON}&to=${NOON - 1}`);
    expect(reversed.status).toBe(400);
    expect(await reversed.json()).toMatchObject({
      code: "bad_parameter",
      errors: [
        { parameter: "from", rule: "must not be after to" },
        { parameter: "to", rule: "must not be before from" },
      ],
    });
    expect(await rowsOf(app, `?from=${NOON - 60}&to=${NOON - 60}`)).toEqual([]);
    expect(textsOf(await rowsOf(app, `?from=${NOON - 60}&to=${NOON - 59}`))).toEqual([
      "okx BTC 8>4",
    ]);
  });
});
