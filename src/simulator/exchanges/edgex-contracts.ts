import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tickText, trimmed } from "../wire-text.ts";
import type { MarketView, WireRow } from "../wire.ts";

const COINS = 29;
const STOCKS = 12;
/** Gold has neither the mark of a share nor of a currency. */
const METALS = 1;
const CURRENCIES = 1;
const HALTED = 5;
const HIDDEN = 2;
/** Contracts in all, at full scale: with the LIT and the test contract. */
export const CONTRACTS = COINS + STOCKS + METALS + CURRENCIES + HALTED + HIDDEN + 2;
export const FIRST_ID = 10_000_001;
/** Above all the coins that contracts are quoted in, however many there are. */
const FIRST_COIN_ID = 2_001;
const QUOTE_COIN = { coinId: "1000", coinName: "USDT" };
/** The collateral is another dollar than the quote currency. */
const COLLATERAL_COIN = { coinId: "1100", coinName: "USDC" };
export const DAILY_INTEREST = 0.0003;
const KILO = new Set("PEPE SHIB BONK FLOKI".split(" "));
/** Relisted contracts have a version in their name, their coin does not. */
const VERSIONS: Readonly<Record<string, string>> = { BNB: "BNB2USDT", LINK: "LINK2USDT" };
const HOURS = [
  [4, 0.86],
  [1, 0.07],
  [8, 0.07],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const kilo = asset.kind === "coin" && KILO.has(asset.ticker);
    const wireBase = kilo ? `1000${asset.ticker}` : asset.ticker;
    const symbol = extra.symbol ?? VERSIONS[asset.ticker] ?? `${wireBase}USDT`;
    const marks = [
      ...(roster.draw(symbol, "forecast") < 0.1 ? ["no_forecast"] : []),
      ...(roster.draw(symbol, "mark") < 0.12 ? ["no_mark"] : []),
    ];
    return roster.add({
      asset,
      wireBase,
      multiplier: kilo ? 1000 : 1,
      quote: QUOTE_COIN.coinName,
      settle: COLLATERAL_COIN.coinName,
      intervalHours: drawHours(roster, symbol, HOURS),
      marks,
      ...extra,
      symbol,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  add(assets.litOld);
  for (const asset of assets.byKind.stock.slice(0, Math.round(STOCKS * scale))) add(asset);
  for (const asset of assets.byKind.metal.slice(0, METALS)) add(asset);
  for (const asset of assets.byKind.forex.slice(0, CURRENCIES)) add(asset);
  const rest = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of rest.slice(0, HALTED)) add(asset, { state: "halted" });
  for (const asset of rest.slice(HALTED, HALTED + HIDDEN)) add(asset, { state: "pending" });
  const [btc] = coins;
  if (btc) add(btc, { symbol: "TESTBTCUSDT", product: "other", marks: ["test"] });
}

const isStock = (listing: Listing): boolean => listing.asset.kind === "stock";
const isFx = (listing: Listing): boolean => listing.asset.kind === "forex";

/** The class from a contract's two marks: coins and metals have neither. */
export function classOf(listing: Listing): "stock" | "forex" | null {
  if (isFx(listing)) return "forex";
  return isStock(listing) ? "stock" : null;
}

/** Ids and coins are numbered in the order of the listings. */
export function contractIdAt(place: number): string {
  return String(FIRST_ID + place);
}

export function contractIdOf(listing: Listing, view: MarketView): string {
  return contractIdAt(view.listings.indexOf(listing));
}

function coinIdOf(listing: Listing, view: MarketView): string {
  const first = view.listings.findIndex((row) => row.wireBase === listing.wireBase);
  return String(FIRST_COIN_ID + first);
}

export function contractRow(listing: Listing, view: MarketView): WireRow {
  const isTradable = listing.state !== "halted" && !listing.marks.has("test");
  return {
    contractId: contractIdOf(listing, view),
    contractName: listing.symbol,
    baseCoinId: coinIdOf(listing, view),
    quoteCoinId: QUOTE_COIN.coinId,
    tickSize: tickText(listing.priceDecimals),
    stepSize: "0.001",
    minOrderSize: "0.001",
    maxOrderSize: "50.000",
    maxOrderBuyPriceRatio: "0.05",
    minOrderSellPriceRatio: "0.05",
    maxPositionSize: "60.000",
    riskTierList: [
      {
        tier: 1,
        positionValueUpperBound: "50000",
        maxLeverage: "100",
        maintenanceMarginRate: "0.005",
      },
    ],
    defaultTakerFeeRate: "0.00045",
    defaultMakerFeeRate: "0.0004",
    defaultLeverage: "50",
    liquidateFeeRate: "0.01",
    enableTrade: isTradable,
    enableDisplay: isTradable && listing.state !== "pending",
    enableOpenPosition: isTradable,
    fundingInterestRate: String(DAILY_INTEREST),
    fundingImpactMarginNotional: "500",
    fundingMaxRate: trimmed(listing.cap, 6),
    fundingMinRate: `-${trimmed(listing.cap, 6)}`,
    fundingRateIntervalMin: String(listing.intervalHours * 60),
    isStock: isStock(listing),
    isFx: isFx(listing),
  };
}

export function metaData(contractList: readonly WireRow[], view: MarketView): unknown {
  const coins = new Map(
    view.listings.map((row) => [coinIdOf(row, view), { coinName: row.wireBase }] as const),
  );
  const coinRow = (coinId: string, coinName: string): WireRow => ({
    coinId,
    coinName,
    stepSize: "0.001",
    showStepSize: "0.001",
    iconUrl: "",
  });
  return {
    global: {
      appName: "edgeX",
      appEnv: "mainnet",
      appOnlySignOn: "https://pro.edgex.exchange",
      collateralCoinId: COLLATERAL_COIN.coinId,
    },
    coinList: [
      coinRow(QUOTE_COIN.coinId, QUOTE_COIN.coinName),
      coinRow(COLLATERAL_COIN.coinId, COLLATERAL_COIN.coinName),
      ...[...coins].map(([id, { coinName }]) => coinRow(id, coinName)),
    ],
    contractList,
  };
}
