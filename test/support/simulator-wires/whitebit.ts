import type { DemoWire } from "./wire.ts";

const PUBLIC = "/api/v4/public/";

export const whitebit: DemoWire = {
  exchange: "whitebit",
  // 304 coins and 93 others.
  shown: 397,
  skipped: ["other", "halted"],
  payloads: [
    {
      request: { path: `${PUBLIC}futures` },
      rows: ["result"],
      keys: "ticker_id stock_currency money_currency last_price stock_volume money_volume product_type open_interest index_price mark_price funding_rate funding_cap funding_floor next_funding_rate_timestamp funding_interval_minutes",
      recorded: ["futures.json", "futures-documented.json"],
    },
    {
      request: { path: `${PUBLIC}futures?limit=1` },
      rows: ["result"],
      keys: "ticker_id funding_rate",
    },
    {
      request: { path: `${PUBLIC}markets` },
      rows: [],
      keys: "name stock money type isTradFiFutures delistedAt tradesEnabled",
      recorded: ["markets.json"],
    },
    {
      request: { path: `${PUBLIC}funding-history/BTC_PERP` },
      rows: [],
      keys: "fundingTime fundingRate market settlementPrice rateCalculatedTime",
      recorded: ["funding-history.json"],
    },
  ],
  refusals: [
    {
      request: { path: `${PUBLIC}funding-history/NOPE_PERP` },
      status: 422,
      body: { market: ["Market is not available."] },
    },
    { request: { path: `${PUBLIC}nothing` }, status: 404, body: "" },
  ],
};
