import type { DemoWire } from "./wire.ts";

export const weex: DemoWire = {
  exchange: "weex",
  // 995 contracts, of which those before a company's listing do not count.
  shown: 985,
  skipped: ["pre_market", "other"],
  payloads: [
    {
      request: { path: "/capi/v3/market/premiumIndex" },
      rows: [],
      keys: "symbol markPrice indexPrice forecastFundingRate lastFundingRate interestRate nextFundingTime time collectCycle",
      recorded: [
        "premiumIndex.json",
        "premiumIndex-documented.json",
        "live-2026-09/premiumIndex.json",
      ],
    },
    {
      request: { path: "/capi/v3/market/ticker/24hr" },
      rows: [],
      keys: "symbol lastPrice volume quoteVolume markPrice indexPrice priceChangePercent closeTime",
      recorded: ["ticker-24hr.json", "live-2026-09/ticker-24hr.json"],
    },
    {
      request: { path: "/capi/v3/market/exchangeInfo" },
      rows: ["symbols"],
      keys: "symbol displaySymbol baseAsset quoteAsset marginAsset contractType underlyingType delivery forwardContractFlag collectCycle contractVal",
      recorded: ["exchangeInfo.json", "live-2026-09/exchangeInfo.json"],
    },
    {
      request: { path: "/capi/v3/market/openInterest?symbol=ETHUSDT" },
      one: [],
      keys: "symbol openInterest time",
      recorded: ["openInterest.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/capi/v3/market/premiumIndex?symbol=NOPEUSDT" },
      status: 400,
      body: { code: -1142, msg: "Parameter 'symbol' is invalid." },
    },
    { request: { path: "/capi/v3/market/openInterest" }, status: 400, body: { code: -1141 } },
    { request: { path: "/capi/v3/market/nothing" }, status: 404, body: { code: -1000 } },
  ],
};
