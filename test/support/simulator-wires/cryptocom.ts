import type { DemoWire, WirePayload } from "./wire.ts";

const PUBLIC = "/exchange/v1/public";

/** Every fourth perpetual: faults of rows go by position, and each of them affects this one. */
const valuation = (type: string): WirePayload => ({
  request: {
    path: `${PUBLIC}/get-valuations?instrument_name=XRPUSD-PERP&valuation_type=${type}&count=1`,
  },
  rows: ["result", "data"],
  keys: "v t",
  recorded: ["get-valuations.json"],
});

export const cryptocom: DemoWire = {
  exchange: "cryptocom",
  // 396 perpetuals, two of them pre-IPO.
  shown: 394,
  skipped: ["pre_market", "halted", "beta", "spot", "dated", "warrant"],
  payloads: [
    valuation("funding_rate"),
    valuation("estimated_funding_rate"),
    valuation("mark_price"),
    valuation("index_price"),
    {
      request: {
        path: `${PUBLIC}/get-valuations?instrument_name=BTCUSD-INDEX&valuation_type=index_price&count=1`,
      },
      one: ["result"],
      keys: "data instrument_name",
    },
    {
      request: { path: `${PUBLIC}/get-tickers` },
      rows: ["result", "data"],
      keys: "i h l a v vv c b k t",
      recorded: ["get-tickers.json"],
    },
    {
      request: { path: `${PUBLIC}/get-instruments` },
      rows: ["result", "data"],
      keys:
        "symbol inst_type product_type base_ccy quote_ccy tradable expiry_timestamp_ms beta_product quote_decimals " +
        "price_tick_size",
      recorded: ["get-instruments.json"],
    },
    {
      request: {
        path: `${PUBLIC}/get-valuations?instrument_name=BTCUSD-PERP&valuation_type=funding_hist&count=3`,
      },
      rows: ["result", "data"],
      keys: "v t",
      recorded: ["get-valuations.json"],
    },
  ],
  refusals: [
    {
      request: { path: `${PUBLIC}/get-valuations?valuation_type=funding_hist` },
      status: 400,
      body: { code: 40004 },
    },
    {
      request: { path: `${PUBLIC}/get-valuations?valuation_type=funding_rate&count=1` },
      status: 400,
      body: { code: 40004 },
    },
    {
      request: {
        path: `${PUBLIC}/get-valuations?instrument_name=NOPEUSD-PERP&valuation_type=funding_rate&count=1`,
      },
      status: 400,
      body: { code: 40004 },
    },
    {
      request: { path: `${PUBLIC}/get-valuations?instrument_name=BTCUSD-PERP` },
      status: 400,
      body: { code: 40004 },
    },
    { request: { path: `${PUBLIC}/nothing` }, status: 404, body: { id: -1 } },
  ],
};
