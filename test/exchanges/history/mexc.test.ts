import { expect, test } from "bun:test";
import { mexc } from "../../../src/exchanges/mexc.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: mexc,
  rateDigits: 6,
  recorded: [
    {
      file: "live-2026-09/funding_rate_history-btc.json",
      exchangeSymbol: "BTC_USDT",
      rows: 5,
      first: { atMs: 1_789_142_400_000, rate: "0.000036", intervalHours: 8, markPrice: null },
    },
    {
      file: "funding_rate-history.json",
      exchangeSymbol: "BTC_USDT",
      rows: 2,
      first: { atMs: 1_609_804_800_000, rate: "0.000266", intervalHours: null, markPrice: null },
    },
  ],
});

const reply = (resultList: unknown, extra: object = {}) => ({
  success: true,
  code: 0,
  data: { pageSize: 100, totalCount: 1, totalPage: 1, currentPage: 1, resultList },
  ...extra,
});
const row = { symbol: "BTC_USDT", fundingRate: 0.0001, settleTime: 1_790_000_000_000 };

test("a request names the page", async () => {
  const { request } = await historyPage(mexc, "BTC_USDT", reply([]), { page: 7 });
  expect(request).toBe(
    "/api/v1/contract/funding_rate/history?symbol=BTC_USDT&page_num=7&page_size=100",
  );
});

test("a cycle that is no interval is unknown, not a default", async () => {
  for (const collectCycle of [480, 0, "", null])
    expect(
      (await historyPage(mexc, "BTC_USDT", reply([{ ...row, collectCycle }]))).rows,
    ).toMatchObject([{ intervalHours: null, rate: "0.0001" }]);
});

test.each([
  ["too many requests", reply(null, { success: false, code: 510 }), "rate_limited"],
  ["an unknown contract", { success: false, code: 1001, message: "" }, "bad_envelope"],
  ["another contract's payments", reply([{ ...row, symbol: "ETH_USDT" }]), "bad_envelope"],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(mexc, "BTC_USDT", body)).rejects.toMatchObject({ kind });
});
