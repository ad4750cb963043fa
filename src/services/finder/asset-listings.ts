import { nameOfAsset } from "../../domain/asset-names.ts";
import { roundKnownPct } from "../../domain/percent.ts";
import { type KnownSum, knownSum, weightedMean } from "../../domain/statistics.ts";
import type { MarketRecord, Snapshot } from "../../domain/market.ts";
import type { FlagBits } from "../../domain/flags.ts";
import { sortStepwise } from "../../lib/sort-in-parts.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import type { AssetGroup, AssetGroups } from "./asset-groups.ts";
import { type FundingQuery, rowMatcher, type SortOrder } from "./funding-query.ts";

/** A figure based on fewer exchanges would be mistaken for the market's, so it is withheld. */
export const MIN_EXCHANGES = 3;

/** A trusted listing. */
export interface Listing {
  readonly record: MarketRecord;
  readonly flags: FlagBits;
  /** Percent per year, simple. */
  readonly annualizedPct: number;
}

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
  const matches = rowMatcher(query);
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
  matches: ReturnType<typeof rowMatcher>,
): Stepwise<Map<string, number>> {
  const counts = new Map<string, number>();
  yield* visitEach(groups, ({ refused }) => {
    for (const { row } of refused) {
      const { assetId } = row.record;
      if (assetId !== null && matches(row)) counts.set(assetId, (counts.get(assetId) ?? 0) + 1);
    }
  });
  return counts;
}

function listingsOf(
  group: Pick<AssetGroup, "assetId" | "base" | "trusted">,
  matches: ReturnType<typeof rowMatcher>,
  untrusted: number,
): AssetListings {
  const listings: Listing[] = [];
  for (const leg of group.trusted) {
    const { row, annualizedPct } = leg;
    // A trusted row has an interval and hence an annual rate.
    if (annualizedPct !== null && matches(row))
      listings.push({ record: row.record, flags: row.flags, annualizedPct });
  }
  return {
    assetId: group.assetId,
    base: group.base,
    listings,
    untrusted,
    exchanges: countExchanges(listings),
    openInterestUsd: knownSum(listings.map(({ record }) => record.openInterestUsd)),
    volume24hUsd: knownSum(listings.map(({ record }) => record.volume24hUsd)),
  };
}

/** Whether there are enough exchanges for a figure about the asset. */
export function isKnown({ exchanges }: AssetListings): boolean {
  return exchanges >= MIN_EXCHANGES;
}

/** Mean annual rate weighted by 24 h volume, percent; null if fewer than three exchanges report one above 0. */
export function volumeWeightedPct({ listings }: AssetListings): number | null {
  return weightedPct(listings, ({ volume24hUsd }) => volume24hUsd);
}

/** Mean annual rate weighted by open interest, percent; null if fewer than three exchanges report one above 0. */
export function oiWeightedPct({ listings }: AssetListings): number | null {
  return weightedPct(listings, ({ openInterestUsd }) => openInterestUsd);
}

/** With weights from only one or two exchanges, a mean would be theirs and not the market's. */
function weightedPct(
  listings: readonly Listing[],
  weightOf: (record: MarketRecord) => number | null,
): number | null {
  const weighted = listings.filter(({ record }) => (weightOf(record) ?? 0) > 0);
  if (countExchanges(weighted) < MIN_EXCHANGES) return null;
  return roundKnownPct(
    weightedMean(
      weighted.map(({ record, annualizedPct }) => ({
        value: annualizedPct,
        weight: weightOf(record),
      })),
    ),
  );
}

function countExchanges(listings: readonly Listing[]): number {
  return new Set(listings.map(({ record }) => record.exchange)).size;
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
