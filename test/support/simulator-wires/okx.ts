import type { DemoWire } from "./wire.ts";

export const okx: DemoWire = {
  exchange: "okx",
  shown: 436,
  skipped: ["halted", "pending", "pre_market", "inverse", "xperp"],
  payloads: [
    {
      request: { path: "/api/v5/public/funding-rate?instId=ANY" },
      rows: ["data"],
      keys:
        "instId instType fundingRate fundingTime nextFundingTime prevFundingTime nextFundingRate " +
        "settFundingRate settState method minFundingRate maxFundingRate ts",
      recorded: ["funding-rate-any.json"],
      rates: { rate: "fundingRate", prices: [], stamps: ["ts"] },
    },
    {
      request: { path: "/api/v5/public/mark-price?instType=SWAP" },
      rows: ["data"],
      keys: "instId markPx ts",
      recorded: ["mark-price.json"],
    },
    {
      request: { path: "/api/v5/public/open-interest?instType=SWAP" },
      rows: ["data"],
      keys: "instId oi oiCcy oiUsd ts",
      recorded: ["open-interest-swap.json"],
    },
    {
      request: { path: "/api/v5/market/tickers?instType=SWAP" },
      rows: ["data"],
      keys: "instId last volCcy24h vol24h ts",
      recorded: ["market-tickers-swap.json"],
    },
    {
      request: { path: "/api/v5/market/index-tickers?quoteCcy=USDT" },
      rows: ["data"],
      keys: "instId idxPx ts",
    },
    {
      request: { path: "/api/v5/public/instruments?instType=SWAP" },
      rows: ["data"],
      keys: "instId instType ctType state settleCcy uly instFamily ctVal ruleType instCategory baseCcy quoteCcy",
      recorded: ["instruments-swap.json"],
    },
  ],
  refusals: [
    { request: { path: "/api/v5/x" }, status: 404, body: { code: "404" } },
    {
      request: { path: "/api/v5/public/funding-rate" },
      status: 200,
      body: { code: "50014", data: [], msg: "Parameter instId can not be empty." },
    },
    // InstType in place of instId.
    {
      request: { path: "/api/v5/public/funding-rate?instType=SWAP" },
      status: 200,
      body: { code: "50014", data: [] },
    },
    {
      request: { path: "/api/v5/public/funding-rate?instId=BTC-USDT-SWAP,ETH-USDT-SWAP" },
      status: 200,
      body: { code: "51001", data: [] },
    },
    {
      request: { path: "/api/v5/public/funding-rate?instId=X-USDT-SWAP" },
      status: 200,
      body: { code: "51001", data: [] },
    },
    { request: { path: "/api/v5/market/tickers" }, status: 200, body: { code: "50014", data: [] } },
    {
      request: { path: "/api/v5/market/tickers?instType=X" },
      status: 200,
      body: { code: "51000" },
    },
    { request: { path: "/api/v5/market/index-tickers" }, status: 200, body: { code: "50014" } },
  ],
};
