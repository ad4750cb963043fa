import type { DemoWire } from "./wire.ts";

export const aster: DemoWire = {
  exchange: "aster",
  shown: 298,
  skipped: ["pre_market", "settling", "pending", "other", "inverse", "dated"],
  payloads: [
    {
      request: { path: "/fapi/v3/premiumIndex" },
      rows: [],
      keys: "symbol markPrice indexPrice lastFundingRate interestRate nextFundingTime time",
      recorded: ["premium-index.json", "live-2026-09/premiumIndex.json"],
    },
    {
      request: { path: "/fapi/v3/fundingInfo" },
      rows: [],
      keys: "symbol interestRate time fundingIntervalHours fundingFeeCap fundingFeeFloor",
      recorded: ["funding-info.json", "live-2026-09/fundingInfo.json"],
    },
    {
      request: { path: "/fapi/v3/ticker/24hr" },
      rows: [],
      keys: "symbol lastPrice volume quoteVolume closeTime count",
      recorded: ["ticker-24hr.json"],
    },
    {
      request: { path: "/fapi/v3/exchangeInfo" },
      rows: ["symbols"],
      keys: "symbol contractType deliveryDate onboardDate status quoteAsset marginAsset underlyingType underlyingSubType symbolType",
      recorded: ["exchange-info.json", "live-2026-09/exchangeInfo-tradfi.json"],
    },
    {
      request: { path: "/fapi/v1/openInterest?symbol=BTCUSDT" },
      one: [],
      keys: "symbol openInterest time",
    },
    {
      request: { path: "/fapi/v1/premiumIndex?symbol=BTCUSDT" },
      one: [],
      keys: "symbol markPrice indexPrice lastFundingRate nextFundingTime time",
    },
  ],
  refusals: [
    {
      request: { path: "/fapi/v3/premiumIndex?symbol=NOPEUSDT" },
      status: 400,
      body: { code: -1121, msg: "Invalid symbol." },
    },
    { request: { path: "/fapi/v1/openInterest" }, status: 400, body: { code: -1102 } },
    {
      request: { path: "/fapi/v3/openInterest?symbol=BTCUSDT" },
      status: 404,
      body: { code: -5000 },
    },
    { request: { path: "/fapi/v3/nothing" }, status: 404, body: { code: -5000 } },
  ],
};
