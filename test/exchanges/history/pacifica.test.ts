import { expect, test } from "bun:test";
import { pacifica } from "../../../src/exchanges/pacifica.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: pacifica,
  recorded: [
    {
      file: "funding-rate-history.json",
      exchangeSymbol: "BTC",
      rows: 1,
      first: payment(1_753_806_934_249, "0.0000125"),
    },
    {
      file: "live-2026-09/funding-rate-history-btc.json",
      exchangeSymbol: "BTC",
      rows: 3,
      first: payment(1_789_336_800_497, "0.00000383"),
    },
  ],
});

const ROW = { funding_rate: "0.0000125", created_at: 1_790_000_000_400 };
const reply = (over: object = {}) => ({
  success: true,
  data: [ROW],
  next_cursor: "11114Lz77",
  has_more: true,
  ...over,
});

test.each([
  [null, "/api/v1/funding_rate/history?symbol=kPEPE&limit=2000"],
  ["1+1", "/api/v1/funding_rate/history?symbol=kPEPE&limit=2000&cursor=1%2B1"],
])("a request for the cursor %p is %s", async (cursor, path) => {
  expect((await historyPage(pacifica, "kPEPE", reply(), { cursor })).request).toBe(path);
});

test.each([
  [reply(), "11114Lz77", false],
  [reply({ has_more: false }), "11114Lz77", true],
  [reply({ next_cursor: null }), null, false],
])("reply %# leads to its next page", async (body, cursor, isLast) => {
  expect(await historyPage(pacifica, "BTC", body)).toMatchObject({ cursor, isLast });
});

test.each([
  ["too many requests", { success: false, data: null, error: "", code: 429 }, "rate_limited"],
  ["an unknown market", { success: false, data: null, error: "", code: 422 }, "bad_envelope"],
  ["rows without a time", reply({ data: [{ funding_rate: "0.0000125" }] }), "bad_envelope"],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(pacifica, "BTC", body)).rejects.toMatchObject({ kind });
});
