import { expect, test } from "bun:test";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { HistoryWriter, readerOn } from "../support/history-db.ts";
import { NOON_MS } from "../support/quote.ts";
import { plainSample, samplingInto } from "../support/sampled-market.ts";

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const FROM = NOON - 10 * HOUR;
const EXCHANGES = ["okx", "bybit"] as const;

/** Payments every hour, and samples every five minutes except where `isSampled` says no. */
async function backtestWith(isSampled: (exchange: string, at: number) => boolean, more = "") {
  using file = new HistoryInFolder();
  const sampling = samplingInto(file.db);
  const writer = new HistoryWriter(file.db);
  for (const exchange of EXCHANGES) {
    const uid = `${exchange}:BTCUSDT:1`;
    const series = seriesOf("BTC", { uid, exchange, exchangeSymbol: "BTCUSDT", firstSeen: 0 });
    const rate = exchange === "okx" ? "0.00001" : "0.0002";
    const slots = Array.from({ length: 101 }, (_, n) => NOON - (100 - n) * HOUR);
    writer.add(
      series,
      slots.map((slot) => ({ slot, rate })),
    );
    for (let at = FROM; at <= NOON; at += HOUR / 12) {
      if (!isSampled(exchange, at)) continue;
      const sample = plainSample({ rate: Number(rate), intervalHours: 1 });
      sampling.write(exchange, at, [{ series, sample, flags: 0, assetId: "BTC" }]);
    }
  }
  const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")], NOON_MS + 60_000));
  const app = testApp(board, { history: readerOn(file.db) });
  const pair = "long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&fees=all:5&gaps=allow";
  const response = await app.get(`/api/funding/backtest?${pair}&from=${FROM}&to=${NOON}${more}`);
  return (await response.json()) as object;
}

test("a rule says for how long it could not be judged", async () => {
  const rule = "&enter_over=1";
  const complete = { complete: true, unrated_hours: 0 };
  expect(await backtestWith(() => true, rule)).toMatchObject(complete);
  // Without a rule no live rate is needed.
  expect(await backtestWith(() => false)).toMatchObject(complete);
  expect(await backtestWith(() => false, rule)).toMatchObject({
    complete: false,
    unrated_hours: 10,
    trades: [],
  });
  // One leg alone, four hours between two of its samples: each holds for a quarter of an hour.
  const gap = (exchange: string, at: number) =>
    exchange !== "bybit" || at <= NOON - 7 * HOUR || at >= NOON - 3 * HOUR;
  expect(await backtestWith(gap, rule)).toMatchObject({
    complete: false,
    unrated_hours: 3.75,
    trades: [{ entry_at: FROM, exit_at: NOON }],
  });
});
