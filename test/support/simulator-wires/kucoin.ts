import type { DemoWire } from "./wire.ts";

export const kucoin: DemoWire = {
  exchange: "kucoin",
  shown: 671,
  skipped: ["pre_market", "settling", "halted", "inverse", "inverse_dated", "dated"],
  payloads: [
    {
      request: { path: "/api/v1/contracts/active" },
      rows: ["data"],
      keys:
        "symbol baseCurrency displayBaseCurrency quoteCurrency settleCurrency fundingFeeRate " +
        "predictedFundingFeeRate currentFundingRateGranularity fundingRateGranularity nextFundingRateDateTime " +
        "nextFundingRateTime markPrice indexPrice openInterest multiplier turnoverOf24h volumeOf24h type " +
        "isInverse status expireDate marketStage assetClass fundingRateCap fundingRateFloor",
      recorded: ["contracts-active.json"],
      rates: { rate: "fundingFeeRate", prices: ["markPrice", "indexPrice"], stamps: [] },
    },
    {
      request: { path: "/api/v1/contracts/XBTUSDTM" },
      one: ["data"],
      keys: "symbol fundingFeeRate",
      recorded: ["contract-xbtusdtm.json"],
    },
    {
      request: { path: ".ua/api/ua/v2/market/funding-rate?productType=USDT-FUTURES" },
      rows: ["data"],
      keys: "symbol nextFundingRate fundingTime currentGranularity newGranularity newGranularityStartTime",
      recorded: ["ua-v2-funding-rate.json"],
    },
    {
      request: {
        path: "/api/v1/contract/funding-rates?symbol=XBTUSDTM&from=1790000000000&to=4000000000000",
      },
      rows: ["data"],
      keys: "symbol fundingRate timepoint",
      recorded: ["contract-funding-rates.json"],
    },
  ],
  refusals: [
    // A range without an end.
    {
      request: { path: "/api/v1/contract/funding-rates?symbol=XBTUSDTM&from=1790000000000" },
      status: 400,
      body: { code: "400000" },
    },
    {
      request: { path: "/api/v1/contract/funding-rates?symbol=X&from=1&to=2" },
      status: 200,
      body: { code: "404000" },
    },
    { request: { path: "/api/v1/x" }, status: 404, body: { code: "404" } },
    { request: { path: "/api/v1/contracts/X" }, status: 200, body: { code: "404000" } },
    { request: { path: ".ua/api/v1/contracts/active" }, status: 404, body: { code: "404" } },
  ],
};
