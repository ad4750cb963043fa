import { countOf, pageOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { STEP_MS, liveNumbers, pricesAt } from "../market.ts";
import type { Shown } from "../truth.ts";
import { rounded } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { createListings } from "./mexc-listings.ts";

const PREFIX = "/api/v1/contract";
const RATE_DECIMALS = 6;
const OLDER_ROW_EVERY = 3;

const onWire = (listing: Listing): boolean => listing.state !== "gone";
/** Eight contracts are in the rates but not in the contract list. */
const isUnlisted = (listing: Listing): boolean => listing.product === "other";

function fundingRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    symbol: listing.symbol,
    fundingRate: rounded(live.rate, RATE_DECIMALS),
    maxFundingRate: listing.cap,
    minFundingRate: -listing.cap,
    collectCycle: listing.intervalHours,
    nextSettleTime: live.nextAtMs,
    timestamp: view.stampMs,
    idxPrice: rounded(live.index, listing.priceDecimals),
    fairPrice: rounded(live.mark, listing.priceDecimals),
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): number => rounded(value, listing.priceDecimals);
  const alive = isUnlisted(listing) ? 0 : 1;
  // Some of these rows are older than the same contract's among the rates.
  const age = listing.key % OLDER_ROW_EVERY === 0 ? STEP_MS : 0;
  const prices = pricesAt(listing, view.nowMs - age);
  return {
    contractId: listing.key % 10_000,
    symbol: listing.symbol,
    lastPrice: price(live.last * alive),
    bid1: price(live.bid * alive),
    ask1: price(live.ask * alive),
    volume24: Math.round((live.volume * alive) / listing.contractSize),
    amount24: rounded(live.turnoverUsd * alive, 4),
    holdVol: Math.round((live.openInterest * alive) / listing.contractSize),
    lower24Price: price(live.low),
    high24Price: price(live.high),
    riseFallRate: rounded(live.last / live.dayAgo - 1, 4),
    riseFallValue: price(live.last - live.dayAgo),
    indexPrice: price(prices.index),
    fairPrice: price(prices.mark),
    fundingRate: rounded(live.rate, RATE_DECIMALS),
    maxBidPrice: price(live.last * 1.1),
    minAskPrice: price(live.last * 0.9),
    timestamp: view.stampMs - age,
    riseFallRates: {
      zone: "UTC+8",
      r: rounded(live.last / live.dayAgo - 1, 4),
      v: price(live.last - live.dayAgo),
      r7: 0.0312,
      r30: -0.0518,
    },
  };
}

function stateOf(listing: Listing): number {
  switch (listing.state) {
    case "settling":
      return 1;
    case "pending":
      return 3;
    case "halted":
      return 4;
    case "live":
    case "pre_market":
    case "gone":
      return 0;
  }
}

function detailRow(listing: Listing): WireRow {
  const { symbol, wireBase } = listing;
  const tick = Number(`1e-${listing.priceDecimals}`);
  return {
    id: listing.key % 10_000,
    symbol,
    displayName: `${symbol}永续`,
    displayNameEn: `${symbol} PERPETUAL`,
    positionOpenType: 3,
    baseCoin: wireBase,
    baseCoinName: wireBase,
    baseCoinId: `${listing.key.toString(16)}f2c1`,
    quoteCoin: listing.quote,
    quoteCoinName: listing.quote,
    settleCoin: listing.settle,
    futureType: listing.product === "dated" ? 2 : 1,
    contractSize: listing.contractSize,
    minLeverage: 1,
    maxLeverage: 100,
    priceScale: listing.priceDecimals,
    volScale: 0,
    amountScale: 4,
    priceUnit: tick,
    volUnit: 1,
    minVol: 1,
    maxVol: 1_000_000,
    limitMaxVol: 1_000_000,
    bidLimitPriceRate: 0.1,
    askLimitPriceRate: 0.1,
    takerFeeRate: 0.0004,
    makerFeeRate: 0.0001,
    maintenanceMarginRate: 0.004,
    initialMarginRate: 0.008,
    riskBaseVol: 10_000,
    riskIncrVol: 200_000,
    riskLongShortSwitch: 0,
    riskIncrMmr: 0.004,
    riskIncrImr: 0.004,
    riskLevelLimit: 5,
    priceCoefficientVariation: 0.1,
    indexOrigin: ["BINANCE", "BYBIT", "OKX", "MEXC"],
    state: stateOf(listing),
    apiAllowed: !listing.marks.has("web_only"),
    isNew: false,
    isHot: false,
    isHidden: false,
    conceptPlate: [],
    conceptPlateId: [],
    riskLimitType: "BY_VOLUME",
    maxNumOrders: [200, 50],
    marketOrderMaxLevel: 20,
    marketOrderPriceLimitRate1: 0.2,
    marketOrderPriceLimitRate2: 0.005,
    triggerProtect: 0.1,
    appraisal: 0,
    automaticDelivery: 0,
    createTime: listing.listedAtMs,
    openingTime: listing.listedAtMs,
    depthStepList: [String(listing.priceDecimals)],
    // Documented as "suspended"; but it is on the shares, which trade.
    type: listing.asset.kind === "stock" ? 2 : 1,
    stopOnlyFair: false,
  };
}

function refused(status: number, code: number, message: string): WireError {
  return wireError(status, { success: false, code, message });
}

const wrap = (data: unknown): unknown => ({ success: true, code: 0, data });

const unknownContract = refused(200, 1001, "Contract does not exist");

/** The only contract of a request, as an object where the list is an array. */
const one: Call["one"] = {
  name: "symbol",
  unknown: unknownContract,
  wrap,
};
/** The reply of one contract is not how a refresh gets its rates. */
const rates: Call = {
  kind: ({ symbol }) => (symbol === null ? "rates" : "secondary"),
  row: fundingRow,
  one,
};
const details: Call = {
  kind: "list",
  has: (row) => onWire(row) && !isUnlisted(row),
  row: detailRow,
};

const pageSize = (view: MarketView, { query }: Asked): number =>
  countOf(view, query.get("page_size"), { usual: 20, max: 100 });

/** A page of all rows, newest first, with how many there are. */
const pastRates: Call = {
  kind: "history",
  has: onWire,
  one: { name: "symbol", unknown: unknownContract, missing: refused(200, 600, "Parameter error") },
  past: (listing, view, asked) =>
    pageOf(
      paymentsOf(listing, view, WHOLE_PAST),
      pageSize(view, asked),
      asked.query.get("page_num"),
    ).map(({ rate, slotMs, intervalHours }) => ({
      symbol: listing.symbol,
      fundingRate: rounded(rate, RATE_DECIMALS),
      settleTime: slotMs,
      collectCycle: intervalHours,
    })),
  wrap: (resultList, view, asked) => {
    const listing = view.listings.find(({ symbol }) => symbol === asked.symbol);
    const totalCount = listing === undefined ? 0 : paymentsOf(listing, view, WHOLE_PAST).length;
    const size = pageSize(view, asked);
    const currentPage = Number(asked.query.get("page_num") ?? 1);
    const totalPage = Math.ceil(totalCount / size);
    return wrap({ pageSize: size, totalCount, totalPage, currentPage, resultList });
  },
};

function show(listing: Listing, view: MarketView): Shown {
  const funding = fundingRow(listing, view);
  const ticker = tickerRow(listing, view);
  const mark = Number(funding["fairPrice"]);
  return {
    asset_class: listing.asset.kind === "stock" ? "stock" : null,
    funding_rate: Number(funding["fundingRate"]),
    funding_interval_hours: Number(funding["collectCycle"]),
    next_funding_time: Number(funding["nextSettleTime"]) / 1000,
    mark_price: mark,
    index_price: Number(funding["idxPrice"]),
    volume_24h_usd: Number(ticker["amount24"]),
    open_interest_usd: Number(ticker["holdVol"]) * listing.contractSize * mark,
  };
}

export const mexc: ExchangeEncoder = encoderOfCalls({
  id: "mexc",
  fields: { rate: "fundingRate", prices: ["idxPrice", "fairPrice"], symbol: "symbol" },
  createListings,
  calls: {
    [`${PREFIX}/funding_rate`]: rates,
    [`${PREFIX}/funding_rate/{symbol}`]: rates,
    [`${PREFIX}/funding_rate/history`]: pastRates,
    [`${PREFIX}/ticker`]: { kind: "secondary", row: tickerRow, one },
    [`${PREFIX}/detail`]: details,
    [`${PREFIX}/detail/country`]: details,
  },
  wrap,
  notFound: refused(404, 404, "Not Found"),
  show,
  historyLimit: { requests: 20, perMs: 2_000 },
  rateLimitBody: {
    success: false,
    code: 510,
    message: "Requests are too frequent, please try again later",
  },
  errorBody: { success: false, code: 500, message: "Internal error" },
  delistedState: "gone",
  usual: ["funding_rate", "ticker", "detail"].map((name) => ({ path: `${PREFIX}/${name}` })),
});
