import type { DemoWire } from "./wire.ts";

export const orderly: DemoWire = {
  exchange: "orderly",
  shown: 139,
  skipped: ["pending", "settling", "halted", "pre_market"],
  payloads: [
    {
      request: { path: "/v1/public/futures" },
      rows: ["data", "rows"],
      keys: "symbol display_symbol_name broker_id status is_pretge index_price mark_price sum_unitary_funding est_funding_rate last_funding_rate next_funding_time open_interest 24h_open 24h_close 24h_high 24h_low 24h_volume 24h_amount",
      recorded: ["futures.json", "live-2026-09/futures.json"],
    },
    {
      request: { path: "/v1/public/info" },
      rows: ["data", "rows"],
      keys: "symbol display_symbol_name broker_id status is_pretge funding_period cap_funding floor_funding interest_rate created_time updated_time",
      recorded: ["live-2026-09/info.json"],
    },
    {
      request: { path: "/v1/public/funding_rates" },
      rows: ["data", "rows"],
      keys: "symbol est_funding_rate est_funding_rate_timestamp last_funding_rate last_funding_rate_timestamp next_funding_time sum_unitary_funding",
      recorded: ["funding-rates.json", "live-2026-09/funding-rates.json"],
    },
    {
      request: { path: "/v1/public/query", body: { type: "marketSummary" } },
      rows: ["data", "markets"],
      keys: "symbol mark_price index_price open_interest last_funding_rate est_funding_rate next_funding_time 24h_amount 24h_volume",
      recorded: ["public-query-market-summary.json"],
    },
    {
      request: { path: "/v1/public/funding_rate_history?symbol=PERP_BTC_USDC&size=3" },
      rows: ["data", "rows"],
      keys: "symbol funding_rate funding_rate_timestamp next_funding_time",
      recorded: ["funding-rate-history.json", "live-2026-09/funding-rate-history-hype.json"],
    },
    {
      request: { path: "/v1/public/funding_rate_history?symbol=PERP_BTC_USDC&size=3" },
      one: ["data", "meta"],
      keys: "total records_per_page current_page",
      recorded: ["funding-rate-history.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/v1/public/funding_rate_history" },
      status: 400,
      body: { success: false, code: -1005 },
    },
    {
      request: { path: "/v1/public/query", body: { type: "nothing" } },
      status: 400,
      body: { success: false, code: -1005 },
    },
    { request: { path: "/v1/public/nothing" }, status: 404, body: { success: false, code: -1006 } },
  ],
};
