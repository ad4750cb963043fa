import type { DemoWire } from "./wire.ts";

export const binance: DemoWire = {
  exchange: "binance",
  shown: 740,
  skipped: ["settling", "dated", "pending", "other", "not quoted in dollars"],
  payloads: [
    {
      request: { path: "/fapi/v1/premiumIndex" },
      rows: [],
      keys: "symbol lastFundingRate nextFundingTime markPrice indexPrice time",
      recorded: ["premiumIndex.json"],
      rates: { rate: "lastFundingRate", prices: ["markPrice", "indexPrice"], stamps: ["time"] },
    },
    {
      request: { path: "/fapi/v1/ticker/24hr" },
      rows: [],
      keys: "symbol quoteVolume volume lastPrice",
      recorded: ["ticker-24hr.json"],
    },
    {
      request: { path: "/fapi/v1/fundingInfo" },
      rows: [],
      keys: "symbol fundingIntervalHours adjustedFundingRateCap adjustedFundingRateFloor",
      recorded: ["fundingInfo.json"],
    },
    {
      request: { path: "/fapi/v1/exchangeInfo" },
      rows: ["symbols"],
      keys: "symbol status contractType baseAsset quoteAsset marginAsset underlyingType deliveryDate onboardDate",
      recorded: ["exchangeInfo.json"],
    },
    {
      request: { path: "/fapi/v1/openInterest?symbol=BTCUSDT" },
      one: [],
      keys: "symbol openInterest time",
      recorded: ["openInterest.json"],
    },
    {
      request: { path: "/fapi/v1/fundingRate?symbol=BTCUSDT&limit=3" },
      rows: [],
      keys: "symbol fundingRate fundingTime markPrice rateType",
      recorded: ["fundingRate-history.json"],
    },
  ],
  refusals: [
    { request: { path: "/fapi/v1/fundingRate?symbol=X" }, status: 400, body: { code: -1121 } },
    { request: { path: "/fapi/v9/x" }, status: 404, body: { code: -5000 } },
    { request: { path: "/fapi/v1/openInterest" }, status: 400, body: { code: -1102 } },
    { request: { path: "/fapi/v1/openInterest?symbol=X" }, status: 400, body: { code: -1121 } },
    { request: { path: "/fapi/v1/premiumIndex?symbol=X" }, status: 400, body: { code: -1121 } },
  ],
};
