import type { DemoWire } from "./wire.ts";

const RATES = "/contract-biz/public/real-funding-rates";

export const phemex: DemoWire = {
  exchange: "phemex",
  // 55 coins and 69 others; the 2 of the pre-market do not count.
  shown: 124,
  skipped: ["inverse", "pre_market", "settling"],
  payloads: [
    {
      request: { path: `${RATES}?pageNum=1&pageSize=200` },
      rows: ["data", "rows"],
      keys: "symbol fundingInterval toNextfundingInterval nextfundingTime fundingRate interestRate fundingRateCap fundingRateFloor",
      recorded: ["real-funding-rates.json"],
    },
    {
      request: { path: `${RATES}?pageNum=3` },
      rows: ["data", "rows"],
      keys: "symbol fundingRate",
    },
    {
      request: { path: "/md/v3/ticker/24hr/all" },
      rows: ["result"],
      keys: "symbol markRp indexRp openInterestRv turnoverRv volumeRq fundingRateRr predFundingRateRr timestamp",
      recorded: ["ticker-24hr-all-v3.json"],
    },
    {
      request: { path: "/md/v2/ticker/24hr?symbol=BTCUSDT" },
      one: ["result"],
      keys: "symbol markPriceRp indexPriceRp openInterestRv turnoverRv",
    },
    {
      request: { path: "/public/products" },
      rows: ["data", "perpProductsV2"],
      keys: "symbol type status baseCurrency quoteCurrency settleCurrency perpProductSubType fundingInterval",
      recorded: ["public-products.json"],
    },
    {
      request: { path: "/public/products" },
      rows: ["data", "products"],
      keys: "symbol type status quoteCurrency",
      recorded: ["public-products.json"],
    },
    {
      request: { path: "/api-data/public/data/funding-rate-history?symbol=.BTCUSDTFR8H&limit=3" },
      rows: ["data", "rows"],
      keys: "symbol fundingRate fundingTime intervalSeconds",
    },
  ],
  refusals: [
    {
      request: { path: "/md/v3/ticker/24hr?symbol=NOPEUSDT" },
      status: 500,
      body: { error: { code: 6001, message: "invalid argument" }, id: null, result: null },
    },
    {
      request: { path: `${RATES}?symbol=NOPEUSDT` },
      status: 200,
      body: { code: 0, data: { total: 0, rows: [] } },
    },
    { request: { path: "/nothing" }, status: 403, body: "" },
  ],
};
