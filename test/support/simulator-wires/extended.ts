import type { DemoWire } from "./wire.ts";

export const extended: DemoWire = {
  exchange: "extended",
  shown: 113,
  skipped: ["halted", "pre_market", "other"],
  payloads: [
    {
      request: { path: "/api/v1/info/markets", headers: { "user-agent": "funding-finder" } },
      rows: ["data"],
      keys: "name category subCategory assetName collateralAssetName active status marketStats tradingConfig l2Config createdAt",
      recorded: ["info-markets.json", "live-2026-09/info-markets.json"],
    },
    {
      request: { path: "/api/v1/info/markets?market=BTC-USD" },
      one: ["data", 0, "marketStats"],
      keys: "dailyVolume dailyVolumeBase lastPrice markPrice indexPrice fundingRate nextFundingRate openInterest openInterestBase",
      recorded: ["info-markets.json", "live-2026-09/info-markets.json"],
    },
    {
      request: { path: "/api/v1/info/BTC-USD/funding?startTime=0&endTime=4000000000000&limit=3" },
      rows: ["data"],
      keys: "m f T",
      recorded: ["funding-history.json", "live-2026-09/funding-btc.json"],
    },
  ],
  refusals: [
    // A range without an end.
    {
      request: { path: "/api/v1/info/BTC-USD/funding?startTime=0" },
      status: 400,
      body: { status: "ERROR" },
    },
    {
      request: { path: "/api/v1/info/markets", headers: { "user-agent": "" } },
      status: 403,
      body: "user agent",
    },
    {
      request: { path: "/api/v1/info/markets?market=NOPE-USD" },
      status: 404,
      body: { status: "ERROR", error: { code: 1001 } },
    },
    { request: { path: "/api/v1/nothing" }, status: 404, body: { status: "ERROR" } },
  ],
};
