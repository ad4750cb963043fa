import type { Listing } from "../listing.ts";
import { liveNumbers, pricesAt, STEP_MS } from "../market.ts";
import { collectTruth, namesOf, type TrueInstrument } from "../truth.ts";
import { rounded } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireError,
  wireList,
} from "../wire.ts";
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
    bid1: price(live.last * 0.9999 * alive),
    ask1: price(live.last * 1.0001 * alive),
    volume24: Math.round((live.volume * alive) / listing.contractSize),
    amount24: rounded(live.turnoverUsd * alive, 4),
    holdVol: Math.round((live.openInterest * alive) / listing.contractSize),
    lower24Price: price(Math.min(live.last, live.dayAgo) * 0.99),
    high24Price: price(Math.max(live.last, live.dayAgo) * 1.01),
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

function refused(status: number, code: number, message: string): WireReply {
  return wireError(status, { success: false, code, message });
}

const wrap = (data: readonly WireRow[]): unknown => ({ success: true, code: 0, data });

/** The only contract of a request, as an object where the list is an array. */
function oneOf(
  symbol: string,
  key: string,
  row: (listing: Listing, view: MarketView) => WireRow,
): WireReply {
  return {
    ...wireList(
      "secondary",
      key,
      (view) =>
        view.listings
          .filter((each) => each.symbol === symbol && onWire(each))
          .map((each) => row(each, view)),
      (rows) => ({ success: true, code: 0, data: rows[0] }),
    ),
    whenEmpty: wireError(200, { success: false, code: 1001, message: "Contract does not exist" }),
  };
}

function route({ path, host, query, method }: WireRequest): WireReply {
  if (host !== null || method !== "GET" || !path.startsWith(`${PREFIX}/`)) {
    return refused(404, 404, "Not Found");
  }
  const [name = "", inPath, ...deeper] = path.slice(PREFIX.length + 1).split("/");
  const symbol = (name === "funding_rate" ? inPath : undefined) ?? query.get("symbol");
  const isKnown = inPath === undefined || name === "funding_rate" || inPath === "country";
  if (!isKnown || deeper.length > 0) return refused(404, 404, "Not Found");
  if (name === "funding_rate") {
    if (symbol !== null) return oneOf(symbol, `${name}?${symbol}`, fundingRow);
    return wireList(
      "rates",
      name,
      (view) => view.listings.filter(onWire).map((row) => fundingRow(row, view)),
      wrap,
    );
  }
  if (name === "ticker" && inPath === undefined) {
    if (symbol !== null) return oneOf(symbol, `${name}?${symbol}`, tickerRow);
    return wireList(
      "secondary",
      name,
      (view) => view.listings.filter(onWire).map((row) => tickerRow(row, view)),
      wrap,
    );
  }
  if (name !== "detail") return refused(404, 404, "Not Found");
  return wireList(
    "list",
    name,
    (view) => view.listings.filter((row) => onWire(row) && !isUnlisted(row)).map(detailRow),
    wrap,
  );
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  const funding = fundingRow(listing, view);
  const ticker = tickerRow(listing, view);
  const mark = Number(funding["fairPrice"]);
  return {
    ...namesOf(listing),
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

export const mexc: ExchangeEncoder = {
  id: "mexc",
  fields: {
    rate: "fundingRate",
    prices: ["idxPrice", "fairPrice"],
    symbolOf: (row) => String(row["symbol"]),
  },
  createListings,
  route,
  rateLimitBody: {
    success: false,
    code: 510,
    message: "Requests are too frequent, please try again later",
  },
  errorBody: { success: false, code: 500, message: "Internal error" },
  delistedState: "gone",
  truth: (view) => collectTruth(view.listings, onWire, (row) => show(row, view)),
  usual: ["funding_rate", "ticker", "detail"].map((name) => ({ path: `${PREFIX}/${name}` })),
};
