import type { DemoWire } from "./wire.ts";

const MARKET_KEYS =
  "instrument_id instrument_name instrument_type underlying_asset quote_asset price_step amount_step min_order_value " +
  "is_active index_price mark_price market_type";

export const aevo: DemoWire = {
  exchange: "aevo",
  // A few dozen coins, and some non-coins.
  shown: 59,
  skipped: ["halted", "option", "pre_market", "spot"],
  payloads: [
    {
      request: { path: "/coingecko-statistics" },
      rows: [],
      // The next time is missing on what is no longer traded.
      keys: "ticker_id funding_rate index_price open_interest target_volume",
      recorded: ["live-2026-09/coingecko-statistics.json"],
    },
    {
      request: { path: "/markets?instrument_type=PERPETUAL" },
      rows: [],
      keys: MARKET_KEYS,
      recorded: ["live-2026-09/markets.json"],
    },
    { request: { path: "/markets" }, rows: [], keys: MARKET_KEYS },
    // By position: the instrument, the time, the rate and the mark price.
    {
      request: { path: "/funding-history?instrument_name=BTC-PERP&limit=3" },
      rows: ["funding_history"],
      keys: "",
      recorded: ["live-2026-09/funding-history-btc.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/funding-history" },
      status: 400,
      body: { error: "INSTRUMENT_NAME_REQUIRED" },
    },
    { request: { path: "/nothing" }, status: 404, body: { error: "NOT_FOUND" } },
  ],
};
