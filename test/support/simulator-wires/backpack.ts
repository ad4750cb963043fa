import type { DemoWire } from "./wire.ts";

export const backpack: DemoWire = {
  exchange: "backpack",
  shown: 92,
  skipped: ["halted", "pending", "settling", "pre_market", "inverse", "dated", "other"],
  payloads: [
    {
      request: { path: "/api/v1/markPrices" },
      rows: [],
      keys: "symbol fundingRate indexPrice markPrice nextFundingTimestamp",
      recorded: ["mark-prices.json", "live-2026-09/mark-prices.json"],
    },
    {
      request: { path: "/api/v1/openInterest" },
      rows: [],
      keys: "symbol openInterest timestamp",
      recorded: ["open-interest.json", "live-2026-09/open-interest.json"],
    },
    {
      request: { path: "/api/v1/tickers" },
      rows: [],
      keys: "symbol firstPrice high low lastPrice priceChange priceChangePercent quoteVolume trades volume",
      recorded: ["tickers.json", "live-2026-09/tickers.json"],
    },
    {
      request: { path: "/api/v1/markets" },
      rows: [],
      keys: "symbol baseSymbol quoteSymbol marketType orderBookState visible fundingInterval fundingRateUpperBound fundingRateLowerBound createdAt rwaMarketType",
      recorded: ["markets.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v1/markPrices?symbol=NOPE_USDC_PERP" },
      status: 400,
      body: { code: "INVALID_CLIENT_REQUEST" },
    },
    { request: { path: "/api/v1/nothing" }, status: 404, body: { code: "RESOURCE_NOT_FOUND" } },
  ],
};
