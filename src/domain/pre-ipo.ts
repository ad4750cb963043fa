import type { AssetClass } from "./quote.ts";

/**
 * Companies that are not public yet, by the names of contracts on them that exchanges call pre-IPO, pre-market or
 * pre-launch (as of 2026-09). A company is removed when it goes public: SpaceX trades as SPCX.
 */
const PRE_IPO_NAMES = [
  "OPENAI", // weex, binance, aster, gate, kucoin, bybit, cryptocom, extended
  "ANTHROPIC", // aevo, kraken, gate, kucoin, cryptocom
  "ANTH", // hyperliquid's io:ANTH
  "ANDURIL", // gate
];

/** Such a name with one or more of the exchanges' prefixes and suffixes: PREOPENAI, OPENAIIPO, PRE-OPENAI-USD. */
const NAME_OF_COMPANY = new RegExp(
  `^(?:PRE[-_]?)?(?:${PRE_IPO_NAMES.join("|")})(?:[-_]?(?:X|IPO|PRE|STOCK|USD[CT]?))*$`,
);

/**
 * Coins named after a company cost less than this in dollars; the shares are quoted at 120 to 2,100 (2026-09), and at a
 * tenth of that on okx.
 */
const MIN_SHARE_PRICE = 1;

/** The fields that identify a listing, as far as the adapter has read them. Prices are for `multiplier` units. */
interface Named {
  readonly base?: string;
  readonly assetClass?: AssetClass | null;
  readonly multiplier?: number;
}

/** These fields at the top level or under `identity`. */
export interface NamedListing extends Named {
  readonly identity?: Named;
  readonly indexPrice?: number | null;
  readonly markPrice?: number | null;
  readonly lastPrice?: number | null;
}

/** The class of a listing without any mark: a coin, except for a name in the table. */
export function coinByExclusion(base: string): AssetClass | null {
  return NAME_OF_COMPANY.test(base) ? null : "crypto";
}

/**
 * Whether a listing is a contract on a company that is not public yet, by its name. A coin may have the same name: it
 * counts as one if its exchange calls it crypto and its price is too low for a share; the class alone is not enough.
 */
export function isPreIpo(listing: NamedListing): boolean {
  const { base, assetClass, multiplier = 1 } = listing.identity ?? listing;
  if (base === undefined || !NAME_OF_COMPANY.test(base)) return false;
  const price = listing.indexPrice ?? listing.markPrice ?? listing.lastPrice ?? null;
  return assetClass !== "crypto" || price === null || price / multiplier >= MIN_SHARE_PRICE;
}
