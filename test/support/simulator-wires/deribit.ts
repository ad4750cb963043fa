import type { DemoWire } from "./wire.ts";

const SUMMARY = "/api/v2/public/get_book_summary_by_currency";

export const deribit: DemoWire = {
  exchange: "deribit",
  shown: 129,
  skipped: ["dated", "halted", "settling", "pre_market"],
  payloads: [
    {
      request: { path: `${SUMMARY}?currency=USDC&kind=future` },
      rows: ["result"],
      keys: "instrument_name base_currency quote_currency mark_price estimated_delivery_price open_interest volume volume_usd creation_timestamp bid_price ask_price mid_price last",
      // An option's row: what it shares with a perpetual has the same type.
      recorded: ["get_book_summary_by_currency.json"],
    },
    {
      request: { path: "/api/v2/public/get_instruments?currency=USDC&kind=future&expired=false" },
      rows: ["result"],
      keys: "instrument_name kind instrument_type future_type settlement_period is_active state base_currency counter_currency settlement_currency contract_size underlying_type",
      recorded: ["get_instruments.json"],
    },
  ],
  refusals: [
    {
      request: { path: `${SUMMARY}?currency=any&kind=future` },
      status: 400,
      body: { jsonrpc: "2.0", error: { message: "Invalid params" } },
    },
    { request: { path: SUMMARY }, status: 400, body: { jsonrpc: "2.0" } },
    { request: { path: "/api/v2/public/get_nothing" }, status: 404, body: { jsonrpc: "2.0" } },
  ],
};
