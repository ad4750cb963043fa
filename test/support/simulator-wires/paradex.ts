import type { DemoWire } from "./wire.ts";

export const paradex: DemoWire = {
  exchange: "paradex",
  shown: 110,
  skipped: ["pending", "halted", "other"],
  payloads: [
    {
      request: { path: "/v1/markets/summary?market=ALL" },
      rows: ["results"],
      keys: "symbol mark_price underlying_price open_interest volume_24h funding_rate created_at",
      recorded: ["markets-summary.json"],
    },
    {
      request: { path: "/v1/markets" },
      rows: ["results"],
      keys: "symbol base_currency quote_currency settlement_currency asset_kind open_at expiry_at max_funding_rate trading_mode",
      recorded: ["markets-perp.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/v1/markets/summary" },
      status: 400,
      body: { error: "INVALID_REQUEST_PARAMETER", data: null },
    },
    {
      request: { path: "/v1/markets/summary?market=NOPE-USD-PERP" },
      status: 400,
      body: { error: "INVALID_REQUEST_PARAMETER", data: null },
    },
    { request: { path: "/v1/nothing" }, status: 404, body: { error: "NOT_FOUND", data: null } },
  ],
};
