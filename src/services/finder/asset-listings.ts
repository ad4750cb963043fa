import { EXCHANGE_IDS } from "../../domain/exchange.ts";
import { nameOfAsset } from "../../domain/asset-names.ts";
import { roundKnownPct } from "../../domain/percent.ts";
import { type KnownSum, knownSum, MIN_EXCHANGES, WeightedMean } from "../../domain/statistics.ts";
import type { Snapshot } from "../../domain/market.ts";
import { sortStepwise } from "../../lib/sort-in-parts.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import type { AssetGroup, AssetGroups, Leg } from "./asset-groups.ts";
import { type FundingQuery, legMatcher, type SortOrder } from "./funding-query.ts";

/** A trusted listing: it has an interval and hence an annual rate. */
export type Listing = Leg & { readonly annualizedPct: number };

const isListing = (leg: Leg): leg is Listing => leg.annualizedPct !== null;

/** The listings of one asset that pass a filter. */
export interface AssetListings {
  readonly assetId: string;
  readonly base: string;
  /** The trusted ones, ordered by exchange, then exchange_symbol. */
  readonly listings: readonly Listing[];
  /** How many are excluded because of a blocking flag. */
  readonly untrusted: number;
  /** The number of exchanges of the trusted ones. */
  readonly exchanges: number;
  readonly openInterestUsd: KnownSum;
  readonly volume24hUsd: KnownSum;
}

/** Every asset of a snapshot with a listing that passes `query`, whose order is ignored. */
export function* assetListings(
  snapshot: Snapshot,
  groups: AssetGroups,
  query: FundingQuery,
): Stepwise<readonly AssetListings[]> {
  const matches = legMatcher(query);
  const all = groups.of(snapshot);
  const untrusted = yield* untrustedByAsset(all, matches);
  const found: AssetListings[] = [];
  yield* visitEach(all, (group) => {
    const asset = listingsOf(group, matches, untrusted.get(group.assetId) ?? 0);
    untrusted.delete(group.assetId);
    if (asset.listings.length + asset.untrusted > 0) found.push(asset);
  });
  // Assets with only contradicted listings have no group: their listings are in those of their tickers.
  for (const [assetId, count] of untrusted)
    found.push(listingsOf({ assetId, base: nameOfAsset(assetId), trusted: [] }, matches, count));
  return found;
}

/** Counts matching refused listings by asset_id; those without one belong to no known asset. */
function* untrustedByAsset(
  groups: readonly AssetGroup[],
  matches: (leg: Leg) => boolean,
): Stepwise<Map<string, number>> {
  const counts = new Map<string, number>();
  yield* visitEach(groups, ({ refused }) => {
    for (const leg of refused) {
      const { assetId } = leg.row.record;
      if (assetId !== null && matches(leg)) counts.set(assetId, (counts.get(assetId) ?? 0) + 1);
    }
  });
  return counts;
}

function listingsOf(
  group: Pick<AssetGroup, "assetId" | "base" | "trusted">,
  matches: (leg: Leg) => boolean,
  untrusted: number,
): AssetListings {
  const listings: Listing[] = [];
  for (const leg of group.trusted) if (isListing(leg) && matches(leg)) listings.push(leg);
  return {
    assetId: group.assetId,
    base: group.base,
    listings,
    untrusted,
    exchanges: countExchanges(listings),
    openInterestUsd: knownSum(listings.map(openInterestOf)),
    volume24hUsd: knownSum(listings.map(volumeOf)),
  };
}

/** Whether there are enough exchanges for a figure about the asset. */
export function isKnown({ exchanges }: AssetListings): boolean {
  return exchanges >= MIN_EXCHANGES;
}

/** Mean annual rate weighted by 24 h volume, percent; null if fewer than three exchanges report one above 0. */
export function volumeWeightedPct({ listings }: AssetListings): number | null {
  return weightedPct(listings, volumeOf);
}

/** Mean annual rate weighted by open interest, percent; null if fewer than three exchanges report one above 0. */
export function oiWeightedPct({ listings }: AssetListings): number | null {
  return weightedPct(listings, openInterestOf);
}

/** The sizes of a listing, US dollars; null if unknown. */
const volumeOf = ({ volume24hUsd }: Leg): number | null => volume24hUsd;
const openInterestOf = ({ openInterestUsd }: Leg): number | null => openInterestUsd;

/** With weights from only one or two exchanges, a mean would be theirs and not the market's. */
function weightedPct(
  listings: readonly Listing[],
  weightOf: (listing: Listing) => number | null,
): number | null {
  const exchanges = new ExchangeCount();
  const mean = new WeightedMean();
  for (const listing of listings) {
    const weight = weightOf(listing) ?? 0;
    if (weight <= 0) continue;
    exchanges.add(listing);
    mean.add(listing.annualizedPct, weight);
  }
  return exchanges.count < MIN_EXCHANGES ? null : roundKnownPct(mean.value);
}

/** Counts the exchanges of the listings added. */
class ExchangeCount {
  count = 0;
  /** By the index of the exchange, 1 if it was counted. */
  readonly #counted = new Uint8Array(EXCHANGE_IDS.length);

  add({ exchangeIndex }: Leg): void {
    if (this.#counted[exchangeIndex] !== 0) return;
    this.#counted[exchangeIndex] = 1;
    this.count += 1;
  }
}

function countExchanges(listings: readonly Listing[]): number {
  const exchanges = new ExchangeCount();
  for (const listing of listings) exchanges.add(listing);
  return exchanges.count;
}

type SortKey = string | number | null;

/** Sorts assets by a key; unknown keys come last in either direction, ties are sorted by asset_id. */
export function* orderAssets<Item extends { readonly asset: AssetListings }>(
  items: readonly Item[],
  keyOf: (item: Item) => SortKey,
  order: SortOrder,
): Stepwise<readonly Item[]> {
  const sign = order === "asc" ? 1 : -1;
  const keyed = items.map((item) => ({ item, key: keyOf(item), id: item.asset.assetId }));
  const sorted = yield* sortStepwise(
    keyed,
    (left, right) => compareKeys(left.key, right.key, sign) || compareKeys(left.id, right.id, 1),
  );
  return sorted.map(({ item }) => item);
}

function compareKeys(left: SortKey, right: SortKey, sign: number): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left < right ? -sign : sign;
}
