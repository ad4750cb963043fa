import { expect, test } from "bun:test";
import { orderly } from "../../../src/exchanges/orderly.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: orderly,
  recorded: [
    {
      file: "funding-rate-history.json",
      exchangeSymbol: "PERP_ETH_USDC",
      rows: 1,
      first: payment(1_684_224_000_000, "0.0001"),
    },
    {
      file: "live-2026-09/funding-rate-history-hype.json",
      exchangeSymbol: "PERP_HYPE_USDC",
      rows: 4,
      first: payment(1_789_329_600_000, "0.00004991"),
    },
  ],
});

const SYMBOL = "PERP_BTC_USDC";
const row = (funding_rate: number, symbol = SYMBOL) => ({
  symbol,
  funding_rate,
  funding_rate_timestamp: 1_790_000_000_000,
  next_funding_time: 1_790_028_800_000,
});
const reply = (rows: readonly unknown[], total: number | null = 9) => ({
  success: true,
  timestamp: 1_790_000_100_000,
  data: { rows, meta: { total, records_per_page: 500, current_page: 1 } },
});

test("a request names a page of a range with inclusive bounds", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000, page: 3 };
  const { request } = await historyPage(orderly, SYMBOL, reply([]), range);
  expect(request).toBe(
    "/v1/public/funding_rate_history?symbol=PERP_BTC_USDC&start_t=1790000000000&end_t=1790028799999&page=3&size=500",
  );
});

test("a number without zeros keeps its value as plain decimal text", async () => {
  const { rows } = await historyPage(orderly, SYMBOL, reply([row(-1.5e-7)]));
  expect(rows).toEqual([payment(1_790_000_000_000, "-0.00000015")]);
});

test.each([
  [1, 2, 2, true],
  [1, 2, 3, false],
  [2, 2, 4, true],
  [2, 1, 3, false],
  [1, 2, null, false],
])("page %i with %i rows of %p is the last one: %p", async (page, count, total, isLast) => {
  const rows = Array.from({ length: count }, () => row(0.0001));
  const read = await historyPage(orderly, SYMBOL, reply(rows, total), { page });
  expect(read.isLast).toBe(isLast);
});

test.each([
  ["too many requests", { success: false, code: -1003, message: "" }, "rate_limited"],
  ["maintenance", { success: false, code: -1011, message: "" }, "bad_envelope"],
  ["another market's payments", reply([row(0.0001, "PERP_ETH_USDC")]), "bad_envelope"],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(orderly, SYMBOL, body)).rejects.toMatchObject({ kind });
});
