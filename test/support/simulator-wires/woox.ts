import type { DemoWire } from "./wire.ts";

export const woox: DemoWire = {
  exchange: "woox",
  shown: 225,
  skipped: ["halted", "pending", "other"],
  payloads: [
    {
      request: { path: "/v3/public/fundingRate" },
      rows: ["data", "rows"],
      keys: "symbol estFundingRate estFundingRateTimestamp lastFundingRate lastFundingRateTimestamp nextFundingTime lastFundingIntervalHours estFundingIntervalHours",
      recorded: ["fundingRate.json"],
    },
    {
      request: { path: "/v3/public/futures" },
      rows: ["data", "rows"],
      keys: "symbol indexPrice markPrice estFundingRate lastFundingRate openInterest 24hVolume 24hAmount nextFundingTime",
      recorded: ["futures.json"],
    },
    {
      request: { path: "/v3/public/instruments" },
      rows: ["data", "rows"],
      keys: "symbol status baseAsset baseAssetMultiplier quoteAsset",
      recorded: ["instruments.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/v3/public/fundingRate?symbol=PERP_NOPE_USDT" },
      status: 500,
      body: { success: false },
    },
    { request: { path: "/v3/public/nothing" }, status: 404, body: { success: false } },
  ],
};
