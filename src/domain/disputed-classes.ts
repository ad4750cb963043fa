import type { AssetClass } from "./quote.ts";

/**
 * Names whose class exchanges disagree on: a gold token is a coin on one and a metal on the next. As of 2026-09.
 * Another asset may have such a ticker, too (a coin SPY): `classOfAsset` decides which one is meant.
 */
const CLASS_OF_DISPUTED: ReadonlyMap<string, AssetClass> = new Map([
  // Tokens that trade as coins, whatever backs them.
  ["PAXG", "crypto"],
  ["XAUT", "crypto"],
  ["USDC", "crypto"],
  // Ounces of the metal itself.
  ["XAU", "metal"],
  ["XAG", "metal"],
  ["EUR", "forex"],
  // Funds, which some exchanges classify by their index and some by how they trade.
  ["SPY", "etf"],
  ["QQQ", "etf"],
  ["IWM", "etf"],
  // Baskets of coins, for which most exchanges have no class.
  ["BTCDOM", "index"],
  ["DEFI", "index"],
]);

/**
 * Those that some exchanges call a coin: gold on edgeX and BloFin, the basket wherever anything unmarked is a coin.
 * No coin with these tickers is known (unlike DEFI, which is also a coin).
 */
const SOMETIMES_COINS: ReadonlySet<string> = new Set(["XAU", "XAG", "BTCDOM"]);

/** Families of classes that exchanges use for the same thing: gold is a metal here and a commodity there. */
const FAMILY_OF_CLASS: Readonly<Record<AssetClass, string>> = {
  crypto: "crypto",
  stock: "equity",
  etf: "equity",
  index: "equity",
  metal: "commodity",
  commodity: "commodity",
  forex: "forex",
};

/**
 * Breaks ties within a class family: the first one wins. A narrow class does not contradict a wider one, because an
 * exchange without a class for funds calls a fund a stock.
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

/** The class that an exchange states for one listing of an asset. */
export interface ClassStatement {
  readonly exchange: string;
  readonly assetClass: AssetClass | null;
  /** Whether the exchange uses this class for everything without another mark: any other exchange's class then wins. */
  readonly isClassByExclusion?: boolean;
}

/** An asset and the classes stated for its listings. */
export interface NamedAsset {
  /** Without the number. */
  readonly name: string;
  readonly statements: readonly ClassStatement[];
}

/** The family of a class: crypto, equity, commodity or forex; null for no class. */
function classFamily(assetClass: AssetClass | null): string | null {
  return assetClass === null ? null : FAMILY_OF_CLASS[assetClass];
}

/** The class family stated for a listing; null if none is stated, or if it is known to be wrong for a disputed name. */
export function statedFamily(base: string, assetClass: AssetClass | null): string | null {
  return assetClass === "crypto" && SOMETIMES_COINS.has(base) ? null : classFamily(assetClass);
}

/**
 * The class of a listing before prices show which asset it is: the one that its exchange states. The table only makes
 * it more specific (a fund instead of a stock) or a coin for a token's name; it overrules nothing else, since a coin or
 * a stock may have any ticker. Null stays null.
 */
export function settledClass(base: string, stated: AssetClass | null): AssetClass | null {
  const byTable = CLASS_OF_DISPUTED.get(base);
  if (stated === null || byTable === undefined) return stated;
  const isSameFamily = classFamily(stated) === classFamily(byTable);
  return byTable === "crypto" || isSameFamily ? byTable : stated;
}

/**
 * The class of an asset listed by several exchanges: the table's if the table means this asset; otherwise the most
 * stated class of the most stated family. Null (each listing keeps its exchange's class) if none is stated or two
 * families tie. `others` are assets with the same names that differ from it in price.
 */
export function classOfAsset(
  name: string,
  statements: readonly ClassStatement[],
  others: OtherAssets = NO_OTHERS,
): AssetClass | null {
  const stated = statements.filter(({ assetClass }) => assetClass !== null);
  const own = stated.filter(({ isClassByExclusion }) => isClassByExclusion !== true);
  const counted = own.length > 0 ? own : stated;
  const byTable = CLASS_OF_DISPUTED.get(name);
  if (byTable === undefined || counted.length === 0) return mostStated(counted);
  const isOther = exchangesStating(byTable, stated) < (others.exchangesByTable.get(name) ?? 0);
  const isCoin = counted.every(({ assetClass }) => assetClass === "crypto");
  const isSometimesCoin = others.count === 0 && SOMETIMES_COINS.has(name);
  const isMeant = !isOther && (byTable === "crypto" || !isCoin || isSometimesCoin);
  return isMeant ? byTable : mostStated(counted);
}

/** What is known from the other assets with the same names. */
export interface OtherAssets {
  /** By name in the table: the number of exchanges on which an asset of that name has the table's class. */
  readonly exchangesByTable: ReadonlyMap<string, number>;
  readonly count: number;
}

const NO_OTHERS: OtherAssets = { exchangesByTable: new Map(), count: 0 };

/** Collects `OtherAssets` from all assets with the names of one entry, including the asset itself. */
export function otherAssets(assets: readonly NamedAsset[]): OtherAssets {
  const exchangesByTable = new Map<string, number>();
  for (const { name, statements } of assets) {
    const byTable = CLASS_OF_DISPUTED.get(name);
    if (byTable === undefined) continue;
    const exchanges = exchangesStating(byTable, statements);
    exchangesByTable.set(name, Math.max(exchanges, exchangesByTable.get(name) ?? 0));
  }
  return { exchangesByTable, count: assets.length - 1 };
}

/** The most stated class; null also if two families tie. */
function mostStated(statements: readonly ClassStatement[]): AssetClass | null {
  const stated = new Set(statements.map(({ assetClass }) => assetClass));
  const classes = NARROWEST_FIRST.filter((assetClass) => stated.has(assetClass));
  const inFamily = votes(statements, ({ assetClass }) => classFamily(assetClass));
  const ofClass = votes(statements, ({ assetClass }) => assetClass);
  const most = Math.max(...classes.map((assetClass) => inFamily(classFamily(assetClass))));
  const leading = classes.filter((assetClass) => inFamily(classFamily(assetClass)) === most);
  if (new Set(leading.map(classFamily)).size > 1) return null;
  const [first = null] = leading.toSorted((left, right) => ofClass(right) - ofClass(left));
  return first;
}

/** Counts by how many exchanges something is stated; an exchange counts once whatever the number of its listings. */
function votes<T>(
  statements: readonly ClassStatement[],
  valueOf: (statement: ClassStatement) => T,
): (value: T) => number {
  const exchangesOf = new Map<T, Set<string>>();
  for (const statement of statements) {
    const value = valueOf(statement);
    exchangesOf.set(value, (exchangesOf.get(value) ?? new Set()).add(statement.exchange));
  }
  return (value) => exchangesOf.get(value)?.size ?? 0;
}

function exchangesStating(value: AssetClass, statements: readonly ClassStatement[]): number {
  return votes(statements, ({ assetClass }) => assetClass)(value);
}
