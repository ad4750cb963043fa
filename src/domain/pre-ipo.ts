import type { AssetClass } from "./quote.ts";

/**
 * Companies whose shares are not traded yet, by the names under which exchanges list a contract on them and call it
 * pre-IPO, pre-market or pre-launch (as of 2026-09). One that has gone public leaves the table: SpaceX is traded as SPCX.
 */
const PRE_IPO_NAMES: ReadonlySet<string> = new Set([
  "OPENAI", // weex, binance, aster, gate, kucoin, bybit, cryptocom, extended
  "ANTHROPIC", // aevo, kraken, gate, kucoin, cryptocom
  "ANTH", // hyperliquid's io:ANTH
  "ANDURIL", // gate
]);

/** What exchanges put after such a name. */
const ENDING = /(?:X|IPO|STOCK)$/;

/** A listing as far as its name and class tell what it is of: flat, or under `identity`. */
export interface NamedListing {
  readonly base?: string;
  readonly assetClass?: AssetClass | null;
  readonly identity?: Pick<NamedListing, "base" | "assetClass">;
}

/** The class of what an exchange only does not mark as anything else: a coin, but for a name of the table. */
export function coinByExclusion(base: string): AssetClass | null {
  return isPreIpo({ base, assetClass: null }) ? null : "crypto";
}

/**
 * Whether a listing is a contract on shares that are not traded yet, by its name. A coin may bear any name: what its
 * exchange calls crypto is none.
 */
export function isPreIpo(listing: NamedListing): boolean {
  const { base, assetClass } = listing.identity ?? listing;
  if (base === undefined || assetClass === "crypto") return false;
  return PRE_IPO_NAMES.has(base) || PRE_IPO_NAMES.has(base.replace(ENDING, ""));
}
