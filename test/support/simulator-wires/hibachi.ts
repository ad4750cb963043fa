import type { DemoWire } from "./wire.ts";

export const hibachi: DemoWire = {
  exchange: "hibachi",
  // A dozen or two.
  shown: 23,
  skipped: ["halted", "settling"],
  payloads: [
    {
      request: { path: "/market/data/prices?symbol=XRP%2FUSDT-P" },
      one: [],
      keys: "askPrice bidPrice fundingRateEstimation markPrice spotPrice symbol tradePrice",
      recorded: ["prices.json"],
    },
    {
      request: { path: "/market/data/prices?symbol=XRP%2FUSDT-P" },
      one: ["fundingRateEstimation"],
      keys: "estimatedFundingRate nextFundingTimestamp",
      recorded: ["prices.json"],
    },
    {
      request: { path: "/market/data/stats?symbol=ETH%2FUSDT-P" },
      one: [],
      keys: "high24h low24h symbol volume24h",
      recorded: ["stats.json"],
    },
    {
      request: { path: "/market/data/open-interest?symbol=ETH%2FUSDT-P" },
      one: [],
      keys: "totalQuantity",
      recorded: ["open-interest.json"],
    },
    {
      request: { path: "/market/exchange-info" },
      rows: ["futureContracts"],
      keys:
        "id symbol status underlyingSymbol settlementSymbol marketOpenTimestamp marketCloseTimestamp " +
        "marketCreationTimestamp",
      recorded: ["exchange-info-cut.json"],
    },
    {
      request: { path: "/market/exchange-info" },
      one: [],
      keys: "status maintenanceWindow feeConfig futureContracts",
    },
    {
      request: { path: "/market/inventory" },
      rows: ["markets"],
      keys: "contract info",
      recorded: ["live-2026-09/inventory.json"],
    },
    {
      request: { path: "/market/inventory" },
      one: ["markets", "0", "contract"],
      keys: "category symbol status settlementSymbol underlyingSymbol marketOpenTimestamp marketCloseTimestamp nextOpenTimestamp nextCloseTimestamp",
    },
    {
      request: { path: "/market/inventory" },
      one: ["markets", "0", "info"],
      keys: "category estimatedFundingRate markPrice openInterestQuantity price24hAgo spotPrice tags volume24h",
    },
    {
      request: { path: "/market/data/funding-rates?symbol=ETH%2FUSDT-P" },
      rows: ["data"],
      keys: "contractId fundingTimestamp fundingRate indexPrice",
      recorded: ["funding-rates-history.json", "live-2026-09/funding-rates-btc.json"],
    },
  ],
  refusals: [
    { request: { path: "/market/data/funding-rates" }, status: 400, body: { status: "failed" } },
    {
      request: { path: "/market/data/prices?symbol=NOPE%2FUSDT-P" },
      status: 200,
      body: { errorCode: 4, status: "failed" },
    },
    { request: { path: "/market/data/prices" }, status: 400, body: { status: "failed" } },
    { request: { path: "/market/nothing" }, status: 404, body: { status: "failed" } },
  ],
};
