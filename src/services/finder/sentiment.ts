import { roundKnownPct } from "../../domain/percent.ts";
import { flagBit } from "../../domain/flags.ts";
import type { Snapshot } from "../../domain/market.ts";
import { median } from "../../domain/median.ts";
import { mean } from "../../domain/statistics.ts";
import { mapEach, type Stepwise } from "../../lib/stepwise.ts";
import type { AssetGroups } from "./asset-groups.ts";
import {
  assetListings,
  type AssetListings,
  isKnown,
  oiWeightedPct,
  orderAssets,
  volumeWeightedPct,
} from "./asset-listings.ts";
import { type FundingQuery, NO_FILTER, type SortOrder } from "./funding-query.ts";

/** Which side pays for one asset, over all exchanges. */
export const SENTIMENT_LABELS = ["longs_pay", "shorts_pay", "mixed", "resting"] as const;
export type SentimentLabel = (typeof SENTIMENT_LABELS)[number];

/** Why there is no figure. */
export const SENTIMENT_REASONS = ["too_few_exchanges"] as const;

/** What assets can be sorted by; the names of fields. */
export const SENTIMENT_SORTS = [
  "exchanges",
  "base",
  "mean_annualized_pct",
  "median_annualized_pct",
  "oi_weighted_annualized_pct",
  "volume_weighted_annualized_pct",
  "positive_share",
  "open_interest_usd",
  "volume_24h_usd",
] as const;
export type SentimentSort = (typeof SENTIMENT_SORTS)[number];

/** Two thirds on one side decide the label. */
export const LONGS_PAY_FROM = 2 / 3;
export const SHORTS_PAY_TO = 1 / 3;

/** With more than this share at rest the few others are not representative. */
export const RESTING_ABOVE = 1 / 2;

const AT_BASELINE = flagBit("pinned_baseline");

/** Which assets, in which order. */
export interface SentimentQuery {
  /** The filter for listings; its order is ignored. */
  readonly listings: FundingQuery;
  /** Assets on fewer exchanges are excluded. */
  readonly minExchanges: number;
  /** Null: all, including assets without a label. */
  readonly labels: readonly SentimentLabel[] | null;
  readonly sort: SentimentSort;
  readonly order: SortOrder;
}

/** The defaults: include assets without any trusted listing at the moment, which are not absent but unknown. */
export const SENTIMENT_DEFAULTS: SentimentQuery = {
  listings: NO_FILTER,
  minExchanges: 0,
  labels: null,
  sort: "exchanges",
  order: "desc",
};

/** What one asset's listings show together. Rates are percent per year, simple. */
export interface Sentiment {
  readonly asset: AssetListings;
  /** Listings at their exchange's baseline rate, which says nothing about demand. */
  readonly atBaseline: number;
  /** Listings whose rate is 0 without that being their baseline. */
  readonly atZero: number;
  /** Null under three exchanges. */
  readonly figures: SentimentFigures | null;
}

/** The means include all trusted listings: a baseline rate is charged like any other. */
export interface SentimentFigures {
  readonly meanPct: number;
  readonly medianPct: number;
  /** Null if fewer than three exchanges report a weight. */
  readonly oiWeightedPct: number | null;
  readonly volumeWeightedPct: number | null;
  /** 0 to 1, of the listings above or below 0 that are off the baseline; null if there are none. */
  readonly positiveShare: number | null;
  readonly label: SentimentLabel;
}

/** The sentiment of each asset by its trusted listings; unknown values come last, ties are sorted by asset_id. */
export function* findSentiments(
  snapshot: Snapshot,
  groups: AssetGroups,
  query: SentimentQuery,
): Stepwise<readonly Sentiment[]> {
  const { minExchanges, labels, sort, order } = query;
  const assets = yield* assetListings(snapshot, groups, query.listings);
  const sentiments = yield* mapEach(
    assets.filter(({ exchanges }) => exchanges >= minExchanges),
    sentimentOf,
  );
  const found = sentiments.filter(
    ({ figures }) => labels === null || (figures !== null && labels.includes(figures.label)),
  );
  return yield* orderAssets(found, (sentiment) => sortKey(sentiment, sort), order);
}

/** The default direction: names ascending, measures descending. */
export function sentimentOrder(sort: SentimentSort): SortOrder {
  return sort === "base" ? "asc" : "desc";
}

/** The sentiment of one asset by its trusted listings. */
function sentimentOf(asset: AssetListings): Sentiment {
  let [atBaseline, atZero, positive] = [0, 0, 0];
  for (const { flags, annualizedPct } of asset.listings) {
    if ((flags & AT_BASELINE) !== 0) atBaseline += 1;
    else if (annualizedPct === 0) atZero += 1;
    else if (annualizedPct > 0) positive += 1;
  }
  return { asset, atBaseline, atZero, figures: figuresOf(asset, atBaseline + atZero, positive) };
}

function figuresOf(
  asset: AssetListings,
  resting: number,
  positive: number,
): SentimentFigures | null {
  const { listings } = asset;
  // Half of all assets are on too few exchanges.
  if (!isKnown(asset)) return null;
  const rates = listings.map(({ annualizedPct }) => annualizedPct);
  const [meanPct, medianPct] = [roundKnownPct(mean(rates)), roundKnownPct(median(rates))];
  if (meanPct === null || medianPct === null) return null;
  const moving = listings.length - resting;
  const positiveShare = moving === 0 ? null : positive / moving;
  return {
    meanPct,
    medianPct,
    oiWeightedPct: oiWeightedPct(asset),
    volumeWeightedPct: volumeWeightedPct(asset),
    positiveShare,
    label: labelOf(resting / listings.length, positiveShare),
  };
}

function labelOf(restingShare: number, positiveShare: number | null): SentimentLabel {
  if (restingShare > RESTING_ABOVE || positiveShare === null) return "resting";
  if (positiveShare >= LONGS_PAY_FROM) return "longs_pay";
  return positiveShare <= SHORTS_PAY_TO ? "shorts_pay" : "mixed";
}

function sortKey({ asset, figures }: Sentiment, sort: SentimentSort): string | number | null {
  switch (sort) {
    case "exchanges":
      return asset.exchanges;
    case "base":
      return asset.base;
    case "mean_annualized_pct":
      return figures?.meanPct ?? null;
    case "median_annualized_pct":
      return figures?.medianPct ?? null;
    case "oi_weighted_annualized_pct":
      return figures?.oiWeightedPct ?? null;
    case "volume_weighted_annualized_pct":
      return figures?.volumeWeightedPct ?? null;
    case "positive_share":
      return figures?.positiveShare ?? null;
    case "open_interest_usd":
      return asset.openInterestUsd.sum;
    case "volume_24h_usd":
      return asset.volume24hUsd.sum;
  }
}
