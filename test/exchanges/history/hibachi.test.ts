import { expect, test } from "bun:test";
import { hibachi } from "../../../src/exchanges/hibachi.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: hibachi,
  rateDigits: 6,
  recorded: [
    {
      file: "funding-rates-history.json",
      exchangeSymbol: "BTC/USDT-P",
      key: "2",
      rows: 1,
      first: payment(1_753_488_000_000, "0.000137"),
    },
    {
      file: "live-2026-09/funding-rates-btc.json",
      exchangeSymbol: "BTC/USDT-P",
      key: "2",
      rows: 4,
      first: payment(1_789_326_000_000, "0.000011"),
    },
  ],
});

const SYMBOL = "BTC/USDT-P";
const BTC = { key: "2" };
const reply = (over: object = {}) => ({
  data: [{ contractId: 2, fundingTimestamp: 1_790_000_000, fundingRate: "-0.000019", ...over }],
});

test("the slash of a symbol is escaped", async () => {
  const { request } = await historyPage(hibachi, SYMBOL, reply(), BTC);
  expect(request).toBe("/market/data/funding-rates?symbol=BTC%2FUSDT-P");
});

test("times are seconds", async () => {
  const { rows } = await historyPage(hibachi, SYMBOL, reply(), BTC);
  expect(rows).toEqual([payment(1_790_000_000_000, "-0.000019")]);
});

test.each([
  ["a failure with HTTP 200", { errorCode: 4, message: "", status: "failed" }, BTC],
  ["a contract without a number", reply(), {}],
  ["another contract's payments", reply({ contractId: 3 }), BTC],
  ["times in milliseconds", reply({ fundingTimestamp: 1_790_000_000_000 }), BTC],
])("%s is a failure", async (_title, body, request) => {
  const reading = historyPage(hibachi, SYMBOL, body, request);
  await expect(reading).rejects.toMatchObject({ kind: "bad_envelope" });
});
