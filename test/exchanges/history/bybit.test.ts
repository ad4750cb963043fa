import { expect, test } from "bun:test";
import { bybit } from "../../../src/exchanges/bybit.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: bybit,
  recorded: [
    {
      file: "funding-history.json",
      exchangeSymbol: "ETHPERP",
      rows: 1,
      first: { atMs: 1_672_041_600_000, rate: "0.0001", intervalHours: null, markPrice: null },
    },
  ],
});

const reply = (list: readonly unknown[], retCode = 0) => ({
  retCode,
  retMsg: "",
  result: { category: "linear", list },
});

test("requests name an end, which a start alone would lack", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(bybit, "BTCPERP", reply([]), range);
  expect(request).toBe(
    "/v5/market/funding/history?category=linear&symbol=BTCPERP&endTime=1790028799999&limit=200",
  );
});

test.each([
  ["too many requests", reply([], 10006), "rate_limited"],
  ["an error", reply([], 10001), "bad_envelope"],
  [
    "another contract's payments",
    reply([{ symbol: "ETHPERP", fundingRate: "0.0001", fundingRateTimestamp: "1790000000000" }]),
    "bad_envelope",
  ],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(bybit, "BTCPERP", body)).rejects.toMatchObject({ kind });
});
