import type { DemoWire } from "./wire.ts";

export const bybit: DemoWire = {
  exchange: "bybit",
  shown: 671,
  skipped: ["settling", "pre_market", "dated"],
  payloads: [
    {
      request: { path: "/v5/market/tickers?category=linear" },
      rows: ["result", "list"],
      keys:
        "symbol fundingRate fundingIntervalHour nextFundingTime markPrice indexPrice openInterest " +
        "openInterestValue turnover24h volume24h fundingCap curPreListingPhase deliveryTime",
      recorded: ["tickers-linear-full.json", "tickers-linear.json"],
      rates: { rate: "fundingRate", prices: ["markPrice", "indexPrice"], stamps: [] },
    },
    {
      request: { path: "/v5/market/instruments-info?category=linear" },
      rows: ["result", "list"],
      keys:
        "symbol contractType status baseCoin quoteCoin settleCoin fundingInterval upperFundingRate " +
        "lowerFundingRate isPreListing symbolType deliveryTime launchTime",
      recorded: ["instruments-info.json"],
    },
    {
      request: { path: "/v5/market/funding/history?category=linear&symbol=BTCUSDT&limit=3" },
      rows: ["result", "list"],
      keys: "symbol fundingRate fundingRateTimestamp",
      recorded: ["funding-history.json"],
    },
  ],
  refusals: [
    // A start without an end.
    {
      request: { path: "/v5/market/funding/history?category=linear&symbol=BTCUSDT&startTime=1" },
      status: 200,
      body: { retCode: 10001 },
    },
    { request: { path: "/v5/market/x" }, status: 404, body: { retCode: 404 } },
    { request: { path: "/v5/market/tickers" }, status: 200, body: { retCode: 10001 } },
    {
      request: { path: "/v5/market/tickers?category=x" },
      status: 200,
      body: { retCode: 10001, retMsg: "Illegal category", result: {} },
    },
    // A page that is too large.
    {
      request: { path: "/v5/market/instruments-info?category=linear&limit=1001" },
      status: 200,
      body: { retCode: 10001, result: {} },
    },
    // A cursor that it never issued.
    {
      request: { path: "/v5/market/instruments-info?category=linear&cursor=x" },
      status: 200,
      body: { retCode: 10001, result: {} },
    },
  ],
};
