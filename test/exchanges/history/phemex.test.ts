import { expect, test } from "bun:test";
import { phemex } from "../../../src/exchanges/phemex.ts";
import { historyPage } from "../../support/history-page.ts";
import { profileOf, testHistory } from "../../support/history-suite.ts";

const KEY = ".BTCUSDTFR8H";

testHistory({
  exchange: phemex,
  recorded: [
    {
      file: "funding-rate-history.json",
      exchangeSymbol: "BTCUSDT",
      key: KEY,
      rows: 1,
      first: { atMs: 1_682_064_000_000, rate: "0.0001", intervalHours: 8, markPrice: null },
    },
  ],
});

const reply = (rows: unknown, code: unknown = 0) => ({ code, msg: "", data: { rows } });
const row = {
  symbol: KEY,
  fundingRate: -0.00003988,
  fundingTime: 1_790_000_000_000,
  intervalSeconds: 14_400,
};

test("a contract is requested under the symbol of its funding rate", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000, key: KEY };
  const { request, rows } = await historyPage(phemex, "BTCUSDT", reply([row]), range);
  expect(request).toBe(
    "/api-data/public/data/funding-rate-history?symbol=.BTCUSDTFR8H&start=1790000000000&end=1790028799999&limit=100",
  );
  expect(rows).toEqual([
    { atMs: 1_790_000_000_000, rate: "-0.00003988", intervalHours: 4, markPrice: null },
  ]);
});

test("the symbols of funding rates are those of the linear products", async () => {
  const linear = [
    { symbol: "BTCUSDT", fundingRate8hSymbol: KEY },
    { symbol: "NEWUSDT", fundingRate8hSymbol: "" },
  ];
  const data = (perpProductsV2: unknown) => ({
    code: 0,
    data: { products: [{ symbol: "BTCUSD", fundingRate8hSymbol: ".BTCFR8H" }], perpProductsV2 },
  });
  const keysOf = (body: unknown) =>
    profileOf(phemex).keys?.({
      get: (_path, decode) => Promise.resolve().then(() => decode(body)),
      postRead: () => Promise.reject(new Error("not a POST")),
    });
  expect(await keysOf(data(linear))).toEqual(new Map([["BTCUSDT", KEY]]));
  await expect(keysOf(data([]))).rejects.toMatchObject({ kind: "bad_envelope" });
});

test.each([
  ["an error", reply([], "10002"), KEY],
  ["another contract's payments", reply([{ ...row, symbol: ".ETHUSDTFR8H" }]), KEY],
  ["a contract that the product list lacks", reply([row]), undefined],
])("%s is a failure", async (_title, body, key) => {
  const page = historyPage(phemex, "BTCUSDT", body, key === undefined ? {} : { key });
  await expect(page).rejects.toMatchObject({ kind: "bad_envelope" });
});
