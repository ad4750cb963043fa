import type { Asset } from "../assets.ts";
import type { Listing } from "../listing.ts";
import type { TruthAssetClass } from "../truth.ts";
import type { MarketView, WireRow } from "../wire.ts";

/** What deployers set for the dexes that they build: names, fees, funding and what their contracts track. */

/** The builder-deployed dexes: name, instruments, collateral token, what they list. */
export const DEXES: readonly (readonly [
  name: string,
  count: number,
  token: number,
  lists: "tradfi" | "coins",
])[] = [
  ["xyz", 80, 0, "tradfi"],
  ["flx", 16, 360, "tradfi"],
  ["vntl", 15, 360, "tradfi"],
  ["hyna", 25, 235, "coins"],
  ["km", 23, 360, "tradfi"],
  ["abcd", 1, 0, "tradfi"],
  ["cash", 17, 268, "tradfi"],
  ["para", 5, 0, "coins"],
  ["io", 4, 0, "coins"],
  ["mkts", 6, 0, "tradfi"],
];

/** Deployers halve the funding of some assets; the published rate includes that. */
const HALF_FUNDING_DEX = "xyz";

/** The share of the funding that a listing's deployer left. */
export function fundingShareOf(listing: Listing): number {
  return dexOf(listing) === HALF_FUNDING_DEX ? 0.5 : 1;
}

export function dexOf(listing: Listing): string {
  return DEXES.find(([name]) => listing.marks.has(`dex:${name}`))?.[0] ?? "";
}

/** Fees of a deployer: some without growth mode, some with their own scale. */
export function feesOf(listing: Listing): WireRow {
  return {
    ...(listing.key % 4 === 0 ? {} : { growthMode: "enabled" }),
    lastFeeScaleChangeTime: "2025-11-23T17:37:10.033211662",
    deployerFeeScale: listing.key % 8 === 0 ? "0.5" : "1.0",
  };
}

/** The class of what a deployer's contract tracks, in the deployer's own spelling. */
const CATEGORIES: Readonly<Record<Asset["kind"], readonly [string, TruthAssetClass | null]>> = {
  coin: ["crypto", "crypto"],
  basket: ["Indices", "index"],
  stock: ["stocks", "stock"],
  index: ["indices", "index"],
  metal: ["commodities", "commodity"],
  commodity: ["commodities", "commodity"],
  forex: ["FX", "forex"],
  pre_ipo: ["preipo", null],
};

/** Some deployers annotate nothing. */
function categoryOf(listing: Listing): string | null {
  const dex = dexOf(listing);
  return dex === "" || dex === "abcd" ? null : CATEGORIES[listing.asset.kind][0];
}

export function annotations(view: MarketView): WireRow[] {
  return view.listings.flatMap((listing) => {
    const category = categoryOf(listing);
    return category === null ? [] : [{ coin: listing.symbol, note: { category } }];
  });
}

export function classOf(listing: Listing): TruthAssetClass | null {
  if (dexOf(listing) === "") return "crypto";
  return categoryOf(listing) === null ? null : CATEGORIES[listing.asset.kind][1];
}

export function perpDexs(view: MarketView): WireRow[] {
  return DEXES.map(([name]) => ({
    name,
    fullName: `${name} dex`,
    deployer: "0x5e89b26d8d66da9888c835c9bfcc2aa51813e152",
    oracleUpdater: null,
    feeRecipient: null,
    assetToStreamingOiCap: view.listings
      .filter((row) => dexOf(row) === name)
      .map((row) => [row.symbol, "1000000.0"]),
    assetToFundingMultiplier: view.listings
      .filter((row) => dexOf(row) === name)
      .map((row) => [row.symbol, name === HALF_FUNDING_DEX ? "0.5" : "1.0"]),
  }));
}
