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

/**
 * The class of a listing: by the table for a disputed name, whatever its exchange says; else what that says. Where an
 * exchange says nothing, null stays: the name alone proves no class.
 */
export function settledClass(base: string, stated: AssetClass | null): AssetClass | null {
  return stated === null ? null : (CLASS_OF_DISPUTED.get(base) ?? stated);
}
