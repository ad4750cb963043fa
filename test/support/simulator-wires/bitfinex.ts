import type { DemoWire } from "./wire.ts";

export const bitfinex: DemoWire = {
  exchange: "bitfinex",
  shown: 75,
  skipped: ["other", "not quoted in dollars"],
  payloads: [
    {
      request: { path: "/v2/status/deriv?keys=ALL" },
      rows: [],
      // Key, row time, next settlement, running average, rate, mark, open interest.
      keys: "0 1 3 4 8 9 10 12 15 18",
      recorded: ["status-deriv.json", "status-deriv-2020-short-rows.json"],
    },
    { request: { path: "/v2/tickers?symbols=ALL" }, rows: [], keys: "0 7 8" },
    {
      request: { path: "/v2/conf/pub:info:pair:futures" },
      rows: [0],
      keys: "0 1",
      recorded: ["conf-info-pair-futures.json"],
    },
  ],
  refusals: [
    { request: { path: "/v2/status/deriv?keys=tNOPEF0:USTF0" }, status: 200, body: "[]" },
    { request: { path: "/v2/status/deriv" }, status: 200, body: "[]" },
    {
      request: { path: "/v2/tickers?symbols=tNOPE" },
      status: 500,
      body: '["error",10020,"symbol: invalid"]',
    },
    { request: { path: "/v2/nothing" }, status: 404, body: { error: "not found" } },
  ],
};
