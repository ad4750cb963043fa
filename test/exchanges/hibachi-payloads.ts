import type { Bodies } from "../support/memory-source.ts";

/** Replies of Hibachi for its tests. */

export const INFO = "/market/exchange-info";
export const INVENTORY = "/market/inventory";
export const [BTC, PEPE, TEMP, EUR] = [
  "BTC/USDT-P",
  "1000PEPE/USDT-P",
  "TEMP/USDT-P",
  "EUR/USDT-P",
];
export const LIVE = [BTC, PEPE, TEMP, EUR];
export const GONE = "GONE/USDT-P";

export const AT = Date.UTC(2026, 9, 5, 13, 30);
export const NEXT = Date.UTC(2026, 9, 5, 14);
export const seconds = (ms: number): number => ms / 1000;

export type Row = Readonly<Record<string, unknown>>;

export const contract = (symbol: string, extra: Row = {}): Row => ({
  displayName: symbol,
  id: 1,
  marketCloseTimestamp: null,
  marketOpenTimestamp: null,
  marketCreationTimestamp: "1727701319.73488",
  settlementSymbol: "USDT",
  status: "LIVE",
  symbol,
  underlyingSymbol: symbol.split("/")[0],
  ...extra,
});
export const CONTRACTS = [
  contract(BTC),
  contract(PEPE),
  contract(TEMP, {
    marketOpenTimestamp: String(seconds(AT - 1000)),
    marketCloseTimestamp: seconds(AT + 86_400_000) + 0.5,
  }),
  contract(EUR),
  contract(GONE, { marketCloseTimestamp: seconds(AT - 1000) }),
  contract("SOON/USDT-P", { marketOpenTimestamp: seconds(AT + 1000) }),
  contract("HALT/USDT-P", { status: "HALTED" }),
  contract("ADA/BTC-P", { settlementSymbol: "BTC" }),
  contract("BTC/USDT"),
];
export const info = (futureContracts: readonly Row[], extra: Row = {}): Row => ({
  feeConfig: { tradeMakerFeeRate: "0.00000000", tradeTakerFeeRate: "0.00045000" },
  futureContracts,
  maintenanceWindow: [],
  status: "NORMAL",
  ...extra,
});
export const market = (symbol: string, figures: Row = {}, category = "CRYPTO") => ({
  contract: contract(symbol, { category }),
  info: {
    bestAskPrice: "64001",
    bestBidPrice: "64000",
    category: null,
    estimatedFundingRate: "-0.000137",
    markPrice: "64000.5",
    openInterestQuantity: "2.5",
    price24hAgo: "63000",
    priceLatest: "42000",
    spotPrice: "64010.25",
    tags: [],
    volume24h: "7503062.1",
    ...figures,
  },
});
export const inventory = (markets: readonly unknown[], extra: Row = {}): Row => ({
  crossChainAssets: [],
  feeConfig: {},
  markets,
  tradingTiers: [],
  ...extra,
});
export const MARKETS = [
  market(BTC),
  market(PEPE, { estimatedFundingRate: "0" }),
  market(TEMP),
  market(EUR, { category: "FxMajor", tags: ["major"] }, "FX"),
  ...CONTRACTS.slice(4).map(({ symbol }) => market(String(symbol))),
];
export const BODIES: Bodies = { [INFO]: info(CONTRACTS), [INVENTORY]: inventory(MARKETS) };
