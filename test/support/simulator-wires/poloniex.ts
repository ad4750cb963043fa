import type { DemoWire } from "./wire.ts";

export const poloniex: DemoWire = {
  exchange: "poloniex",
  shown: 18,
  skipped: ["halted", "settling", "pending", "inverse", "dated"],
  payloads: [
    {
      // The fourth of all contracts: faults of rows go by place, and each of them meets this one.
      request: { path: "/v3/market/fundingRate?symbol=XRP_USDT_PERP" },
      one: ["data"],
      keys: "s fR fT nFR nFT",
      recorded: ["fundingRate.json"],
    },
    {
      request: { path: "/v3/market/fundingRate?symbol=1000PEPE_USDT_PERP" },
      one: ["data"],
      keys: "s fR fT nFR nFT",
      recorded: ["fundingRate.json"],
    },
    {
      request: { path: "/v3/market/tickers" },
      rows: ["data"],
      keys: "s c qty amt mPx iPx sT cT",
      recorded: ["tickers.json"],
    },
    {
      request: { path: "/v3/market/allInstruments" },
      rows: ["data"],
      keys: "symbol bCcy qCcy sCcy ctVal status ctType alias",
      recorded: ["allInstruments.json"],
    },
    {
      request: { path: "/v3/market/openInterest?symbol=BTC_USDT_PERP" },
      one: ["data"],
      keys: "s",
    },
    {
      request: { path: "/v3/market/fundingRate/history?symbol=BTC_USDT_PERP&sT=0&limit=3" },
      rows: ["data"],
      keys: "s fR fT",
    },
  ],
  refusals: [
    {
      request: { path: "/v3/market/fundingRate/history?symbol=BTC_USDT_PERP&limit=1000" },
      status: 400,
      body: { msg: "Param error limit" },
    },
    {
      request: { path: "/v3/market/fundingRate/history?sT=0" },
      status: 200,
      body: { code: 24101 },
    },
    {
      request: { path: "/v3/market/fundingRate" },
      status: 200,
      body: { code: 24101, msg: "Invalid symbol!", data: "" },
    },
    {
      request: { path: "/v3/market/fundingRate?symbol=NOPE_USDT_PERP" },
      status: 200,
      body: { code: 24101, msg: "Invalid symbol!", data: "" },
    },
    { request: { path: "/v3/market/nothing" }, status: 404, body: { code: 404 } },
  ],
};
