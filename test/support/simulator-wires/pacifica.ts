import type { DemoWire } from "./wire.ts";

export const pacifica: DemoWire = {
  exchange: "pacifica",
  shown: 61,
  skipped: ["pre_market", "settling", "other"],
  payloads: [
    {
      request: { path: "/api/v1/info/prices" },
      rows: ["data"],
      keys: "symbol funding next_funding mark mid oracle open_interest volume_24h yesterday_price timestamp",
      recorded: ["info-prices.json"],
    },
    {
      request: { path: "/api/v1/info" },
      rows: ["data"],
      keys: "symbol tick_size lot_size max_leverage funding_rate next_funding_rate created_at instrument_type base_asset",
      recorded: ["info.json"],
    },
    {
      request: { path: "/api/v1/funding_rate/history?symbol=BTC&limit=3" },
      rows: ["data"],
      keys: "oracle_price bid_impact_price ask_impact_price funding_rate next_funding_rate created_at",
      recorded: ["funding-rate-history.json", "live-2026-09/funding-rate-history-btc.json"],
    },
    {
      request: { path: "/api/v1/funding_rate/history?symbol=BTC&limit=3" },
      one: [],
      keys: "success data next_cursor has_more",
      recorded: ["funding-rate-history.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v1/nothing" },
      status: 404,
      body: { success: false, data: null, code: 404 },
    },
  ],
};
