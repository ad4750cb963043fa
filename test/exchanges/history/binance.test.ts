import { expect, test } from "bun:test";
import { binance } from "../../../src/exchanges/binance.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: binance,
  recorded: [
    {
      file: "fundingRate-history.json",
      exchangeSymbol: "BTCUSDT",
      rows: 2,
      first: {
        atMs: 1_570_608_000_000,
        rate: "-0.03750000",
        intervalHours: null,
        markPrice: null,
      },
    },
  ],
});

const AT = Date.UTC(2026, 9, 5, 16, 0, 0, 3);
const row = (extra: object) => ({
  symbol: "TSLAUSDT",
  fundingRate: "-0.00012000",
  fundingTime: AT,
  markPrice: "411.20000000",
  rateType: "Regular",
  ...extra,
});

test("a dividend adjustment is not a payment", async () => {
  const special = row({ rateType: "Special", fundingRate: "0.0031", fundingTime: AT + 9 });
  const { rows } = await historyPage(binance, "TSLAUSDT", [special, row({})]);
  expect(rows).toEqual([{ atMs: AT, rate: "-0.00012000", intervalHours: null, markPrice: 411.2 }]);
  expect((await historyPage(binance, "TSLAUSDT", [special])).rows).toEqual([]);
});

test("a reply for another symbol, or an error in place of the list, is no history", async () => {
  for (const body of [[row({ symbol: "AAPLUSDT" })], { code: -1121, msg: "Invalid symbol." }])
    await expect(historyPage(binance, "TSLAUSDT", body)).rejects.toMatchObject({
      kind: "bad_envelope",
    });
});

test("both bounds are inclusive: a range ends a millisecond before its end", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(binance, "TSLAUSDT", [], range);
  expect(request).toBe(
    "/fapi/v1/fundingRate?symbol=TSLAUSDT&startTime=1790000000000&endTime=1790028799999&limit=1000",
  );
});
