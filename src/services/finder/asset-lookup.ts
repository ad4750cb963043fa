import { commonName, isNumbered, nameOfAsset } from "../../domain/asset-names.ts";
import type { MarketRecord, Snapshot } from "../../domain/market.ts";

/** How the names in a base filter were resolved in one snapshot. */
export interface NamesFound {
  /** The names to filter by: the requested ones, with aliases replaced by their bases. */
  readonly bases: readonly string[];
  /** The names that were replaced, and by which base; in request order. */
  readonly resolved: readonly { readonly asked: string; readonly base: string }[];
  /** The candidates for ambiguous names, which match nothing themselves. */
  readonly didYouMean: readonly string[];
}

/** Resolved names cached per snapshot: an unknown one costs a scan of its rows. */
const MAX_REMEMBERED = 2_000;

/** What is known about names in a snapshot. */
interface Names {
  /** Every ticker and every asset name. */
  readonly known: ReadonlySet<string>;
  /** Every name of an asset. */
  readonly assets: ReadonlySet<string>;
  /** An existing ticker, by its common name in the table. */
  readonly byCommon: ReadonlyMap<string, string>;
  /** The bases that match other names, as far as they were looked up. */
  readonly fits: Map<string, readonly string[]>;
}

/** A snapshot never changes, so neither do its names. */
const NAMES = new WeakMap<Snapshot, Names>();

/**
 * Resolves `asked` (in canonical spelling). Tickers and asset names stand for themselves, an alias in the table for the
 * asset's name; any other name for the only base that has it as symbol, exchange symbol or ticker with a multiplier
 * (BTCUSDT, PF_XBTUSD, 1000PEPE, kPEPE). A name that is none of these is kept and matches nothing.
 */
export function findNames(snapshot: Snapshot, asked: readonly string[]): NamesFound {
  const { known, assets, byCommon, fits } = namesOf(snapshot);
  const isOther = (name: string) =>
    !known.has(name) && !byCommon.has(commonName(name)) && !isNumbered(name);
  const others = asked.filter((name) => isOther(name) && !fits.has(name));
  if (others.length > 0) findFits(snapshot, others, fits);
  /** The asset's name for an alias in the table; empty if a name stands for itself. */
  const commonOf = (name: string): readonly string[] => {
    // An alias that is also the name of another asset (GOLD is a share and a metal) stands for both.
    if (assets.has(name)) return [];
    const common = commonName(name);
    if (common !== name && known.has(common)) return [common];
    const ticker = byCommon.get(common);
    return known.has(name) || ticker === undefined ? [] : [ticker];
  };
  const resolved: { asked: string; base: string }[] = [];
  const didYouMean = new Set<string>();
  const bases = asked.map((name) => {
    const stands = isOther(name) ? (fits.get(name) ?? []) : commonOf(name);
    const [base] = stands;
    if (base === undefined) return name;
    if (stands.length > 1) {
      for (const one of stands) didYouMean.add(one);
      return name;
    }
    resolved.push({ asked: name, base });
    // A ticker may mean more than the asset: keep it, so that everything with that ticker is included.
    return known.has(name) ? name : base;
  });
  return {
    bases: [...new Set(bases)].toSorted(),
    resolved,
    didYouMean: [...didYouMean].toSorted(),
  };
}

function namesOf(snapshot: Snapshot): Names {
  const made = NAMES.get(snapshot);
  if (made !== undefined) return made;
  const tickers = new Set<string>();
  const assetIds = new Set<string>();
  const { rows } = snapshot;
  for (let at = rows.length - 1; at >= 0; at -= 1) {
    const record = rows[at]?.record;
    if (record === undefined) continue;
    tickers.add(record.base);
    if (record.assetId !== null) assetIds.add(record.assetId);
  }
  const assets = new Set([...assetIds].map(nameOfAsset));
  // In the order of their last listings: of two tickers with one common name, the later one stands for it.
  const inOrder = [...tickers].toReversed();
  const byCommon = new Map(inOrder.map((ticker) => [commonName(ticker), ticker]));
  const names = { known: tickers.union(assets), assets, byCommon, fits: new Map() };
  NAMES.set(snapshot, names);
  return names;
}

/** Finds the bases that match each of `names` in one pass. */
function findFits({ rows }: Snapshot, names: readonly string[], fits: Names["fits"]): void {
  const found = new Map(names.map((name) => [name, new Set<string>()]));
  for (const { record } of rows)
    for (const spelling of spellingsOf(record)) found.get(spelling)?.add(record.base);
  if (fits.size + names.length > MAX_REMEMBERED) fits.clear();
  for (const [name, bases] of found) fits.set(name, [...bases].toSorted());
}

/** Other names of a listing, in upper case. */
function spellingsOf({
  base,
  quote,
  exchangeSymbol,
  tickerMultiplier,
  multiplier,
}: MarketRecord): readonly string[] {
  const plain = [base + quote, exchangeSymbol.toUpperCase()];
  if (multiplier === 1 && tickerMultiplier === 1) return plain;
  return [
    ...plain,
    ...[tickerMultiplier, multiplier].flatMap((units) => {
      const tickers = [`${units}${base}`, `${base}${units}`];
      if (units === 1_000) tickers.push(`K${base}`);
      if (units === 1_000_000) tickers.push(`1M${base}`, `M${base}`);
      return [...tickers, ...tickers.map((ticker) => ticker + quote)];
    }),
  ];
}
