import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { tickText, trimmed } from "../wire-text.ts";
import type { MarketView, WireRow } from "../wire.ts";

type Generation = "v2" | "v3";

/** A row of the tickers call in either API generation; the numbers are the same. */
export function tickerRow(listing: Listing, view: MarketView, generation: Generation): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const rate = listing.product === "dated" ? "" : trimmed(live.rate, 6);
  const coins = trimmed(live.volume, 4);
  const turnover = trimmed(live.turnoverUsd, 5);
  // Sums of many positions carry floating-point noise on the wire.
  const open = String(Number(trimmed(live.openInterest, 4)));
  const change = trimmed(live.last / live.dayAgo - 1, 5);
  const high = price(live.high);
  const low = price(live.low);
  const delivery = listing.product === "dated" ? String(listing.deliveryAtMs) : null;
  const indexPrice = trimmed(live.index, listing.priceDecimals + 3);
  const shared = {
    symbol: listing.symbol,
    ts: String(view.stampMs),
    indexPrice,
    fundingRate: rate,
  };
  if (generation === "v3") {
    return {
      category: `${listing.settle}-FUTURES`,
      ...shared,
      lastPrice: price(live.last),
      openPrice24h: price(live.dayAgo),
      highPrice24h: high,
      lowPrice24h: low,
      ask1Price: price(live.ask),
      bid1Price: price(live.bid),
      bid1Size: trimmed(live.volume / 9_000, 3),
      ask1Size: trimmed(live.volume / 8_000, 3),
      price24hPcnt: change,
      volume24h: coins,
      turnover24h: turnover,
      markPrice: price(live.mark),
      openInterest: open,
      deliveryStartTime: "",
      deliveryTime: delivery ?? "",
      deliveryStatus: delivery === null ? "" : "delivery_normal",
    };
  }
  return {
    ...shared,
    lastPr: price(live.last),
    askPr: price(live.ask),
    bidPr: price(live.bid),
    bidSz: trimmed(live.volume / 9_000, 3),
    askSz: trimmed(live.volume / 8_000, 3),
    high24h: high,
    low24h: low,
    change24h: change,
    baseVolume: coins,
    quoteVolume: turnover,
    usdtVolume: turnover,
    openUtc: price(live.dayAgo),
    changeUtc24h: change,
    holdingAmount: open,
    deliveryStartTime: null,
    deliveryTime: delivery,
    deliveryStatus: delivery === null ? "" : "delivery_normal",
    open24h: price(live.dayAgo),
    markPrice: price(live.mark),
  };
}

export function turnoverOf(v3Ticker: WireRow): unknown {
  return v3Ticker["turnover24h"];
}

/** A row of v3 instruments or v2 contracts. */
export function instrumentRow(listing: Listing, generation: Generation): WireRow {
  const type = listing.product === "dated" ? "delivery" : "perpetual";
  const delivery = listing.product === "dated" ? String(listing.deliveryAtMs) : "";
  const shared = {
    symbol: listing.symbol,
    baseCoin: listing.wireBase,
    quoteCoin: listing.quote,
    buyLimitPriceRatio: "0.05",
    sellLimitPriceRatio: "0.05",
    feeRateUpRatio: "0.005",
    makerFeeRate: "0.0002",
    takerFeeRate: "0.0006",
    openCostUpRatio: "0.01",
    maxSymbolOrderNum: "200",
    maxProductOrderNum: "400",
    offTime: "-1",
    limitOpenTime: "-1",
    deliveryTime: delivery,
    deliveryStartTime: "",
    deliveryPeriod: "",
    launchTime: String(listing.listedAtMs),
    fundInterval: String(listing.intervalHours),
    maintainTime: "",
  };
  if (generation === "v3") {
    return {
      ...shared,
      category: `${listing.settle}-FUTURES`,
      minOrderQty: "0.1",
      maxOrderQty: "1000000",
      maxMarketOrderQty: "100000",
      minOrderAmount: "5",
      pricePrecision: String(listing.priceDecimals),
      quantityPrecision: "1",
      quotePrecision: "8",
      priceMultiplier: tickText(listing.priceDecimals),
      quantityMultiplier: "0.1",
      type,
      minLeverage: "1",
      maxLeverage: "50",
      maxPositionNum: "150",
      status:
        listing.state === "live" ? "online" : listing.state === "pending" ? "listed" : "limit_open",
      isRwa: listing.marks.has("rwa") ? "YES" : "NO",
      symbolType: symbolTypeOf(listing),
    };
  }
  return {
    ...shared,
    supportMarginCoins: [listing.settle],
    minTradeNum: "0.1",
    priceEndStep: "1",
    volumePlace: "1",
    pricePlace: String(listing.priceDecimals),
    sizeMultiplier: "0.1",
    symbolType: type,
    minTradeUSDT: "5",
    maxPositionNum: "150",
    symbolStatus:
      listing.state === "live" ? "normal" : listing.state === "pending" ? "listed" : "maintain",
    minLever: "1",
    maxLever: "50",
    posLimit: "0.05",
  };
}

/** Indexes are listed as stocks, forex as coins. */
function symbolTypeOf({ asset }: Listing): string {
  switch (asset.kind) {
    case "stock":
    case "index":
      return "stock";
    case "metal":
    case "commodity":
      return asset.kind;
    default:
      return "crypto";
  }
}
