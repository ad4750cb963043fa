import type { DemoWire } from "./wire.ts";

const MARKET_KEYS =
  "instrument_id instrument_name instrument_type underlying_asset quote_asset price_step amount_step min_order_value " +
  "is_active index_price mark_price";

export const aevo: DemoWire = {
  exchange: "aevo",
  // A few dozen.
  shown: 42,
  skipped: ["halted", "option", "spot"],
  payloads: [
    {
      // The fourth of all contracts: faults of rows go by place, and each of them meets this one.
      request: { path: "/funding?instrument_name=XRP-PERP" },
      one: [],
      keys: "funding_rate next_epoch",
      recorded: [],
    },
    {
      request: { path: "/funding?instrument_name=1000PEPE-PERP" },
      one: [],
      keys: "funding_rate next_epoch",
      recorded: [],
    },
    {
      request: { path: "/markets?instrument_type=PERPETUAL" },
      rows: [],
      keys: MARKET_KEYS,
      recorded: [],
    },
    { request: { path: "/markets" }, rows: [], keys: MARKET_KEYS, recorded: [] },
    {
      request: { path: "/statistics?asset=BTC&instrument_type=PERPETUAL" },
      one: [],
      keys: "open_interest daily_volume",
      recorded: [],
    },
  ],
  refusals: [
    {
      request: { path: "/funding?instrument_name=NOPE-PERP" },
      status: 400,
      body: { error: "INSTRUMENT_DOES_NOT_EXIST" },
    },
    {
      request: { path: "/funding" },
      status: 400,
      body: { error: "INSTRUMENT_DOES_NOT_EXIST" },
    },
    { request: { path: "/statistics?asset=NOPE" }, status: 400, body: {} },
    { request: { path: "/coingecko-statistics" }, status: 404, body: { error: "NOT_FOUND" } },
  ],
};
