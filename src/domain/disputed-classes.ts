import type { AssetClass } from "./quote.ts";

/**
 * Names that mean one thing wherever they are listed and whose class exchanges dispute: a token of gold is a coin to
 * one and a metal to the next. As of 2026-09. No name belongs here that is a ticker of two things.
 */
const CLASS_OF_DISPUTED: ReadonlyMap<string, AssetClass> = new Map([
  // Tokens that are traded as coins, whatever they stand for.
  ["PAXG", "crypto"],
  ["XAUT", "crypto"],
  ["USDC", "crypto"],
  // Ounces of the metal itself.
  ["XAU", "metal"],
  ["XAG", "metal"],
  ["EUR", "forex"],
]);

/** Classes that exchanges use for the same thing: gold is a metal here and a commodity there. */
const KIND_OF_CLASS: Readonly<Record<AssetClass, string>> = {
  crypto: "crypto",
  stock: "equity",
  etf: "equity",
  index: "equity",
  metal: "commodity",
  commodity: "commodity",
  forex: "forex",
};

/** Crypto, equity, commodity or forex; null for no class. */
export function kindOfClass(assetClass: AssetClass | null): string | null {
  return assetClass === null ? null : KIND_OF_CLASS[assetClass];
}

/**
 * The class of a listing: by the table for a disputed name, whatever its exchange says; else what that says. Where an
 * exchange says nothing, null stays: the name alone proves no class.
 */
export function settledClass(base: string, stated: AssetClass | null): AssetClass | null {
  return stated === null ? null : (CLASS_OF_DISPUTED.get(base) ?? stated);
}
