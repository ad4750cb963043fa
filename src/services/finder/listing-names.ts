import { commonName, nameOfAsset } from "../../domain/asset-names.ts";
import type { ExchangeListings, Snapshot } from "../../domain/market.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";

/** The names of one exchange's listings. */
interface ExchangeNames {
  readonly listings: ExchangeListings;
  readonly tickers: ReadonlySet<string>;
  /** The names of its assets, without numbers. */
  readonly assets: ReadonlySet<string>;
  /** The last ticker with each common name in the table. */
  readonly byCommon: ReadonlyMap<string, string>;
  /** The bases of the listings that match other names, as far as they were looked up. */
  readonly fits: Map<string, readonly string[]>;
}

/** Other names remembered per exchange: each unknown one costs a scan of its listings. */
const MAX_REMEMBERED = 200;

/** Kept as long as an exchange's listings are: most snapshots change rates only. */
const NAMES = new WeakMap<ExchangeListings, ExchangeNames>();

/** What is known about names in a snapshot. */
export class ListingNames {
  readonly #exchanges: readonly ExchangeNames[];

  private constructor(exchanges: readonly ExchangeNames[]) {
    this.#exchanges = exchanges;
  }

  /** Collects the names of exchanges whose listings have changed. */
  static *of({ listings }: Pick<Snapshot, "listings">): Stepwise<ListingNames> {
    const exchanges: ExchangeNames[] = [];
    for (const ofExchange of listings)
      exchanges.push(NAMES.get(ofExchange) ?? (yield* collect(ofExchange)));
    return new ListingNames(exchanges);
  }

  /** Whether it is the name of an asset. */
  isAsset(name: string): boolean {
    return this.#exchanges.some(({ assets }) => assets.has(name));
  }

  /** Whether it is a ticker or the name of an asset. */
  isKnown(name: string): boolean {
    return this.#exchanges.some(({ tickers, assets }) => tickers.has(name) || assets.has(name));
  }

  /** The ticker of the last listing whose ticker has this common name in the table. */
  tickerOf(common: string): string | undefined {
    return this.#exchanges.findLast(({ byCommon }) => byCommon.has(common))?.byCommon.get(common);
  }

  /** The bases of all listings that have each of `names` as symbol, exchange symbol or multiplied ticker; sorted. */
  *fits(names: readonly string[]): Stepwise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map(names.map((name) => [name, new Set<string>()]));
    for (const exchange of this.#exchanges) {
      const unknown = names.filter((name) => !exchange.fits.has(name));
      const looked = unknown.length === 0 ? null : yield* lookUp(exchange, unknown);
      for (const [name, bases] of found)
        for (const base of looked?.get(name) ?? exchange.fits.get(name) ?? []) bases.add(base);
    }
    return new Map([...found].map(([name, bases]) => [name, [...bases].toSorted()]));
  }
}

function* collect(listings: ExchangeListings): Stepwise<ExchangeNames> {
  const tickers = new Set<string>();
  const assets = new Set<string>();
  const byCommon = new Map<string, string>();
  yield* visitEach(listings, ({ base, assetId }) => {
    tickers.add(base);
    byCommon.set(commonName(base), base);
    if (assetId !== null) assets.add(nameOfAsset(assetId));
  });
  const names = { listings, tickers, assets, byCommon, fits: new Map() };
  NAMES.set(listings, names);
  return names;
}

/** Finds the bases of one exchange that match each of `names`, in one pass. */
function* lookUp(
  { listings, fits }: ExchangeNames,
  names: readonly string[],
): Stepwise<ExchangeNames["fits"]> {
  const found = new Map(names.map((name) => [name, new Set<string>()]));
  yield* visitEach(listings, (listing) => {
    for (const spelling of spellingsOf(listing)) found.get(spelling)?.add(listing.base);
  });
  const bases = new Map([...found].map(([name, set]) => [name, set.size === 0 ? NONE : [...set]]));
  if (fits.size + names.length > MAX_REMEMBERED) fits.clear();
  for (const [name, ofName] of bases) fits.set(name, ofName);
  return bases;
}

const NONE: readonly string[] = [];

/** Other names of a listing, in upper case. */
function spellingsOf({
  base,
  quote,
  exchangeSymbol,
  tickerMultiplier,
  multiplier: accepted,
}: ExchangeListings[number]): readonly string[] {
  const multiplier = accepted ?? tickerMultiplier;
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
