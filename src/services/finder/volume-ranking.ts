import type { ExchangeId } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import { mapEach, type Stepwise } from "../../lib/stepwise.ts";
import type { AssetGroups } from "./asset-groups.ts";
import {
  assetListings,
  type AssetListings,
  type Listing,
  orderAssets,
  volumeWeightedPct,
} from "./asset-listings.ts";
import type { FundingQuery } from "./funding-query.ts";

/** One asset and where it is traded. */
export interface VolumeRank {
  /** Starts at 1. */
  readonly rank: number;
  readonly asset: AssetListings;
  /** Percent per year; null if fewer than three exchanges report a volume above 0. */
  readonly volumeWeightedPct: number | null;
  /** The listings with the lowest and the highest annual rate; the same one if there is only one. */
  readonly lowest: Listing;
  readonly highest: Listing;
  /** Null if no exchange reports a volume above 0. */
  readonly top: TopExchange | null;
}

/** The exchange with the largest share of an asset's volume. */
export interface TopExchange {
  readonly exchange: ExchangeId;
  /** 0 to 1, of the known volume. */
  readonly share: number;
}

/** The assets with a trusted listing that passes `query`, by 24 h volume; unknown volumes last, ties by asset_id. */
export function* rankByVolume(
  snapshot: Snapshot,
  groups: AssetGroups,
  query: FundingQuery,
): Stepwise<readonly VolumeRank[]> {
  const assets = yield* assetListings(snapshot, groups, query);
  const ends = yield* mapEach(assets, (asset) => endsOf(asset));
  const found = ends.filter((one) => one !== null);
  const ordered = yield* orderAssets(found, ({ asset }) => asset.volume24hUsd.sum, "desc");
  return yield* mapEach(ordered, ({ asset, lowest, highest }, index) => ({
    rank: index + 1,
    asset,
    volumeWeightedPct: volumeWeightedPct(asset),
    lowest,
    highest,
    top: topOf(asset),
  }));
}

/** Of equal rates the first by exchange, then exchange_symbol; null if there are no listings. */
function endsOf(asset: AssetListings): Pick<VolumeRank, "asset" | "lowest" | "highest"> | null {
  const { listings } = asset;
  let [lowest, highest] = [listings[0], listings[0]];
  if (lowest === undefined || highest === undefined) return null;
  for (const listing of listings) {
    if (listing.annualizedPct < lowest.annualizedPct) lowest = listing;
    if (listing.annualizedPct > highest.annualizedPct) highest = listing;
  }
  return { asset, lowest, highest };
}

function topOf({ listings, volume24hUsd }: AssetListings): TopExchange | null {
  const total = volume24hUsd.sum ?? 0;
  if (total <= 0) return null;
  let top: TopExchange | null = null;
  let [exchangeIndex, volume] = [-1, 0];
  // The listings of an exchange are contiguous.
  for (const listing of listings) {
    if (listing.exchangeIndex !== exchangeIndex) volume = 0;
    ({ exchangeIndex } = listing);
    volume += listing.volume24hUsd ?? 0;
    const share = volume / total;
    if (top === null || share > top.share) top = { exchange: listing.row.record.exchange, share };
  }
  return top;
}
