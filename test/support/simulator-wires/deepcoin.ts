import type { DemoWire } from "./wire.ts";

const RATES = "/deepcoin/trade/fund-rate/current-funding-rate";
const CYCLES = "/deepcoin/trade/funding-rate";

export const deepcoin: DemoWire = {
  exchange: "deepcoin",
  shown: 348,
  skipped: ["halted", "pending", "inverse", "other"],
  payloads: [
    {
      request: { path: `${RATES}?instType=SwapU` },
      rows: ["data", "current_fund_rates"],
      keys: "instrumentId fundingRate",
      recorded: ["current-funding-rate.json"],
    },
    {
      request: { path: `${RATES}?instType=SwapU&instId=NOPEUSDT` },
      rows: ["data", "current_fund_rates"],
      keys: "instrumentId fundingRate",
    },
    {
      request: { path: `${CYCLES}?instType=SwapU` },
      rows: ["data"],
      keys: "instrumentID settleInterval nextSettleTime",
      recorded: ["funding-rate.json"],
    },
    {
      request: { path: "/deepcoin/market/mark-price?instType=SWAP" },
      rows: ["data"],
      keys: "instId markPx ts",
    },
    {
      request: { path: "/deepcoin/market/tickers?instType=SWAP" },
      rows: ["data"],
      keys: "instType instId last vol24h volCcy24h ts",
      recorded: ["tickers.json"],
    },
    {
      request: { path: "/deepcoin/market/instruments?instType=SWAP" },
      rows: ["data"],
      keys: "instType instId baseCcy quoteCcy ctVal state listTime",
      recorded: ["instruments.json"],
    },
  ],
  refusals: [
    {
      request: { path: RATES },
      status: 200,
      body: { code: "51", msg: "The instType field is required", data: null },
    },
    {
      request: { path: `${CYCLES}?instType=SwapU&instId=NOPEUSDT` },
      status: 200,
      body: { code: "50", msg: "contract symbol(NOPEUSDT) not found", data: null },
    },
    { request: { path: "/deepcoin/market/tickers" }, status: 200, body: { code: "51" } },
    // The documented path.
    {
      request: { path: "/deepcoin/market/fund-rate/current-funding-rate?instType=SwapU" },
      status: 404,
      body: "Not Found",
    },
  ],
};
