import { expect, test } from "bun:test";
import { apex } from "../../../src/exchanges/apex.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";
import { simulatorHttp } from "../../support/simulator-http.ts";
import { demoMarket } from "../../support/simulator.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: apex,
  recorded: [
    {
      file: "live-2026-09/history-funding-btc.json",
      exchangeSymbol: "BTCUSDT",
      key: "BTC-USDT",
      rows: 4,
      first: payment(1_789_336_800_000, "0.00000748"),
    },
  ],
});

const reply = (historyFunds: unknown) => ({ data: { historyFunds, totalSize: 1 } });
const BTC = { key: "BTC-USDT" };

test("a request has the catalogue's name, and excludes its end", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000, ...BTC };
  const { request } = await historyPage(apex, "BTCUSDT", reply([]), range);
  expect(request).toBe(
    "/api/v3/history-funding?symbol=BTC-USDT&limit=100&beginTimeInclusive=1790000000000&endTimeExclusive=1790028800000",
  );
});

test("names come from coins and stocks of the catalogue", async () => {
  const history = apex.history?.kind === "settlements" ? apex.history : undefined;
  const keys = await history?.keys?.(simulatorHttp(demoMarket(), "apex"));
  expect(keys?.get("BTCUSDT")).toBe("BTC-USDT");
  expect(keys?.get("1000PEPEUSDT")).toBe("1000PEPE-USDT");
  const symbols = demoMarket()
    .truth("apex")
    .instruments.map(({ exchange_symbol: symbol }) => symbol);
  expect(symbols.filter((symbol) => keys?.has(symbol) !== true)).toEqual([]);
});

test.each([
  ["an invalid symbol", { code: 3, msg: "invalid symbol: BTCUSDT" }, BTC],
  ["a contract that the catalogue lacks", reply([]), {}],
  [
    "another contract's payments",
    reply([{ symbol: "ETH-USDT", rate: "0.0000125", fundingTimestamp: 1_790_000_000_000 }]),
    BTC,
  ],
])("%s is a failure", async (_title, body, request) => {
  const reading = historyPage(apex, "BTCUSDT", body, request);
  await expect(reading).rejects.toMatchObject({ kind: "bad_envelope" });
});
