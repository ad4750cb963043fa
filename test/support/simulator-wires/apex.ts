import type { DemoWire } from "./wire.ts";

export const apex: DemoWire = {
  exchange: "apex",
  shown: 127,
  skipped: ["halted", "pre_market", "pending", "prediction", "other"],
  payloads: [
    {
      request: { path: "/api/v3/data/all-ticker-info" },
      rows: ["data"],
      keys:
        "symbol lastPrice markPrice indexPrice oraclePrice openInterest turnover24h volume24h fundingRate " +
        "predictedFundingRate nextFundingTime",
      recorded: ["all-ticker-info.json"],
    },
    {
      request: { path: "/api/v3/symbols" },
      rows: ["data", "contractConfig", "perpetualContract"],
      keys:
        "symbol crossSymbolName baseTokenId settleAssetId enableTrade enableDisplay enableOpenPosition isPrelaunch " +
        "enableFundingSettlement fundingInterestRate fundingMaxRate fundingMinRate fundingMaxValue",
      recorded: ["symbols-cut.json", "live-2026-09/symbols.json"],
    },
    {
      request: { path: "/api/v3/symbols" },
      rows: ["data", "contractConfig", "stockContract"],
      keys: "symbol crossSymbolName baseTokenId enableTrade",
    },
    {
      request: { path: "/api/v3/symbols" },
      rows: ["data", "contractConfig", "predictionContract"],
      keys: "symbol crossSymbolName enableTrade",
    },
    {
      request: { path: "/api/v3/ticker?symbol=BTCUSDT" },
      rows: ["data"],
      keys: "symbol markPrice fundingRate nextFundingTime",
      recorded: ["all-ticker-info.json"],
    },
    {
      request: { path: "/api/v3/history-funding?symbol=BTC-USDT&limit=3" },
      rows: ["data", "historyFunds"],
      keys: "symbol rate price fundingTime fundingTimestamp",
      recorded: ["history-funding.json", "live-2026-09/history-funding-btc.json"],
    },
  ],
  refusals: [
    // The name of the tickers.
    { request: { path: "/api/v3/history-funding?symbol=BTCUSDT" }, status: 200, body: { code: 3 } },
    { request: { path: "/api/v3/ticker" }, status: 200, body: { data: [] } },
    {
      request: { path: "/api/v3/ticker?symbol=NOPEUSDT" },
      status: 200,
      body: { code: 3, msg: "invalid symbol: NOPEUSDT" },
    },
    { request: { path: "/api/v3/nothing" }, status: 404, body: { code: 404 } },
  ],
};
