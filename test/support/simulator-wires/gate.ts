import type { DemoWire } from "./wire.ts";

export const gate: DemoWire = {
  exchange: "gate",
  shown: 975,
  skipped: ["pre_market", "settling", "halted"],
  payloads: [
    {
      request: { path: "/api/v4/futures/usdt/contracts" },
      rows: [],
      keys:
        "name funding_rate funding_rate_indicative funding_interval funding_next_apply mark_price index_price " +
        "position_size quanto_multiplier type status in_delisting is_pre_market contract_type " +
        "funding_rate_limit",
      recorded: ["contracts-usdt.json", "contracts-usdt-trimmed.json", "contracts-usdt-2023.json"],
      rates: { rate: "funding_rate", prices: ["mark_price", "index_price"], stamps: [] },
    },
    {
      request: { path: "/api/v4/futures/usdt/tickers" },
      rows: [],
      keys: "contract volume_24h_quote volume_24h volume_24h_base last mark_price total_size",
      recorded: ["tickers-usdt.json", "tickers-usdt-trimmed.json"],
    },
    {
      request: { path: "/api/v4/futures/usdt/funding_rate?contract=BTC_USDT&limit=3" },
      rows: [],
      keys: "r t",
      recorded: ["funding_rate-history.json", "live-2026-09/funding_rate-history-btc.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v4/futures/usdt/funding_rate?contract=BTC_USDT&limit=1001" },
      status: 400,
      body: { label: "INVALID_PARAM_VALUE" },
    },
    { request: { path: "/api/v4/futures/x" }, status: 404, body: { label: "NOT_FOUND" } },
    // A settle that is not linear.
    { request: { path: "/api/v4/futures/btc/contracts" }, status: 404, body: {} },
    // A limit over 100.
    {
      request: { path: "/api/v4/futures/usdt/contracts?limit=1000" },
      status: 400,
      body: { label: "INVALID_PARAM_VALUE", message: "invalid limit, must in (0, 100]" },
    },
    { request: { path: "/api/v4/futures/usdt/contracts?limit=0" }, status: 400, body: {} },
  ],
};
