import type { DemoWire } from "./wire.ts";

export const bitget: DemoWire = {
  exchange: "bitget",
  shown: 836,
  skipped: ["halted", "pending", "dated", "other"],
  payloads: [
    {
      request: { path: "/api/v3/market/current-fund-rate?category=USDT-FUTURES" },
      rows: ["data"],
      keys: "symbol fundingRate fundingRateInterval nextUpdate minFundingRate maxFundingRate",
      recorded: ["v3-current-fund-rate.json"],
      rates: { rate: "fundingRate", prices: [], stamps: [] },
    },
    {
      request: { path: "/api/v3/market/tickers?category=USDT-FUTURES" },
      rows: ["data"],
      keys: "symbol markPrice indexPrice openInterest turnover24h volume24h fundingRate ts",
      recorded: ["v3-tickers-usdt-futures.json"],
    },
    {
      request: { path: "/api/v3/market/instruments?category=USDT-FUTURES" },
      rows: ["data"],
      keys: "symbol baseCoin quoteCoin type status fundInterval isRwa deliveryTime",
    },
    {
      request: { path: "/api/v2/mix/market/current-fund-rate?productType=usdt-futures" },
      rows: ["data"],
      keys: "symbol fundingRate fundingRateInterval nextUpdate minFundingRate maxFundingRate",
      recorded: ["current-fund-rate.json", "current-fund-rate-2025.json"],
    },
    {
      request: { path: "/api/v2/mix/market/tickers?productType=USDT-FUTURES" },
      rows: ["data"],
      keys: "symbol markPrice indexPrice holdingAmount usdtVolume quoteVolume baseVolume fundingRate ts",
      recorded: ["tickers-usdt-futures.json", "tickers-usdt-futures-trimmed.json"],
    },
    {
      request: { path: "/api/v2/mix/market/contracts?productType=USDT-FUTURES" },
      rows: ["data"],
      keys: "symbol baseCoin quoteCoin symbolType symbolStatus fundInterval supportMarginCoins deliveryTime",
      recorded: ["contracts-usdt-futures.json", "contracts-usdt-futures-trimmed.json"],
    },
    {
      request: {
        path: "/api/v2/mix/market/history-fund-rate?symbol=BTCUSDT&productType=usdt-futures&pageSize=3",
      },
      rows: ["data"],
      keys: "symbol fundingRate fundingTime",
      recorded: ["history-fund-rate.json", "live-2026-09/v3-history-fund-rate-btc.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v2/mix/market/history-fund-rate?symbol=BTCUSDT" },
      status: 400,
      body: { code: "400172", data: null },
    },
    { request: { path: "/api/v3/x" }, status: 404, body: { code: "40404", data: null } },
    {
      request: { path: "/api/v3/market/tickers" },
      status: 400,
      body: { code: "400172", msg: "Parameter verification failed", data: null },
    },
    // V2's parameter on v3.
    {
      request: { path: "/api/v3/market/tickers?productType=USDT-FUTURES" },
      status: 400,
      body: { code: "400172", data: null },
    },
    {
      request: { path: "/api/v2/mix/market/contracts" },
      status: 400,
      body: { code: "400172", data: null },
    },
  ],
};
