import { commonName, isNumbered } from "../../domain/asset-names.ts";
import type { Snapshot } from "../../domain/market.ts";
import type { Stepwise } from "../../lib/stepwise.ts";
import { ListingNames } from "./listing-names.ts";

/** How the names in a base filter were resolved in one snapshot. */
export interface NamesFound {
  /** The names to filter by: the requested ones, with aliases replaced by their bases. */
  readonly bases: readonly string[];
  /** The names that were replaced, and by which base; in request order. */
  readonly resolved: readonly { readonly asked: string; readonly base: string }[];
  /** The candidates for ambiguous names, which match nothing themselves. */
  readonly didYouMean: readonly string[];
}

/**
 * Resolves `asked` (in canonical spelling). Tickers and asset names stand for themselves, an alias in the table for the
 * asset's name; any other name for the only base that has it as symbol, exchange symbol or ticker with a multiplier
 * (BTCUSDT, PF_XBTUSD, 1000PEPE, kPEPE). A name that is none of these is kept and matches nothing.
 */
export function* findNames(
  snapshot: Pick<Snapshot, "listings">,
  asked: readonly string[],
): Stepwise<NamesFound> {
  const names = yield* ListingNames.of(snapshot);
  const others = asked.filter(
    (name) =>
      !names.isKnown(name) && names.tickerOf(commonName(name)) === undefined && !isNumbered(name),
  );
  const fits = yield* names.fits(others);
  /** The asset's name for an alias in the table; empty if a name stands for itself. */
  const commonOf = (name: string): readonly string[] => {
    // An alias that is also the name of another asset (GOLD is a share and a metal) stands for both.
    if (names.isAsset(name)) return [];
    const common = commonName(name);
    if (common !== name && names.isKnown(common)) return [common];
    const ticker = names.tickerOf(common);
    return names.isKnown(name) || ticker === undefined ? [] : [ticker];
  };
  const resolved: { asked: string; base: string }[] = [];
  const didYouMean = new Set<string>();
  const bases = asked.map((name) => {
    const stands = fits.get(name) ?? commonOf(name);
    const [base] = stands;
    if (base === undefined) return name;
    if (stands.length > 1) {
      for (const one of stands) didYouMean.add(one);
      return name;
    }
    resolved.push({ asked: name, base });
    // A ticker may mean more than the asset: keep it, so that everything with that ticker is included.
    return names.isKnown(name) ? name : base;
  });
  return {
    bases: [...new Set(bases)].toSorted(),
    resolved,
    didYouMean: [...didYouMean].toSorted(),
  };
}
