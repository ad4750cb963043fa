import type { DemoWire } from "./wire.ts";

const API = "/public-api/market/v1";
const types = (type: string): string => `types=${encodeURIComponent(`["${type}"]`)}`;

export const btse: DemoWire = {
  exchange: "btse",
  shown: 211,
  skipped: ["halted", "dated"],
  payloads: [
    {
      request: { path: `${API}/ticker/24hr?${types("FuturesPerpetual")}` },
      rows: ["data"],
      keys: "symbol lastPrice amount volume openTime closeTime openInterest fundingRate nextFundingTime fundingIntervalMinutes",
      recorded: ["ticker-24hr.json"],
    },
    {
      request: { path: `${API}/ticker/24hr?symbol=BTC-PERP-USDT` },
      one: ["data"],
      keys: "symbol openInterest fundingRate nextFundingTime fundingIntervalMinutes",
    },
    {
      request: { path: "/futures/api/v2.3/price" },
      rows: [],
      keys: "symbol indexPrice lastPrice markPrice",
      recorded: ["futures-v2.3-price.json"],
    },
    {
      request: { path: `${API}/markets?${types("FuturesPerpetual")}` },
      rows: ["data", "symbols"],
      keys: "symbol type category tradeCurrency baseCurrency quoteCurrency active contractSize availableSettlement",
      recorded: ["markets.json"],
    },
    {
      request: { path: `${API}/markets?${types("FuturesTimeBased")}` },
      rows: ["data", "symbols"],
      keys: "symbol type contractStartTime contractEndTime matchingStartTime becomeInactiveTime",
      recorded: ["markets.json"],
    },
  ],
  refusals: [
    { request: { path: `${API}/ticker/24hr` }, status: 400, body: { code: 10_010_004 } },
    {
      request: { path: `${API}/ticker/24hr?symbol=NOPE-PERP-USDT` },
      status: 400,
      body: { code: 10_010_004 },
    },
    {
      request: { path: `${API}/markets?types=FuturesPerpetual` },
      status: 400,
      body: { code: 10_010_004 },
    },
    {
      request: { path: "/futures/api/v2.3/price?symbol=NOPE-PERP" },
      status: 400,
      body: { status: 400, errorCode: -2 },
    },
    { request: { path: `${API}/nothing` }, status: 404, body: { success: false } },
  ],
};
