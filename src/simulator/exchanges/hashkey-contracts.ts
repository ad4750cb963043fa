import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import type { ListingPlan, Roster } from "../roster.ts";
import { tickText, trimmed } from "../wire-text.ts";
import type { MarketView, WireRow } from "../wire.ts";

const SPOT_COINS = 30;
const CONTRACT_SIZES: Readonly<Record<string, number>> = { BTC: 0.001, ETH: 0.01 };

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const byTicker = new Map(assets.byKind.coin.map((asset) => [asset.ticker, asset]));
  const add = (ticker: string, extra: Partial<ListingPlan> = {}): void => {
    const asset: Asset | undefined = byTicker.get(ticker);
    if (asset === undefined) return;
    roster.add({
      asset,
      symbol: `${ticker}USDT-PERPETUAL`,
      quote: "USDT",
      settle: "USDT",
      intervalHours: 8,
      contractSize: CONTRACT_SIZES[ticker] ?? 1,
      ...extra,
    });
  };
  add("BTC");
  add("ETH");
  add("SOL", { state: "halted" });
  add("BTC", { symbol: "BTCUSD-PERPETUAL", quote: "USD", settle: "BTC", product: "inverse" });
  add("BTC", {
    symbol: "BTCHKD-PERPETUAL",
    quote: "HKD",
    settle: "HKD",
    product: "other",
    marks: ["foreign_settle"],
  });
  for (const { ticker } of assets.byKind.coin.slice(0, Math.round(SPOT_COINS * scale))) {
    add(ticker, { symbol: `${ticker}USDT`, product: "other", marks: ["spot"] });
  }
}

export const isSpot = (listing: Listing): boolean => listing.marks.has("spot");
export const isContract = (listing: Listing): boolean =>
  listing.state !== "gone" && !isSpot(listing);

function filtersOf(tick: string, opens: boolean): readonly WireRow[] {
  return [
    { minPrice: tick, maxPrice: "100000.00000000", tickSize: tick, filterType: "PRICE_FILTER" },
    {
      minQty: "0.001",
      maxQty: "10",
      stepSize: "0.001",
      marketOrderMinQty: "0",
      marketOrderMaxQty: "0",
      filterType: "LOT_SIZE",
    },
    { minNotional: opens ? "1" : "0", filterType: "MIN_NOTIONAL" },
    {
      maxSellPrice: "999999",
      buyPriceUpRate: "0.05",
      sellPriceDownRate: "0.05",
      ...(opens ? {} : { maxEntrustNum: 200, maxConditionNum: 200 }),
      filterType: "LIMIT_TRADING",
    },
    { buyPriceUpRate: "0.05", sellPriceDownRate: "0.05", filterType: "MARKET_TRADING" },
    {
      noAllowMarketStartTime: "0",
      noAllowMarketEndTime: "0",
      limitOrderStartTime: "0",
      limitOrderEndTime: "0",
      limitMinPrice: "0",
      limitMaxPrice: "0",
      filterType: "OPEN_QUOTE",
    },
  ];
}

const tickOf = (listing: Listing): string => tickText(listing.priceDecimals);

function spotRow(listing: Listing): WireRow {
  return {
    symbol: listing.symbol,
    symbolName: listing.symbol,
    status: "TRADING",
    baseAsset: listing.wireBase,
    baseAssetName: listing.wireBase,
    baseAssetPrecision: "0.00001",
    quoteAsset: listing.quote,
    quoteAssetName: listing.quote,
    quotePrecision: "0.0000001",
    retailAllowed: true,
    piAllowed: true,
    corporateAllowed: true,
    omnibusAllowed: true,
    icebergAllowed: false,
    isAggregate: false,
    allowMargin: false,
    filters: filtersOf(tickOf(listing), true),
  };
}

export function contractRow(listing: Listing): WireRow {
  const risk = (id: string, quantity: string, maintMargin: string): WireRow => ({
    riskLimitId: id,
    quantity,
    initialMargin: "0.10",
    maintMargin,
    isWhite: false,
  });
  const isInverse = listing.product === "inverse";
  return {
    filters: filtersOf(tickOf(listing), false),
    exchangeId: "301",
    symbol: listing.symbol,
    symbolName: listing.symbol,
    status: listing.state === "halted" || isInverse ? "HALT" : "TRADING",
    // The whole symbol, not the coin.
    baseAsset: listing.symbol,
    baseAssetPrecision: "0.001",
    quoteAsset: listing.quote,
    quoteAssetPrecision: tickOf(listing),
    icebergAllowed: false,
    inverse: isInverse,
    index: listing.quote,
    marginToken: listing.settle,
    marginPrecision: "0.0001",
    contractMultiplier: trimmed(listing.contractSize, 8),
    underlying: listing.wireBase,
    riskLimits: [risk("200000722", "1000.00", "0.005"), risk("200000723", "2000.00", "0.01")],
  };
}

export function exchangeInfo(contracts: readonly WireRow[], view: MarketView): unknown {
  const coins = view.listings.filter(isSpot).map(({ wireBase }) => ({
    orgId: "9001",
    coinId: wireBase,
    coinName: wireBase,
    coinFullName: wireBase,
    allowWithdraw: true,
    allowDeposit: true,
    tokenType: "CHAIN_TOKEN",
    chainTypes: [],
  }));
  return {
    timezone: "UTC",
    serverTime: String(view.nowMs),
    brokerFilters: [],
    symbols: view.listings.filter(isSpot).map(spotRow),
    options: [],
    contracts,
    coins,
  };
}
