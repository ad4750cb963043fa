import { expect, test } from "bun:test";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { HistoryWriter, readerOn } from "../support/history-db.ts";
import { NOON_MS } from "../support/quote.ts";
import { plainSample, samplingInto } from "../support/sampled-market.ts";

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const FROM = NOON - 4 * HOUR;
const EXCHANGES = ["okx", "bybit"] as const;

/** Two instruments with payments and with samples every ten minutes of four hours. */
function historyOfTwo(): HistoryInFolder {
  const file = new HistoryInFolder();
  const sampling = samplingInto(file.db);
  const writer = new HistoryWriter(file.db);
  for (const exchange of EXCHANGES) {
    const uid = `${exchange}:BTCUSDT:1`;
    const series = seriesOf("BTC", { uid, exchange, exchangeSymbol: "BTCUSDT", firstSeen: 0 });
    const rate = exchange === "okx" ? "0.00001" : "0.0002";
    writer.add(
      series,
      Array.from({ length: 49 }, (_, n) => ({ slot: NOON - (48 - n) * HOUR, rate })),
    );
    for (let at = FROM; at <= NOON; at += HOUR / 6) {
      const amounts = { openInterestUsd: 1e8, volume24hUsd: 1e8 };
      const sample = plainSample({ rate: Number(rate), intervalHours: 1, ...amounts });
      const instrument = { series, sample, flags: 0, assetId: "BTC" };
      expect(sampling.write(exchange, at, [instrument])).toBe("stored");
    }
  }
  return file;
}

const RANGE = `from=${FROM}&to=${NOON}`;
const BACKTEST = `/api/funding/backtest?long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&fees=all:5&gaps=allow&${RANGE}`;

const CARRIED = new Set(["a line of payments by open interest", "a backtest with a rule"]);

test.each([
  ["live rates", `/api/funding/history/BTC?kind=live&${RANGE}`],
  ["live rates by the hour", `/api/funding/history/BTC?kind=live&resolution=1h&${RANGE}`],
  [
    "a line of live rates",
    `/api/funding/history/BTC?kind=live&weighting=none&exchange=okx,bybit&${RANGE}`,
  ],
  [
    "a line of payments by open interest",
    `/api/funding/history/BTC?weighting=oi&exchange=okx,bybit&${RANGE}`,
  ],
  ["a backtest with a rule", `${BACKTEST}&enter_over=1`],
])("%s: damaged samples are left out, and the answer says so", async (what, path) => {
  const isCarried = CARRIED.has(what);
  using file = historyOfTwo();
  const rows = [rowOf("okx", "BTC"), rowOf("bybit", "BTC")];
  const askedOf = async () => {
    const board = new TestBoard(snapshotOf("1-1", rows, NOON_MS + HOUR * 1000));
    const response = await testApp(board, { history: readerOn(file.db) }).get(path);
    expect(response.status).toBe(200);
    const {
      line,
      unreadable_periods: whole,
      ...body
    } = (await response.json()) as {
      readonly line?: { readonly unreadable_periods: number } | null;
      readonly unreadable_periods?: number;
      readonly rows: readonly unknown[];
    };
    return { unreadable: line?.unreadable_periods ?? whole, rows: body.rows };
  };
  const intact = await askedOf();
  expect(intact.unreadable).toBe(0);
  expect(intact.rows.length).toBeGreaterThan(0);
  // The first one of an hour: what follows says only how it differs.
  file.db.run("UPDATE sample_refreshes SET blob = x'00112233' WHERE at = ? AND exchange = 'okx'", [
    NOON - 2 * HOUR,
  ]);
  const damaged = await askedOf();
  expect(damaged.unreadable).toBeGreaterThan(0);
  // A weight holds for two hours more, and so does what a rule saw last.
  if (!isCarried) expect(damaged.rows).not.toEqual(intact.rows);
  // Months later as well, after the roll-up: it deletes nothing that it could not read.
  samplingInto(file.db, { onDamage: () => undefined }).rollUpAll(NOON + 80 * 24 * HOUR);
  expect(await askedOf()).toEqual(damaged);
});
