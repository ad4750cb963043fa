import type { DemoWire } from "./wire.ts";

export const hashkey: DemoWire = {
  exchange: "hashkey",
  shown: 2,
  skipped: ["halted", "inverse", "foreign_settle", "spot"],
  payloads: [
    {
      request: { path: "/api/v1/futures/fundingRate?timestamp=1793620000000" },
      rows: [],
      keys: "symbol rate nextSettleTime",
      recorded: ["fundingRate.json"],
    },
    {
      request: { path: "/api/v1/exchangeInfo" },
      rows: ["contracts"],
      keys: "symbol status quoteAsset marginToken underlying inverse contractMultiplier baseAsset",
      recorded: ["exchangeInfo.json"],
    },
    {
      request: { path: "/api/v1/exchangeInfo" },
      rows: ["symbols"],
      keys: "symbol status baseAsset quoteAsset",
      recorded: ["exchangeInfo.json"],
    },
    {
      request: { path: "/quote/v1/index" },
      one: ["index"],
      keys: "BTCUSDT ETHUSDT",
    },
    {
      request: { path: "/quote/v1/markPrice?symbol=BTCUSDT-PERPETUAL" },
      one: [],
      keys: "symbolId price time",
    },
    {
      // Delisted, but its mark still answers.
      request: { path: "/quote/v1/markPrice?symbol=BTCUSD-PERPETUAL" },
      one: [],
      keys: "symbolId price time",
    },
    {
      request: { path: "/quote/v1/ticker/24hr?symbol=BTCUSDT-PERPETUAL" },
      rows: [],
      keys: "t s c h l o b a v qv",
      recorded: ["ticker-24hr.json"],
    },
    {
      request: {
        path: "/api/v1/futures/historyFundingRate?symbol=BTCUSDT-PERPETUAL&limit=3&timestamp=1793620000000",
      },
      rows: [],
      keys: "id symbol settleTime settleRate",
      recorded: ["historyFundingRate.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v1/futures/historyFundingRate?symbol=BTCUSDT-PERPETUAL" },
      status: 400,
      body: { code: "0001" },
    },
    {
      request: { path: "/api/v1/futures/fundingRate" },
      status: 400,
      body: { code: "0001" },
    },
    {
      request: { path: "/api/v1/futures/fundingRate?timestamp=1793620000000&symbol=NOPE" },
      status: 400,
      body: { code: "-1130" },
    },
    // An unknown contract has no mark and no body.
    { request: { path: "/quote/v1/markPrice?symbol=NOPE" }, status: 200, body: "" },
    {
      request: { path: "/quote/v1/ticker/24hr?symbol=NOPE" },
      status: 400,
      body: { code: -100011 },
    },
    // The index is not found by the contract's symbol.
    {
      request: { path: "/quote/v1/index?symbol=BTCUSDT-PERPETUAL" },
      status: 200,
      body: { index: {}, edp: {} },
    },
    { request: { path: "/api/v1/nothing" }, status: 404, body: "<html>" },
  ],
};
