import { expect, test } from "bun:test";
import { extended } from "../../../src/exchanges/extended.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: extended,
  rateDigits: 6,
  recorded: [
    {
      file: "funding-history.json",
      exchangeSymbol: "BTC-USD",
      rows: 1,
      first: payment(1_777_507_201_028, "0.000008"),
    },
    {
      file: "live-2026-09/funding-btc.json",
      exchangeSymbol: "BTC-USD",
      rows: 4,
      first: payment(1_789_336_801_693, "0.000013"),
    },
  ],
});

const reply = (data: unknown) => ({ status: "OK", data });

test("a request names both bounds, which are inclusive", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(extended, "1000PEPE-USD", reply([]), range);
  expect(request).toBe(
    "/api/v1/info/1000PEPE-USD/funding?startTime=1790000000000&endTime=1790028799999&limit=5000",
  );
});

test.each([
  ["too many requests", { status: "ERROR", error: { code: 429, message: "" } }, "rate_limited"],
  ["an unknown market", { status: "ERROR", error: { code: 1001, message: "" } }, "bad_envelope"],
  [
    "another market's payments",
    reply([{ m: "ETH-USD", f: "0.000013", T: 1_790_000_000_000 }]),
    "bad_envelope",
  ],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(extended, "BTC-USD", body)).rejects.toMatchObject({ kind });
});
