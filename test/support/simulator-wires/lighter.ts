import type { DemoWire } from "./wire.ts";

export const lighter: DemoWire = {
  exchange: "lighter",
  shown: 161,
  skipped: ["settling", "halted", "other"],
  payloads: [
    {
      request: { path: "/api/v1/funding-rates" },
      rows: ["funding_rates"],
      keys: "market_id exchange symbol rate",
      recorded: ["funding-rates.json", "live-2026-09/funding-rates.json"],
    },
    {
      request: { path: "/api/v1/orderBookDetails" },
      rows: ["order_book_details"],
      keys: "symbol market_id market_type status last_trade_price daily_quote_token_volume daily_base_token_volume open_interest market_config",
      recorded: ["order-book-details.json", "live-2026-09/order-book-details.json"],
    },
    {
      request: { path: "/api/v1/orderBookDetails" },
      rows: ["spot_order_book_details"],
      keys: "symbol market_id market_type status",
    },
  ],
  refusals: [
    {
      request: { path: "/api/v1/orderBookDetails?market_id=99999" },
      status: 400,
      body: { code: 20001 },
    },
    { request: { path: "/api/v1/nothing" }, status: 404, body: "404 page not found" },
  ],
};
