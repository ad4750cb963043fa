import type { DemoWire } from "./wire.ts";

export const kraken: DemoWire = {
  exchange: "kraken",
  shown: 350,
  skipped: ["halted", "pre_market", "pending", "settling", "dated", "inverse", "inverse_dated"],
  payloads: [
    {
      request: { path: "/derivatives/api/v3/tickers" },
      rows: ["tickers"],
      keys: "symbol last lastTime",
      recorded: ["tickers.json"],
      rates: { rate: "fundingRate", prices: ["markPrice", "indexPrice"], stamps: ["lastTime"] },
    },
    {
      request: { path: "/derivatives/api/v3/instruments" },
      rows: ["instruments"],
      keys: "symbol type tradeable base quote pair",
      recorded: ["instruments.json"],
    },
    {
      request: { path: "/derivatives/api/v3/historical-funding-rates?symbol=PF_XBTUSD" },
      rows: ["rates"],
      keys: "timestamp fundingRate relativeFundingRate",
    },
  ],
  refusals: [
    { request: { path: "/derivatives/api/v3/x" }, status: 404, body: { result: "error" } },
    {
      request: { path: "/derivatives/api/v3/tickers", body: {} },
      status: 405,
      body: { result: "error" },
    },
  ],
};
