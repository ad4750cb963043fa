import type { DemoWire } from "./wire.ts";

const QUOTE = "/openApi/swap/v2/quote/";

export const bingx: DemoWire = {
  exchange: "bingx",
  shown: 1_036,
  skipped: ["halted", "pending", "settling"],
  payloads: [
    {
      request: { path: `${QUOTE}premiumIndex` },
      rows: ["data"],
      // fundingIntervalHours is absent on some rows.
      keys: "symbol markPrice indexPrice lastFundingRate nextFundingTime updateTime minFundingRate maxFundingRate",
      recorded: ["premiumIndex.json", "live-2026-09/premiumIndex.json"],
    },
    {
      request: { path: `${QUOTE}premiumIndex?symbol=BTC-USDT` },
      one: ["data"],
      keys: "symbol markPrice indexPrice lastFundingRate nextFundingTime",
      recorded: ["premiumIndex-one-symbol.json"],
    },
    {
      request: { path: `${QUOTE}ticker` },
      rows: ["data"],
      keys: "symbol priceChangePercent lastPrice volume quoteVolume openTime closeTime bidPrice askPrice",
      recorded: ["ticker.json"],
    },
    {
      request: { path: `${QUOTE}contracts` },
      rows: ["data"],
      keys: "contractId symbol displayName currency asset status takerFeeRate apiStateOpen apiStateClose offTime",
      recorded: ["contracts.json", "live-2026-09/contracts.json"],
    },
    {
      request: { path: `${QUOTE}openInterest?symbol=BTC-USDT` },
      one: ["data"],
      keys: "openInterest symbol time",
      recorded: ["openInterest.json", "live-2026-09/openInterest-btc.json"],
    },
    {
      request: { path: `${QUOTE}fundingRate?symbol=BTC-USDT&limit=3` },
      rows: ["data"],
      keys: "symbol fundingRate fundingTime markPrice",
      recorded: ["fundingRate-history.json", "live-2026-09/fundingRate-history-btc.json"],
    },
  ],
  refusals: [
    {
      request: { path: `${QUOTE}fundingRate?symbol=NOPE-USDT` },
      status: 200,
      body: { code: 109425 },
    },
    { request: { path: "/openApi/swap/v2/nothing" }, status: 200, body: { code: 100400 } },
    {
      request: { path: `${QUOTE}premiumIndex?symbol=NOPE-USDT` },
      status: 200,
      body: { code: 109425 },
    },
    { request: { path: `${QUOTE}openInterest` }, status: 200, body: { code: 109400 } },
  ],
};
