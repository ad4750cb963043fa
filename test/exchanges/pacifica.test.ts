import { expect, test } from "bun:test";
import { pacifica } from "../../src/exchanges/pacifica.ts";
import type { ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 400;
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);

const price = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  funding: "0.00001529",
  next_funding: "0.00001096",
  mark: "64000.5",
  mid: "64000",
  oracle: "64010.25",
  open_interest: "363.5",
  volume_24h: "20896698.5",
  timestamp: STAMP,
  ...extra,
});
const info = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  funding_rate: "0.0000125",
  next_funding_rate: "0.0000125",
  instrument_type: "perpetual",
  base_asset: symbol,
  ...extra,
});
const reply = (data: unknown): Row => ({ success: true, data, error: null, code: null });
const failed = { success: false, data: null, error: "no" };

const description: ExchangeDescription = {
  exchange: pacifica,
  nowMs: AT,
  payloads: [
    {
      name: "prices",
      kind: "essential",
      request: "/api/v1/info/prices",
      rows: ["data"],
      body: reply([
        price("BTC"),
        price("kPEPE", { next_funding: "-0.00121", mark: "0.02", open_interest: "5000000" }),
        price("XPL", { next_funding: "0", funding: "" }),
        price("SOL-USDC", { next_funding: "0" }),
        price("UNLISTED"),
      ]),
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/api/v1/info",
      rows: ["data"],
      body: reply([
        info("BTC"),
        info("kPEPE"),
        info("XPL"),
        info("SOL-USDC", { instrument_type: "spot", base_asset: "SOL" }),
      ]),
    },
  ],
  expected: 3,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC",
      base: "BTC",
      quote: "USD",
      settle: "USDC",
      fundingRate: 0.00001096,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: at(14),
      // Which rate was paid is disputed: none is reported as settled.
      settledRate: null,
      baselineRate: 0.0000125,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 363.5 * 64000.5,
      volume24hUsd: 20896698.5,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "kPEPE",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00121,
      openInterestUsd: 100_000,
    },
    { exchangeSymbol: "XPL", fundingRate: 0 },
  ],
  explained: {
    formula: "{prices.next_funding}",
    rows: { prices: { next_funding: "0.00001096" }, instruments: { base_asset: "BTC" } },
    unknown: "UNLISTED",
  },
  changes: [
    ["no rate", { "prices.next_funding": null }, "bad_rate"],
    ["a rate over its notional", { "prices.next_funding": "-1.01" }, "implausible_rate"],
    ["no kind", { "instruments.instrument_type": 1 }, "bad_row"],
    ["no base: the symbol is used", { "instruments.base_asset": null }, { base: "BTC" }],
    [
      "a reply over the hour keeps the hour of its row's own stamp",
      { "prices.timestamp": at(14) - 100 },
      { nextFundingAtMs: at(14) },
      at(14) + 200,
    ],
    ["a reply in the hour of its stamp", {}, { nextFundingAtMs: at(14) }, STAMP],
  ],
  failures: [
    ["an error", { ...failed, code: 403 }, "bad_envelope"],
    ["a business error", { ...failed, code: 422, error_id: "x" }, "bad_envelope"],
    ["too many requests", { ...failed, code: 429 }, "rate_limited"],
    ["a bare list", [price("BTC")], "bad_envelope"],
    ["no list", reply(null), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ],
  exemptions: [
    negativeRate("prices.next_funding"),
    hugeAmount("prices.mark", "markPrice", "openInterestUsd"),
    hugeAmount("prices.oracle", "indexPrice"),
    hugeAmount("prices.open_interest", "openInterestUsd"),
    hugeAmount("prices.volume_24h", "volume24hUsd"),
    anyName("instruments.base_asset", "base", "multiplier"),
  ],
  recorded: [
    {
      title:
        "the prices of XPL, joined to a list made for them: no unit of open interest without Bitcoin",
      files: { prices: "info-prices.json" },
      made: { instruments: reply([info("XPL")]) },
      atMs: 1759222968500,
      yields: {
        quotes: [
          {
            fundingRate: 0.00011096,
            exchangeTimeMs: 1759222967974,
            nextFundingAtMs: Date.UTC(2025, 8, 30, 10),
            openInterestUsd: null,
            volume24hUsd: 20896698.0672,
          },
        ],
      },
    },
    {
      title: "the list of a perpetual and a spot market, joined to prices made for it",
      files: { instruments: "info.json" },
      made: { prices: reply([price("BTC"), price("SOL-USDC")]) },
      yields: { expected: 1, unlisted: 0, quotes: [{ base: "BTC" }] },
    },
  ],
};

testExchange(description);

test.each([
  ["kPEPE", "PEPE"],
  ["kPEPE", "kPEPE"],
  ["kPEPE", ""],
  ["PEPE", "kPEPE"],
])("pacifica: %s of %p is a thousand PEPE: in either spelling it counts once", async (...names) => {
  const [symbol, base_asset] = names;
  const prices = reply([price(symbol)]);
  const instruments = reply([info(symbol, { base_asset })]);
  const { quotes } = await refreshOf(description, { prices, instruments });
  expect(quotes).toMatchObject([{ base: "PEPE", multiplier: 1000 }]);
});

test("pacifica: open interest is in dollars if Bitcoin's could not be anything else, and unknown without Bitcoin", async () => {
  const openInterestOf = async (...rows: readonly Row[]) =>
    (await refreshOf(description, { prices: reply(rows) })).quotes.map((q) => q.openInterestUsd);
  const maximum = price("BTC", { open_interest: "100000" });
  expect(await openInterestOf(maximum)).toEqual([100_000 * 64000.5]);
  expect(await openInterestOf(price("BTC", { open_interest: "100001" }))).toEqual([100_001]);
  expect(await openInterestOf(price("kPEPE"), price("XPL"))).toEqual([null, null]);
});
