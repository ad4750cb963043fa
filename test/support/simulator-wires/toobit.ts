import type { DemoWire } from "./wire.ts";

export const toobit: DemoWire = {
  exchange: "toobit",
  shown: 767,
  skipped: ["other", "dated", "inverse", "halted", "pending", "settling"],
  payloads: [
    {
      request: { path: "/api/v1/futures/fundingRate" },
      rows: [],
      keys: "symbol rate nextFundingTime interest fundingRateCap fundingRateFloor",
      recorded: ["fundingRate.json", "live-2026-09/fundingRate.json"],
    },
    {
      request: { path: "/quote/v1/markPrice" },
      rows: [],
      keys: "exchangeId symbolId price time",
      recorded: ["live-2026-09/markPrice.json"],
    },
    {
      request: { path: "/quote/v1/markPrice?symbol=BTC-SWAP-USDT" },
      one: [],
      keys: "exchangeId symbolId price time",
      recorded: ["markPrice-one-symbol.json"],
    },
    {
      request: { path: "/quote/v1/index" },
      one: ["index"],
      keys: "BTCUSDT",
      recorded: ["index.json", "live-2026-09/index.json"],
    },
    {
      request: { path: "/quote/v1/contract/ticker/24hr" },
      rows: [],
      keys: "t s o h l c v qv op pc pcp",
      recorded: ["live-2026-09/ticker-24hr.json"],
    },
    {
      request: { path: "/api/v1/exchangeInfo" },
      rows: ["contracts"],
      keys: "symbol status baseAsset quoteAsset inverse indexToken marginToken contractMultiplier underlying isRwa rwaType categories closingStartTime closingEndTime",
      recorded: ["exchangeInfo.json", "live-2026-09/exchangeInfo.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v1/futures/fundingRate?symbol=NOPE-SWAP-USDT" },
      status: 400,
      body: { code: -1130 },
    },
    { request: { path: "/quote/v1/markPrice?symbol=NOPE-SWAP-USDT" }, status: 200, body: "" },
    { request: { path: "/api/v1/futures/premiumIndex" }, status: 404, body: { code: -1000 } },
  ],
};
