import { expect, test } from "bun:test";
import { htx } from "../../../src/exchanges/htx.ts";
import { Market } from "../../../src/simulator/running-market.ts";
import { historyPage } from "../../support/history-page.ts";
import { profileOf, testHistory } from "../../support/history-suite.ts";
import { simulatorHttp } from "../../support/simulator-http.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: htx,
  recorded: [
    {
      file: "live-2026-09/swap_historical_funding_rate-jp225.json",
      exchangeSymbol: "JP225-USDT",
      rows: 5,
      first: payment(1_789_336_800_000, "0.000006250000000000"),
    },
  ],
});

const reply = (data: unknown) => ({
  status: "ok",
  data: { total_page: 1, current_page: 1, total_size: 1, data },
  ts: 1_790_000_000_000,
});
const row = {
  contract_code: "BTC-USDT",
  funding_rate: "0.000081000000000000",
  realized_rate: null,
  funding_time: "1790000000000",
};

test("a page has twenty rows whatever is requested, and the next one continues there", async () => {
  const market = new Market({ nowMs: () => Date.UTC(2026, 10, 2, 12, 17), scale: 0.2 });
  const [truth] = market.truth("htx").instruments;
  const exchangeSymbol = truth?.exchange_symbol ?? "";
  const http = simulatorHttp(market, "htx");
  const instrument = { exchangeSymbol, intervalHours: null, key: null };
  const range = { fromMs: 0, toMs: market.nowMs() };
  const pages = await Promise.all(
    [1, 2].map((page) => profileOf(htx).load(http, { instrument, ...range, page, cursor: null })),
  );
  const times = pages.flatMap(({ rows }) => rows.map(({ atMs }) => atMs));
  const past = (market.payments("htx", exchangeSymbol) ?? []).map(({ slotMs }) => slotMs);
  expect(times).toEqual(past.slice(-40).toReversed());
  expect(http.requests[1]).toEndWith("&page_index=2&page_size=100");
});

test("what was realized is read where it is stated", async () => {
  const rateOf = async (realized_rate: unknown) =>
    (await historyPage(htx, "BTC-USDT", reply([{ ...row, realized_rate }]))).rows[0]?.rate;
  expect(await rateOf("0.000079")).toBe("0.000079");
  expect(await rateOf(null)).toBe("0.000081000000000000");
  expect(await rateOf("")).toBe("0.000081000000000000");
});

test.each([
  ["too many requests", { status: "error", err_code: 1032, err_msg: "" }, "rate_limited"],
  ["an unknown contract", { status: "error", err_code: 1014, err_msg: "" }, "bad_envelope"],
  ["a reply without a list", { status: "ok", data: null }, "bad_envelope"],
  ["another contract's payments", reply([{ ...row, contract_code: "ETH-USDT" }]), "bad_envelope"],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(htx, "BTC-USDT", body)).rejects.toMatchObject({ kind });
});
