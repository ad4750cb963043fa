/** Converts tickers to canonical assets. No guessing: only documented prefixes are stripped. */

/** A ticker as an asset and the number of its units in one priced unit. */
export interface CanonicalAsset {
  readonly base: string;
  readonly multiplier: number;
}

/** Separates names in lists; no name in a list may contain it. */
export const LIST_SEPARATOR = ",";

/** Separates a name and its number, for another asset with that name (LIT~2); no ticker contains it. */
export const ASSET_MARK = "~";

/** Aliases that mean the same on every exchange that uses them. */
const ALIASES: Readonly<Record<string, string>> = { XBT: "BTC" };

/** Digits before a letter: 1000PEPE, 10000CAT, 1000000MOG. Followed by letters only, so 1INCH and 0G stay. */
const NUMERIC_PREFIX = /^(1000000|100000|10000|1000)(?=\p{L})(.+)$/u;
/** 1MBABYDOGE: "1M" before at least three letters. */
const MILLION_PREFIX = /^1M(?=\p{Lu}{3})(.+)$/u;
/** SHIB1000: the suffix form. */
const NUMERIC_SUFFIX = /^(\p{L}{2,})(1000000|10000|1000)$/u;
/** kPEPE: a lower-case k before capitals. */
const KILO_PREFIX = /^k(?=\p{Lu}{2})(.+)$/u;

/** Documented forms of multipliers; an adapter names those that its exchange documents. */
export type MultiplierForm = "numeric_prefix" | "million_prefix" | "numeric_suffix" | "kilo_prefix";

/**
 * The canonical asset of a ticker: alias resolved, documented multiplier forms removed.
 * Example: canonicalAsset("1000PEPE", ["numeric_prefix"]) is { base: "PEPE", multiplier: 1000 }.
 */
export function canonicalAsset(ticker: string, forms: readonly MultiplierForm[]): CanonicalAsset {
  for (const form of forms) {
    const found = strip(ticker, form);
    if (found !== null) return { base: alias(found.base), multiplier: found.multiplier };
  }
  return { base: alias(ticker), multiplier: 1 };
}

/** The canonical spelling of an asset as a user types it: trimmed, upper case, alias resolved. */
export function canonicalBase(text: string): string {
  return alias(text.trim().toUpperCase());
}

/** The aliases of an asset that are unambiguous on every exchange. */
export function aliasTickers(base: string): readonly string[] {
  return Object.keys(ALIASES).filter((ticker) => ALIASES[ticker] === base);
}

function alias(ticker: string): string {
  const upper = ticker.toUpperCase();
  return ALIASES[upper] ?? upper;
}

function strip(ticker: string, form: MultiplierForm): CanonicalAsset | null {
  switch (form) {
    case "numeric_prefix": {
      const match = NUMERIC_PREFIX.exec(ticker);
      return match?.[1] && match[2] ? { base: match[2], multiplier: Number(match[1]) } : null;
    }
    case "million_prefix": {
      const match = MILLION_PREFIX.exec(ticker);
      return match?.[1] ? { base: match[1], multiplier: 1_000_000 } : null;
    }
    case "numeric_suffix": {
      const match = NUMERIC_SUFFIX.exec(ticker);
      return match?.[1] && match[2] ? { base: match[1], multiplier: Number(match[2]) } : null;
    }
    case "kilo_prefix": {
      const match = KILO_PREFIX.exec(ticker);
      return match?.[1] ? { base: match[1], multiplier: 1000 } : null;
    }
  }
}
