import type { DemoWire } from "./wire.ts";

const FUNDING_KEYS =
  "contractId fundingTime fundingTimestamp oraclePrice indexPrice fundingRate isSettlement forecastFundingRate " +
  "predictedFundingRate interestRate fundingRateIntervalMin";

export const edgex: DemoWire = {
  exchange: "edgex",
  // A few dozen: coins, shares, a metal and a currency.
  shown: 44,
  skipped: ["halted", "pending", "other"],
  payloads: [
    {
      request: {
        path: "/api/v2/public/funding/getLatestFundingRate?contractId=10000001,10000004,10000007",
      },
      rows: ["data"],
      keys: FUNDING_KEYS,
      recorded: ["get-latest-funding-rate.json", "live-2026-09/getLatestFundingRate.json"],
    },
    {
      request: { path: "/api/v2/public/funding/getLatestFundingRate?contractId=10000004" },
      one: ["data", 0],
      keys: FUNDING_KEYS,
      recorded: ["get-latest-funding-rate.json", "live-2026-09/getLatestFundingRate.json"],
    },
    {
      request: { path: "/api/v2/public/meta/getMetaData" },
      rows: ["data", "contractList"],
      keys:
        "contractId contractName baseCoinId quoteCoinId enableTrade enableDisplay isStock " +
        "isFx fundingMaxRate fundingMinRate defaultTakerFeeRate",
      recorded: ["get-meta-data-cut.json", "live-2026-09/getMetaData.json"],
    },
    {
      request: { path: "/api/v2/public/meta/getMetaData" },
      rows: ["data", "coinList"],
      keys: "coinId coinName",
    },
    {
      request: { path: "/api/v2/public/meta/getMetaData" },
      one: ["data", "global"],
      keys: "collateralCoinId",
    },
    {
      request: { path: "/api/v2/public/quote/getTicker?contractId=10000004" },
      one: ["data", 0],
      keys: "contractId size value openInterest lastPrice",
      recorded: ["live-2026-09/getTicker-30000001.json"],
    },
    {
      request: {
        path: "/api/v2/public/funding/getFundingRatePage?contractId=10000004&size=3&filterSettlementFundingRate=true",
      },
      rows: ["data", "dataList"],
      keys: "contractId fundingTime fundingTimestamp fundingRate isSettlement previousFundingRate previousFundingTimestamp fundingRateIntervalMin",
      recorded: ["get-funding-rate-page.json", "live-2026-09/getFundingRatePage-30000001.json"],
    },
  ],
  refusals: [
    {
      request: { path: "/api/v2/public/funding/getFundingRatePage?contractId=99" },
      status: 200,
      body: { code: "SUCCESS", data: { dataList: [], nextPageOffsetData: "" } },
    },
    ...["", "?contractId=10000001,10000002", "?contractId=99"].map((query) => ({
      request: { path: `/api/v2/public/quote/getTicker${query}` },
      status: 200,
      body: { code: "SUCCESS", data: [] },
    })),
    // Success without a row: no ids were given, or none that exists.
    {
      request: { path: "/api/v2/public/funding/getLatestFundingRate" },
      status: 200,
      body: { code: "SUCCESS", data: [] },
    },
    {
      request: { path: "/api/v2/public/funding/getLatestFundingRate?contractId=99" },
      status: 200,
      body: { code: "SUCCESS", data: [] },
    },
    {
      request: { path: "/api/v2/public/nothing" },
      status: 404,
      body: { code: "NOT_FOUND", data: null },
    },
  ],
};
