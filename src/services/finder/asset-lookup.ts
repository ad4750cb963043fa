import { commonName, isNumbered, nameOfAsset } from "../../domain/asset-names.ts";
import type { MarketRecord, Snapshot } from "../../domain/market.ts";

/** What the names of a filter by base stand for in one snapshot. */
export interface NamesFound {
  /** The names to filter by: those that were asked for, with the base in place of a name that stands for one. */
  readonly bases: readonly string[];
  /** The names that stand for another one, and what each stands for, in the same order. */
  readonly resolved: readonly { readonly asked: string; readonly base: string }[];
  /** The bases that a name fits which fits several; such a name matches nothing. */
  readonly didYouMean: readonly string[];
}

/** Names that a snapshot was asked for are remembered up to this many: an invented one costs a walk over its rows. */
const MAX_REMEMBERED = 2_000;

/** What a snapshot answers about names. */
interface Names {
  /** Every ticker and every name of an asset. */
  readonly known: ReadonlySet<string>;
  /** Every name of an asset. */
  readonly assets: ReadonlySet<string>;
  /** A ticker that there is, by the common name of the table for it. */
  readonly byCommon: ReadonlyMap<string, string>;
  /** Bases that other names fit: of those that were looked for. */
  readonly fits: Map<string, readonly string[]>;
}

/** A snapshot never changes, and neither does what it answers. */
const NAMES = new WeakMap<Snapshot, Names>();

/**
 * What `asked` (canonical spellings) stand for. A ticker and a name of an asset stand for themselves, an alias of the
 * table for the name of the asset; another name for the one base of which it is a symbol, an exchange's symbol or
 * the ticker with a multiplier (BTCUSDT, PF_XBTUSD, 1000PEPE, kPEPE). One that is nothing of all this stays: it matches
 * nothing.
 */
export function findNames(snapshot: Snapshot, asked: readonly string[]): NamesFound {
  const { known, assets, byCommon, fits } = namesOf(snapshot);
  const isOther = (name: string) =>
    !known.has(name) && !byCommon.has(commonName(name)) && !isNumbered(name);
  const others = asked.filter((name) => isOther(name) && !fits.has(name));
  if (others.length > 0) look(snapshot, others, fits);
  /** What an alias of the table stands for; nothing where a name stands for itself. */
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
    // By a ticker of its own more may be meant than the asset: what else has that ticker comes along.
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
  const known = new Set<string>();
  const assets = new Set<string>();
  const byCommon = new Map<string, string>();
  for (const { record } of snapshot.rows) {
    const { base, assetId } = record;
    known.add(base);
    if (assetId !== null) assets.add(nameOfAsset(assetId));
    byCommon.set(commonName(base), base);
  }
  const names = { known: known.union(assets), assets, byCommon, fits: new Map() };
  NAMES.set(snapshot, names);
  return names;
}

/** Finds in one walk the bases that each of `names` fits. */
function look({ rows }: Snapshot, names: readonly string[], fits: Names["fits"]): void {
  const found = new Map(names.map((name) => [name, new Set<string>()]));
  for (const { record } of rows)
    for (const spelling of spellingsOf(record)) found.get(spelling)?.add(record.base);
  if (fits.size + names.length > MAX_REMEMBERED) fits.clear();
  for (const [name, bases] of found) fits.set(name, [...bases].toSorted());
}

/** Other names of a listing, in capitals. */
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
