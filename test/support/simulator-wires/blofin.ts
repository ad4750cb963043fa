import type { DemoWire } from "./wire.ts";

export const blofin: DemoWire = {
  exchange: "blofin",
  shown: 470,
  skipped: ["halted", "inverse", "ratio"],
  payloads: [
    {
      request: { path: "/api/v1/market/funding-rate" },
      rows: ["data"],
      keys: "instId fundingRate fundingTime",
      recorded: ["funding-rate.json", "live-2026-09/funding-rate.json"],
    },
    {
      request: { path: "/api/v1/market/open-interest" },
      rows: ["data"],
      keys: "instId openInterest openInterestCurrency ts",
      recorded: ["live-2026-09/open-interest.json"],
    },
    {
      request: { path: "/api/v1/market/mark-price" },
      rows: ["data"],
      keys: "instId indexPrice markPrice ts",
      recorded: ["mark-price.json", "live-2026-09/mark-price.json"],
    },
    {
      request: { path: "/api/v1/market/tickers" },
      rows: ["data"],
      keys: "instId ts last lastSize askPrice askSize bidPrice bidSize open24h high24h low24h volCurrency24h vol24h",
      recorded: ["tickers.json", "tickers-ada-recorded.json", "live-2026-09/tickers.json"],
    },
    {
      request: { path: "/api/v1/market/instruments" },
      rows: ["data"],
      keys: "instId baseCurrency quoteCurrency settleCurrency contractValue instType contractType state assetClass expireTime",
      recorded: ["instruments.json", "live-2026-09/instruments.json"],
    },
    {
      request: { path: "/api/v1/market/funding-rate-history?instId=BTC-USDT&limit=2" },
      rows: ["data"],
      keys: "instId fundingRate fundingTime",
      recorded: ["funding-rate-history.json", "live-2026-09/funding-rate-history-btc.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v1/market/funding-rate?instId=NOPE-USDT" },
      status: 200,
      body: { code: "152014" },
    },
    {
      request: { path: "/api/v1/market/funding-rate-history" },
      status: 200,
      body: { code: "152002" },
    },
    { request: { path: "/api/v1/market/nothing" }, status: 404, body: { code: "404" } },
  ],
};
