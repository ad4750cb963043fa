import type { DemoWire } from "./wire.ts";

export const drift: DemoWire = {
  exchange: "drift",
  // About forty before trading stopped.
  shown: 40,
  skipped: ["halted", "settling", "spot", "bet"],
  payloads: [
    {
      request: { path: "/stats/markets" },
      rows: [],
      keys: "marketIndex symbol marketType oraclePrice volume24h openInterest status",
      recorded: ["stats-markets.json"],
    },
    {
      request: { path: "/stats/markets" },
      one: [0],
      keys: "marketIndex symbol marketType oraclePrice fundingRate fundingRate24hAvg status",
      recorded: ["stats-markets.json"],
    },
    // Numbers of the chain, in strings.
    {
      request: { path: "/fundingRates?marketName=SOL-PERP" },
      rows: ["fundingRates"],
      keys: "txSig ts recordId marketIndex fundingRate oraclePriceTwap",
    },
  ],
  refusals: [
    { request: { path: "/contracts" }, status: 404, body: { success: false } },
    { request: { path: "/stats/nothing" }, status: 404, body: { success: false } },
  ],
};
