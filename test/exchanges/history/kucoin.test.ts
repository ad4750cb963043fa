import { expect, test } from "bun:test";
import { kucoin } from "../../../src/exchanges/kucoin.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: kucoin,
  rateDigits: 6,
  recorded: [
    {
      file: "contract-funding-rates.json",
      exchangeSymbol: "XBTUSDTM",
      rows: 2,
      first: payment(1_787_155_200_000, "-0.000035"),
    },
  ],
});

const reply = (data: unknown, code = "200000") => ({ code, data });

test("a request names both bounds, which are inclusive", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(kucoin, "XBTUSDTM", reply([]), range);
  expect(request).toBe(
    "/api/v1/contract/funding-rates?symbol=XBTUSDTM&from=1790000000000&to=1790028799999",
  );
});

test.each([
  ["too many requests", reply(undefined, "429000"), "rate_limited"],
  ["an unknown symbol", reply(undefined, "404000"), "bad_envelope"],
  [
    "another contract's payments",
    reply([{ symbol: "ETHUSDTM", fundingRate: 0.0001, timepoint: 1_790_000_000_000 }]),
    "bad_envelope",
  ],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(kucoin, "XBTUSDTM", body)).rejects.toMatchObject({ kind });
});
