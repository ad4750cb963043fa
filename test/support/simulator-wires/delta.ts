import type { DemoWire } from "./wire.ts";

const PERPETUALS = "contract_types=perpetual_futures";
const TICKER_KEYS =
  "symbol funding_rate mark_price spot_price oi_contracts oi_value_usd turnover_usd timestamp contract_type close";
const PRODUCT_KEYS =
  "symbol contract_type state trading_status notional_type is_quanto quoting_asset settling_asset underlying_asset contract_unit_currency contract_value annualized_funding product_specs";

export const delta: DemoWire = {
  exchange: "delta",
  // 220 of the Indian platform, 6 of the other one.
  shown: 226,
  skipped: ["halted", "pending", "settling", "inverse", "other", "dated", "not quoted in dollars"],
  payloads: [
    {
      request: { path: `/v2/tickers?${PERPETUALS}` },
      rows: ["result"],
      keys: TICKER_KEYS,
      recorded: ["tickers.json"],
    },
    {
      request: { path: `.global/v2/tickers?${PERPETUALS}` },
      rows: ["result"],
      keys: TICKER_KEYS,
      recorded: ["tickers.json"],
    },
    {
      request: { path: `/v2/products?${PERPETUALS}` },
      rows: ["result"],
      keys: PRODUCT_KEYS,
      recorded: ["products.json"],
    },
    {
      request: { path: `.global/v2/products?${PERPETUALS}` },
      rows: ["result"],
      keys: PRODUCT_KEYS,
      recorded: ["products.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/v2/tickers?contract_types=nonsense" },
      status: 400,
      body: { success: false, error: { code: "bad_schema" } },
    },
    { request: { path: "/v2/nothing" }, status: 404, body: { success: false } },
    { request: { path: ".other/v2/tickers" }, status: 404, body: { success: false } },
  ],
};
