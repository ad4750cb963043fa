import { expect, test } from "bun:test";
import { bingx } from "../../../src/exchanges/bingx.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: bingx,
  recorded: [
    {
      file: "live-2026-09/fundingRate-history-btc.json",
      exchangeSymbol: "BTC-USDT",
      rows: 3,
      first: {
        atMs: 1_789_315_200_000,
        rate: "0.00007800",
        intervalHours: null,
        markPrice: 77_100.3,
      },
    },
    {
      file: "fundingRate-history.json",
      exchangeSymbol: "QNT-USDT",
      rows: 2,
      first: { atMs: 1_702_713_600_000, rate: "0.00027100", intervalHours: null, markPrice: null },
    },
  ],
});

const reply = (data: unknown, code = 0) => ({ code, msg: "", data });
const row = {
  symbol: "BTC-USDT",
  fundingRate: "-0.0001",
  fundingTime: 1_790_000_000_000,
  markPrice: "0",
};

test("a request names both bounds, which are inclusive", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(bingx, "BTC-USDT", reply([]), range);
  expect(request).toBe(
    "/openApi/swap/v2/quote/fundingRate?symbol=BTC-USDT&startTime=1790000000000&endTime=1790028799999&limit=1000",
  );
});

test("a mark price of 0 is unknown", async () => {
  const { rows } = await historyPage(bingx, "BTC-USDT", reply([row]));
  expect(rows).toMatchObject([{ rate: "-0.0001", markPrice: null }]);
});

test.each([
  ["too many requests", reply(null, 100_410), "rate_limited"],
  ["an unknown symbol", reply(null, 109_425), "bad_envelope"],
  ["another contract's payments", reply([{ ...row, symbol: "ETH-USDT" }]), "bad_envelope"],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(bingx, "BTC-USDT", body)).rejects.toMatchObject({ kind });
});
