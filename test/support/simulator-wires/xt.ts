import type { DemoWire } from "./wire.ts";

const V1 = "/future/market/v1/public/";

export const xt: DemoWire = {
  exchange: "xt",
  shown: 728,
  skipped: ["dated", "pre_market", "settling"],
  payloads: [
    {
      request: { path: `${V1}cg/contracts` },
      rows: [],
      keys: "symbol base_currency target_currency product_type funding_rate next_funding_rate next_funding_rate_timestamp collection_internal index_price open_interest target_volume base_volume contractSize underlyingType",
      recorded: ["cg-contracts.json"],
    },
    {
      request: { path: `${V1}q/agg-tickers` },
      rows: ["result"],
      keys: "t s c a v i m bp ap",
      recorded: ["agg-tickers.json"],
    },
    {
      request: { path: `${V1}q/agg-ticker?symbol=btc_usdt` },
      one: ["result"],
      keys: "t s c a v i m",
      recorded: ["agg-ticker-one-symbol.json"],
    },
    {
      request: { path: `${V1}symbol/list` },
      rows: ["result"],
      keys: "symbol productType underlyingType contractSize tradeSwitch isOpenApi inPreMarket state baseCoin quoteCoin deliveryDate",
      recorded: ["symbol-list.json"],
    },
    {
      request: { path: `${V1}q/funding-rate?symbol=btc_usdt` },
      one: ["result"],
      keys: "symbol fundingRate nextCollectionTime collectionInternal",
      recorded: ["funding-rate.json"],
    },
    {
      request: { path: `${V1}contract/open-interest?symbol=btc_usdt` },
      one: ["result"],
      keys: "symbol openInterest openInterestUsd time",
      recorded: ["open-interest.json"],
    },
    {
      request: { path: `${V1}q/mark-price` },
      rows: ["result"],
      keys: "s p t",
    },
    {
      request: { path: `${V1}q/funding-rate-record?symbol=btc_usdt&limit=3` },
      rows: ["result", "items"],
      keys: "id symbol fundingRate createdTime collectionInternal",
      recorded: ["funding-rate-record.json"],
    },
  ],
  refusals: [
    {
      request: { path: `${V1}q/funding-rate-record?symbol=nope_usdt` },
      status: 200,
      body: { returnCode: 1, error: { code: "invalid_symbol" } },
    },
    {
      request: { path: `${V1}q/agg-ticker?symbol=nope_usdt` },
      status: 200,
      body: { returnCode: 1, msgInfo: "failure", error: { code: "invalid_symbol" }, result: null },
    },
    { request: { path: `${V1}nothing` }, status: 404, body: { status: 404 } },
  ],
};
