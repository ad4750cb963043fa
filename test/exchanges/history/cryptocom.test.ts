import { expect, test } from "bun:test";
import { cryptocom } from "../../../src/exchanges/cryptocom.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: cryptocom,
  recorded: [
    {
      file: "get-valuations.json",
      exchangeSymbol: "BTCUSD-PERP",
      rows: 1,
      first: payment(1_687_892_400_000, "-0.000001884"),
    },
  ],
});

const SYMBOL = "BTCUSD-PERP";
const reply = (instrument_name: string | null, code: number | string = 0) => ({
  id: -1,
  method: "public/get-valuations",
  code,
  result: { data: [{ v: "0.000002", t: 1_790_000_000_000 }], instrument_name },
});

test("a request names both bounds, which are inclusive", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(cryptocom, SYMBOL, reply(SYMBOL), range);
  expect(request).toBe(
    "/exchange/v1/public/get-valuations?instrument_name=BTCUSD-PERP&valuation_type=funding_hist&count=100&start_ts=1790000000000&end_ts=1790028799999",
  );
});

test.each([
  ["too many requests", reply(SYMBOL, 42_901), "rate_limited"],
  ["a missing argument", reply(SYMBOL, 40_004), "bad_envelope"],
  ["another instrument's reply", reply("ETHUSD-PERP"), "bad_envelope"],
  ["a reply without an instrument", reply(null), "bad_envelope"],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(cryptocom, SYMBOL, body)).rejects.toMatchObject({ kind });
});
