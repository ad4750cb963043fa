import { countOf, newestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, rounded } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Call, encoderOfCalls } from "./calls.ts";
import { createListings } from "./kucoin-listings.ts";

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isDated = (listing: Listing): boolean =>
  listing.product === "dated" || listing.product === "inverse_dated";

function statusOf(listing: Listing): string {
  if (listing.state === "settling") return "BeingSettled";
  return listing.state === "halted" ? "Paused" : "Open";
}

function classOf(listing: Listing): "CRYPTO" | "STOCK" | "METAL" | "COMMODITY" {
  switch (listing.asset.kind) {
    case "stock":
    case "pre_ipo":
      return "STOCK";
    case "metal":
      return "METAL";
    case "commodity":
      return "COMMODITY";
    default:
      return "CRYPTO";
  }
}

function contractRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const dated = isDated(listing);
  const inverse = listing.product === "inverse" || listing.product === "inverse_dated";
  const price = (value: number): number => rounded(value, listing.priceDecimals);
  const tick = 10 ** -listing.priceDecimals;
  const granularity = listing.intervalHours * HOUR_MS;
  const name = listing.wireBase;
  const contracts = live.openInterest / Math.abs(listing.contractSize);
  return {
    symbol: listing.symbol,
    rootSymbol: listing.settle,
    type: dated ? "FFICSX" : "FFWCSX",
    firstOpenDate: listing.listedAtMs,
    // For a perpetual: the announced end.
    expireDate: listing.deliveryAtMs || null,
    settleDate: listing.deliveryAtMs || null,
    baseCurrency: name,
    displayBaseCurrency: listing.marks.has("display") ? listing.base : name,
    quoteCurrency: listing.quote,
    settleCurrency: listing.settle,
    maxOrderQty: 1_000_000,
    maxPrice: 1_000_000,
    lotSize: 1,
    tickSize: tick,
    indexPriceTickSize: tick,
    multiplier: listing.contractSize,
    initialMargin: 0.014,
    maintainMargin: 0.007,
    maxRiskLimit: 100_000,
    minRiskLimit: 100_000,
    riskStep: 50_000,
    makerFeeRate: 0.0002,
    takerFeeRate: 0.0006,
    takerFixFee: 0,
    makerFixFee: 0,
    settlementFee: null,
    isDeleverage: true,
    isQuanto: true,
    isInverse: inverse,
    markMethod: "FairPrice",
    fairMethod: "FundingRate",
    fundingBaseSymbol: `.${name}INT8H`,
    fundingQuoteSymbol: `.${listing.quote}INT8H`,
    fundingRateSymbol: `.${listing.symbol}FPI8H`,
    indexSymbol: `.K${name}${listing.quote}`,
    settlementSymbol: "",
    status: statusOf(listing),
    fundingFeeRate: dated ? null : rounded(live.rate, 6),
    predictedFundingFeeRate: null,
    dailyInterestRate: dated ? null : 0.0003,
    fundingRateGranularity: dated ? null : granularity,
    currentFundingRateGranularity: dated || listing.marks.has("no_current") ? null : granularity,
    fundingRateCap: dated ? null : listing.cap,
    fundingRateFloor: dated ? null : -listing.cap,
    period: dated ? null : 1,
    effectiveFundingRateCycleStartTime: null,
    openInterest: fixed(contracts, 0),
    turnoverOf24h: rounded(live.turnoverUsd, 4),
    volumeOf24h: rounded(live.volume, 4),
    markPrice: price(live.mark),
    indexPrice: price(live.index),
    lastTradePrice: price(live.last),
    nextFundingRateTime: dated ? null : live.nextAtMs - view.nowMs,
    nextFundingRateDateTime: dated ? null : live.nextAtMs,
    maxLeverage: 50,
    sourceExchanges: ["okex", "binance", "kucoin", "bybit", "bitmart", "gateio"],
    premiumsSymbol1M: `.${listing.symbol}PI`,
    premiumsSymbol8H: `.${listing.symbol}PI8H`,
    fundingBaseSymbol1M: `.${name}INT`,
    fundingQuoteSymbol1M: `.${listing.quote}INT`,
    lowPrice: price(live.low),
    highPrice: price(live.high),
    priceChgPct: rounded(live.last / live.dayAgo - 1, 4),
    priceChg: price(live.last - live.dayAgo),
    k: 490,
    m: 300,
    f: 1.3,
    mmrLimit: 0.3,
    mmrLevConstant: 50,
    supportCross: true,
    buyLimit: price(live.last * 1.05),
    sellLimit: price(live.last * 0.95),
    adjustK: null,
    adjustM: null,
    marketStage: listing.state === "pre_market" ? "PRE_MARKET" : "NORMAL",
    preMarketToPerpDate: null,
    assetClass: classOf(listing),
  };
}

function unifiedRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const granularity = listing.intervalHours * HOUR_MS;
  return {
    symbol: listing.symbol,
    nextFundingRate: String(fixed(live.rate, 6)),
    fundingTime: live.nextAtMs,
    fundingRateCap: String(listing.cap),
    fundingRateFloor: String(-listing.cap),
    currentGranularity: granularity,
    newGranularity: granularity,
    newGranularityStartTime: listing.listedAtMs,
  };
}

const wrap = (data: unknown): unknown => ({ code: "200000", data });
const unknownContract = { code: "404000", msg: "Url not exists" };

/** The newest rows of a range with inclusive bounds, of which both are required. */
const pastRates: Call = {
  kind: "history",
  refuse: ({ query }) =>
    query.has("from") && query.has("to")
      ? null
      : wireError(400, { code: "400000", msg: "from and to are required" }),
  has: (row) => onWire(row) && row.product === "perp",
  one: {
    name: "symbol",
    unknown: wireError(200, unknownContract),
    missing: wireError(400, { code: "400000", msg: "symbol is required" }),
  },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "from", "to");
    const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 });
    return newestOf(payments, countOf(view, null, { usual: 100, max: 100 })).map(
      ({ rate, slotMs }) => ({
        symbol: listing.symbol,
        fundingRate: rounded(rate, 6),
        timepoint: slotMs,
      }),
    );
  },
};

const CLASSES: Readonly<Record<ReturnType<typeof classOf>, TruthAssetClass>> = {
  CRYPTO: "crypto",
  STOCK: "stock",
  METAL: "metal",
  COMMODITY: "commodity",
};

function show(listing: Listing, view: MarketView): Shown {
  const row = contractRow(listing, view);
  const mark = Number(row["markPrice"]);
  const granularity = Number(row["currentFundingRateGranularity"] ?? row["fundingRateGranularity"]);
  return {
    asset_class: CLASSES[classOf(listing)],
    funding_rate: Number(row["fundingFeeRate"]),
    funding_interval_hours: granularity / HOUR_MS,
    next_funding_time: Number(row["nextFundingRateDateTime"]) / 1000,
    mark_price: mark,
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(row["turnoverOf24h"]),
    open_interest_usd: Number(row["openInterest"]) * Number(row["multiplier"]) * mark,
  };
}

export const kucoin: ExchangeEncoder = encoderOfCalls({
  id: "kucoin",
  fields: { rate: "fundingFeeRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  calls: {
    "/api/v1/contracts/active": { kind: "rates", row: contractRow },
    // KuCoin reports a wrong symbol with HTTP 200.
    "/api/v1/contracts/{symbol}": {
      kind: "secondary",
      row: contractRow,
      one: { name: "symbol", wrap: (row) => (row === undefined ? unknownContract : wrap(row)) },
    },
    "/api/v1/contract/funding-rates": pastRates,
    "ua:/api/ua/v2/market/funding-rate": {
      kind: "secondary",
      has: (row, { query }) =>
        onWire(row) &&
        !isDated(row) &&
        ["", `${row.settle}-FUTURES`].includes(query.get("productType") ?? ""),
      row: unifiedRow,
    },
  },
  wrap,
  notFound: wireError(404, { code: "404", msg: "Not Found" }),
  show,
  historyLimit: { requests: 400, perMs: 30_000 },
  rateLimitBody: {
    code: "429000",
    msg: "Too many requests in a short period of time, please retry later",
  },
  errorBody: { code: "500000", msg: "Internal server error" },
  delistedState: "gone",
  exceptions: { frozen_timestamps: "no payload carries a time of its own" },
  usual: [{ path: "/api/v1/contracts/active" }],
});
