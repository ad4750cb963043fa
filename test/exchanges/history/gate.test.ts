import { expect, test } from "bun:test";
import { gate } from "../../../src/exchanges/gate.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: gate,
  rateDigits: 6,
  recorded: [
    {
      file: "live-2026-09/funding_rate-history-btc.json",
      exchangeSymbol: "BTC_USDT",
      rows: 3,
      first: payment(1_789_142_402_000, "0.000024"),
    },
    {
      file: "funding_rate-history.json",
      exchangeSymbol: "BTC_USDT",
      rows: 1,
      first: payment(1_787_155_203_000, "-0.00003"),
    },
  ],
});

test("ranges are requested in seconds, under the coin of settlement", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const request = async (symbol: string) => (await historyPage(gate, symbol, [], range)).request;
  expect(await request("BTC_USDT")).toBe(
    "/api/v4/futures/usdt/funding_rate?contract=BTC_USDT&from=1790000000&to=1790028799&limit=1000",
  );
  expect(await request("BTC_USD1")).toStartWith("/api/v4/futures/usd1/funding_rate?");
});

test("a time in milliseconds is no time", async () => {
  const body = [{ r: "0.0001", t: 1_790_000_000_000 }];
  await expect(historyPage(gate, "BTC_USDT", body)).rejects.toMatchObject({ kind: "bad_envelope" });
});

test("a label in place of the list is an error", async () => {
  const labelled = (label: string) => historyPage(gate, "BTC_USDT", { label, message: "" });
  await expect(labelled("TOO_MANY_REQUESTS")).rejects.toMatchObject({ kind: "rate_limited" });
  await expect(labelled("CONTRACT_NOT_FOUND")).rejects.toMatchObject({ kind: "bad_envelope" });
});
