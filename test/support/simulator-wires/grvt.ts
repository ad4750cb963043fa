import type { DemoWire } from "./wire.ts";

const LIST_KEYS =
  "instrument base quote kind venues settlement_period base_decimals quote_decimals tick_size create_time";
const TICKER_KEYS =
  "event_time instrument mark_price index_price last_price funding_rate_8h_curr funding_rate_8h_avg " +
  "buy_volume_24h_q sell_volume_24h_q buy_volume_24h_b sell_volume_24h_b open_interest funding_rate next_funding_time";

export const grvt: DemoWire = {
  exchange: "grvt",
  // More than a hundred.
  shown: 115,
  skipped: ["halted", "dated", "option"],
  payloads: [
    {
      // The fourth of all instruments: faults of rows go by place, and each of them meets this one.
      request: { path: "/full/v1/ticker", body: { instrument: "XRP_USDT_Perp" } },
      one: ["result"],
      keys: TICKER_KEYS,
      recorded: ["ticker.json", "live-2026-09/ticker-ena.json"],
    },
    {
      request: { path: "/full/v1/ticker", body: { instrument: "KPEPE_USDT_Perp" } },
      one: ["result"],
      keys: TICKER_KEYS,
      recorded: ["ticker.json", "live-2026-09/ticker-ena.json"],
    },
    {
      request: { path: "/full/v1/ticker", body: { instrument: "BTC_USDT_Fut_25Dec26" } },
      one: ["result"],
      keys: "event_time instrument mark_price",
      recorded: ["ticker.json", "live-2026-09/ticker-ena.json"],
    },
    {
      request: { path: "/full/v1/all_instruments", body: { is_active: true } },
      rows: ["result"],
      keys: LIST_KEYS,
      recorded: ["all-instruments.json"],
    },
    {
      request: { path: "/full/v1/all_instruments", body: {} },
      rows: ["result"],
      keys: LIST_KEYS,
      recorded: ["all-instruments.json"],
    },
    {
      request: { path: "/full/v1/funding", body: { instrument: "BTC_USDT_Perp", limit: 3 } },
      rows: ["result"],
      keys: "instrument funding_rate funding_time mark_price funding_rate_8_h_avg funding_interval_hours",
      recorded: ["live-2026-09/funding-history-btc.json"],
    },
  ],
  refusals: [
    { request: { path: "/full/v1/funding" }, status: 405, body: { status: 405 } },
    { request: { path: "/full/v1/funding", body: "" }, status: 400, body: { code: 1003 } },
    {
      request: { path: "/full/v1/ticker", body: { instrument: "NOPE_USDT_Perp" } },
      status: 400,
      body: { code: 1012, status: 400 },
    },
    { request: { path: "/full/v1/ticker", body: {} }, status: 400, body: { code: 1012 } },
    { request: { path: "/full/v1/ticker", body: "" }, status: 400, body: { code: 1003 } },
    { request: { path: "/full/v1/all_instruments" }, status: 405, body: { status: 405 } },
    { request: { path: "/full/v1/nothing", body: {} }, status: 404, body: { status: 404 } },
  ],
};
