import type { AssetClass } from "./quote.ts";

/**
 * Names of one thing each, whose class exchanges dispute: a token of gold is a coin to one and a metal to the next. As of
 * 2026-09. Another thing may bear such a ticker all the same (a coin SPY): `classOfAsset` asks which asset is meant.
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
  // Baskets of coins, for which most exchanges have no word.
  ["BTCDOM", "index"],
  ["DEFI", "index"],
]);

/**
 * Of these, what some exchanges call a coin: gold on edgeX and BloFin, the basket wherever coins are what bears no mark.
 * No coin of that ticker is known, as there is one called DEFI.
 */
const CALLED_COINS: ReadonlySet<string> = new Set(["XAU", "XAG", "BTCDOM"]);

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

/**
 * Of classes of one kind that equally many state, the first: it contradicts no wider one, for who has no word for funds
 * calls one a share.
 */
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
  /** Whether the exchange says it of whatever it does not mark as something else: then anybody's own word decides. */
  readonly isClassByExclusion?: boolean;
}

/** An asset and what is said of its listings. */
export interface NamedAsset {
  /** Without a number. */
  readonly name: string;
  readonly statements: readonly ClassStatement[];
}

/** Crypto, equity, commodity or forex; null for no class. */
function kindOfClass(assetClass: AssetClass | null): string | null {
  return assetClass === null ? null : KIND_OF_CLASS[assetClass];
}

/** The kind of class that a listing is said to be of; null where none is, or where the word for a disputed name is wrong. */
export function statedKind(base: string, assetClass: AssetClass | null): string | null {
  return assetClass === "crypto" && CALLED_COINS.has(base) ? null : kindOfClass(assetClass);
}

/**
 * The class of a listing before any price has told which asset it is of: what its exchange says, and by the table only
 * where that says the same more exactly (a fund is no mere share), or where the name is a token's. Letters overrule no
 * other word: a coin or a share may have any ticker. Where an exchange says nothing, null stays.
 */
export function settledClass(base: string, stated: AssetClass | null): AssetClass | null {
  const byTable = CLASS_OF_DISPUTED.get(base);
  if (stated === null || byTable === undefined) return stated;
  const isSameKind = kindOfClass(stated) === kindOfClass(byTable);
  return byTable === "crypto" || isSameKind ? byTable : stated;
}

/**
 * The class of an asset that several exchanges list: by the table for its name where it is what the table means; else
 * the one that most exchanges state, among those of the kind that most state. Null where none states any, and where two
 * kinds are stated by equally many: each listing keeps its own exchange's word. `others` are the assets under the names
 * of the same thing that prices have told from it.
 */
export function classOfAsset(
  name: string,
  statements: readonly ClassStatement[],
  others: OtherAssets = NO_OTHERS,
): AssetClass | null {
  const said = statements.filter(({ assetClass }) => assetClass !== null);
  const own = said.filter(({ isClassByExclusion }) => isClassByExclusion !== true);
  const counted = own.length > 0 ? own : said;
  const byTable = CLASS_OF_DISPUTED.get(name);
  if (byTable === undefined || counted.length === 0) return mostStated(counted);
  const isOther = exchangesThatSay(byTable, said) < (others.exchangesByTable.get(name) ?? 0);
  const isCoin = counted.every(({ assetClass }) => assetClass === "crypto");
  const isCalledCoin = others.count === 0 && CALLED_COINS.has(name);
  const isMeant = !isOther && (byTable === "crypto" || !isCoin || isCalledCoin);
  return isMeant ? byTable : mostStated(counted);
}

/** What the assets beside one tell of it. */
export interface OtherAssets {
  /** By a name of the table: on how many exchanges one of that name has the table's class. */
  readonly exchangesByTable: ReadonlyMap<string, number>;
  readonly count: number;
}

const NO_OTHERS: OtherAssets = { exchangesByTable: new Map(), count: 0 };

/** What all assets of one thing's names, itself among them, tell of each. */
export function assetsBeside(assets: readonly NamedAsset[]): OtherAssets {
  const exchangesByTable = new Map<string, number>();
  for (const { name, statements } of assets) {
    const byTable = CLASS_OF_DISPUTED.get(name);
    if (byTable === undefined) continue;
    const exchanges = exchangesThatSay(byTable, statements);
    exchangesByTable.set(name, Math.max(exchanges, exchangesByTable.get(name) ?? 0));
  }
  return { exchangesByTable, count: assets.length - 1 };
}

/** Null where equally many state classes of two kinds, too. */
function mostStated(statements: readonly ClassStatement[]): AssetClass | null {
  const stated = new Set(statements.map(({ assetClass }) => assetClass));
  const classes = NARROWEST_FIRST.filter((assetClass) => stated.has(assetClass));
  const ofKind = voices(statements, ({ assetClass }) => kindOfClass(assetClass));
  const ofClass = voices(statements, ({ assetClass }) => assetClass);
  const most = Math.max(...classes.map((assetClass) => ofKind(kindOfClass(assetClass))));
  const leading = classes.filter((assetClass) => ofKind(kindOfClass(assetClass)) === most);
  if (new Set(leading.map(kindOfClass)).size > 1) return null;
  const [first = null] = leading.toSorted((left, right) => ofClass(right) - ofClass(left));
  return first;
}

/** Tells how many exchanges state something: one that states it of many listings has one voice. */
function voices<T>(
  statements: readonly ClassStatement[],
  wordOf: (statement: ClassStatement) => T,
): (word: T) => number {
  const exchangesOf = new Map<T, Set<string>>();
  for (const statement of statements) {
    const word = wordOf(statement);
    exchangesOf.set(word, (exchangesOf.get(word) ?? new Set()).add(statement.exchange));
  }
  return (word) => exchangesOf.get(word)?.size ?? 0;
}

function exchangesThatSay(word: AssetClass, statements: readonly ClassStatement[]): number {
  return voices(statements, ({ assetClass }) => assetClass)(word);
}
