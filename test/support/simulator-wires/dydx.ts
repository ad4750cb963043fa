import type { DemoWire } from "./wire.ts";

/** The list is an object keyed by ticker: one of its markets represents all. */
const KEYS =
  "ticker status oraclePrice volume24H trades24H nextFundingRate initialMarginFraction maintenanceMarginFraction openInterest baseOpenInterest marketType defaultFundingRate1H clobPairId";

export const dydx: DemoWire = {
  exchange: "dydx",
  shown: 225,
  skipped: ["halted", "pending", "settling"],
  payloads: ["BTC-USD", "ETH-USD", "SOL-USD"].map((ticker) => ({
    request: { path: "/v4/perpetualMarkets" },
    one: ["markets", ticker],
    keys: KEYS,
    recorded: ["perpetual-markets.json"],
  })),
  refusals: [
    {
      request: { path: "/v4/perpetualMarkets?market=NOPE-USD" },
      status: 404,
      body: { errors: [{ msg: "NOPE-USD not found in markets of type perpetual" }] },
    },
    { request: { path: "/v4/nothing" }, status: 404, body: { errors: [{ msg: "Not Found" }] } },
  ],
};
