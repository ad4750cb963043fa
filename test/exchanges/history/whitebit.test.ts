import { expect, test } from "bun:test";
import { whitebit } from "../../../src/exchanges/whitebit.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: whitebit,
  recorded: [
    {
      file: "funding-history.json",
      exchangeSymbol: "BTC_PERP",
      rows: 2,
      first: {
        atMs: 1_752_537_600_000,
        rate: "-0.0001229",
        intervalHours: null,
        markPrice: null,
      },
    },
  ],
});

const row = { fundingTime: "1790000000", fundingRate: "-0.0001", market: "BTC_PERP" };

test("ranges are requested in seconds, of the market in the path", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(whitebit, "BTC_PERP", [], range);
  expect(request).toBe(
    "/api/v4/public/funding-history/BTC_PERP?startDate=1790000000&endDate=1790028799&limit=100",
  );
});

test.each([
  ["an error", { success: false, message: { market: ["no"] }, result: null }],
  ["a time in milliseconds", [{ ...row, fundingTime: "1790000000000" }]],
  ["another market's payments", [{ ...row, market: "ETH_PERP" }]],
])("%s is a failure", async (_title, body) => {
  const page = historyPage(whitebit, "BTC_PERP", body);
  await expect(page).rejects.toMatchObject({ kind: "bad_envelope" });
});
