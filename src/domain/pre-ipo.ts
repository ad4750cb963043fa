import type { AssetClass } from "./quote.ts";

/**
 * Companies whose shares are not traded yet, by the names under which exchanges list a contract on them and call it
 * pre-IPO, pre-market or pre-launch (as of 2026-09). One that has gone public leaves the table: SpaceX is traded as SPCX.
 */
const PRE_IPO_NAMES = [
  "OPENAI", // weex, binance, aster, gate, kucoin, bybit, cryptocom, extended
  "ANTHROPIC", // aevo, kraken, gate, kucoin, cryptocom
  "ANTH", // hyperliquid's io:ANTH
  "ANDURIL", // gate
];

/** Such a name with what exchanges put before and after it, one or more: PREOPENAI, ANTHROPICX, OPENAIIPO, PRE-OPENAI-USD. */
const NAME_OF_COMPANY = new RegExp(
  `^(?:PRE[-_]?)?(?:${PRE_IPO_NAMES.join("|")})(?:[-_]?(?:X|IPO|PRE|STOCK|USD[CT]?))*$`,
);

/**
 * A coin that bears the name of a company costs less than this, in dollars; their shares are quoted at 120 to 2,100
 * (2026-09), and at a tenth of that on okx.
 */
const LEAST_SHARE_PRICE = 1;

/** What tells of a listing what it is of, as far as an adapter has read it. Prices are of `multiplier` units. */
interface Named {
  readonly base?: string;
  readonly assetClass?: AssetClass | null;
  readonly multiplier?: number;
}

/** The same flat, or under `identity`. */
export interface NamedListing extends Named {
  readonly identity?: Named;
  readonly indexPrice?: number | null;
  readonly markPrice?: number | null;
  readonly lastPrice?: number | null;
}

/** The class of what an exchange only does not mark as anything else: a coin, but for a name of the table. */
export function coinByExclusion(base: string): AssetClass | null {
  return NAME_OF_COMPANY.test(base) ? null : "crypto";
}

/**
 * Whether a listing is a contract on shares that are not traded yet, by its name. A coin may bear any name: it is one
 * where its exchange calls it crypto and its price is that of no share. The word alone is not believed.
 */
export function isPreIpo(listing: NamedListing): boolean {
  const { base, assetClass, multiplier = 1 } = listing.identity ?? listing;
  if (base === undefined || !NAME_OF_COMPANY.test(base)) return false;
  const price = listing.indexPrice ?? listing.markPrice ?? listing.lastPrice ?? null;
  return assetClass !== "crypto" || price === null || price / multiplier >= LEAST_SHARE_PRICE;
}
