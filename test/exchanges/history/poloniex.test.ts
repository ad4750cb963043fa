import { expect, test } from "bun:test";
import { poloniex } from "../../../src/exchanges/poloniex.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({ exchange: poloniex, rateDigits: 6, recorded: [] });

const SYMBOL = "BTC_USDT_PERP";
const reply = (data: unknown, code: number | string = 200) => ({ code, msg: "", data });
const row = (s: string, fT: unknown = "1790000000000") => ({ s, fR: "-0.000157", fT });

test("a request names both bounds in milliseconds, which are inclusive", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(poloniex, SYMBOL, reply([]), range);
  expect(request).toBe(
    "/v3/market/fundingRate/history?symbol=BTC_USDT_PERP&sT=1790000000000&eT=1790028799999&limit=100",
  );
});

test("a range holds no more hours than a page has rows", () => {
  const { history } = poloniex;
  if (history?.kind !== "settlements") throw new Error("no settlements");
  expect((history.maxRangeMs ?? Number.NaN) / 3_600_000).toBeLessThan(history.maxRows);
});

test("rows are read whatever their order, those in another unit of time are not", async () => {
  const body = reply([row(SYMBOL), row(SYMBOL, "1790028800000"), row(SYMBOL, "1790028800")]);
  expect((await historyPage(poloniex, SYMBOL, body)).rows).toEqual([
    payment(1_790_000_000_000, "-0.000157"),
    payment(1_790_028_800_000, "-0.000157"),
  ]);
});

test.each([
  ["too many requests", reply("", 429), "rate_limited"],
  ["an invalid symbol", reply("", 24_101), "bad_envelope"],
  ["another contract's payments", reply([row("ETH_USDT_PERP")]), "bad_envelope"],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(poloniex, SYMBOL, body)).rejects.toMatchObject({ kind });
});
