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
  // Funds, which some name for their index and some for how they are traded.
  ["SPY", "etf"],
  ["QQQ", "etf"],
  ["IWM", "etf"],
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

/** Of classes that equally many state, the first: who has no word for funds calls one a share, and anything a coin. */
const NARROWEST_FIRST = [
  "metal",
  "etf",
  "index",
  "forex",
  "commodity",
  "stock",
  "crypto",
] as const satisfies readonly AssetClass[];

/** What an exchange says that one of the listings of an asset is. */
export interface ClassStatement {
  readonly exchange: string;
  readonly assetClass: AssetClass | null;
}

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

/**
 * The class of an asset that several exchanges list: by the table for its name; else the one that most exchanges state,
 * among those of the kind that most state. Null where none states any.
 */
export function classOfAsset(
  name: string,
  statements: readonly ClassStatement[],
): AssetClass | null {
  const stated = new Set(statements.map(({ assetClass }) => assetClass));
  const classes = NARROWEST_FIRST.filter((assetClass) => stated.has(assetClass));
  const [only = null, ...others] = classes;
  const byTable = CLASS_OF_DISPUTED.get(name);
  if (only === null) return null;
  if (others.length === 0 || byTable !== undefined) return byTable ?? only;
  const ofClass = voices(statements, (assetClass) => assetClass);
  const ofKind = voices(statements, kindOfClass);
  const [first = null] = classes.toSorted(
    (left, right) =>
      ofKind(kindOfClass(right)) - ofKind(kindOfClass(left)) || ofClass(right) - ofClass(left),
  );
  return first;
}

/** Tells how many exchanges state something: one that states it of many listings has one voice. */
function voices<T>(
  statements: readonly ClassStatement[],
  wordOf: (assetClass: AssetClass | null) => T,
): (word: T) => number {
  const exchangesOf = new Map<T, Set<string>>();
  for (const { exchange, assetClass } of statements) {
    const word = wordOf(assetClass);
    exchangesOf.set(word, (exchangesOf.get(word) ?? new Set()).add(exchange));
  }
  return (word) => exchangesOf.get(word)?.size ?? 0;
}
