import type { DemoWire } from "./wire.ts";

export const mexc: DemoWire = {
  exchange: "mexc",
  // 1,061 settled in USDT, 78 in USDC, 35 in USD1.
  shown: 1_174,
  skipped: ["inverse", "dated", "other", "halted", "settling", "pending"],
  payloads: [
    {
      request: { path: "/api/v1/contract/funding_rate" },
      rows: ["data"],
      keys: "symbol fundingRate maxFundingRate minFundingRate collectCycle nextSettleTime timestamp idxPrice fairPrice",
      recorded: ["funding_rate-all.json"],
    },
    {
      request: { path: "/api/v1/contract/ticker" },
      rows: ["data"],
      keys: "symbol lastPrice amount24 volume24 holdVol indexPrice fairPrice timestamp",
      recorded: ["ticker-all.json"],
    },
    {
      request: { path: "/api/v1/contract/detail" },
      rows: ["data"],
      keys: "symbol baseCoin quoteCoin settleCoin contractSize state futureType type apiAllowed",
      recorded: ["contract-detail.json"],
    },
    {
      request: { path: "/api/v1/contract/funding_rate/BTC_USDT" },
      one: ["data"],
      keys: "symbol fundingRate collectCycle nextSettleTime",
      recorded: ["funding_rate-one.json"],
    },
    {
      request: { path: "/api/v1/contract/ticker?symbol=BTC_USDT" },
      one: ["data"],
      keys: "symbol lastPrice amount24 holdVol fairPrice",
      recorded: ["ticker-one.json"],
    },
    {
      request: { path: "/api/v1/contract/funding_rate/history?symbol=BTC_USDT&page_size=3" },
      rows: ["data", "resultList"],
      keys: "symbol fundingRate settleTime collectCycle",
      recorded: ["funding_rate-history.json", "live-2026-09/funding_rate_history-btc.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v1/contract/funding_rate/history?symbol=NOPE_USDT" },
      status: 200,
      body: { success: false, code: 1001 },
    },
    {
      request: { path: "/api/v1/contract/funding_rate/NOPE_USDT" },
      status: 200,
      body: { success: false, code: 1001, message: "Contract does not exist" },
    },
    { request: { path: "/api/v1/contract/nothing" }, status: 404, body: { success: false } },
  ],
};
