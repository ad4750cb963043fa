import type { ExchangeId } from "../../domain/exchange.ts";
import type { Flag } from "../../domain/flags.ts";
import type { AssetClass } from "../../domain/quote.ts";
import { type FundingQuery, NO_FILTER } from "../../services/finder/funding-query.ts";
import { FundingQuerySchema } from "./funding-schema.ts";

/** Which listings to include: the filters that most lists share. */
export const listingFilters = FundingQuerySchema.pick({
  exchange: true,
  base: true,
  asset_id: true,
  quote: true,
  asset_class: true,
  min_volume: true,
  min_open_interest: true,
});

/** Filters of listings as parameters; each list has some of them. */
interface ListingParams {
  readonly exchange: readonly ExchangeId[] | null;
  readonly base: readonly string[] | null;
  readonly asset_id?: readonly string[] | null;
  readonly quote: readonly string[] | null;
  readonly asset_class: readonly AssetClass[] | null;
  readonly flag?: readonly Flag[] | null;
  readonly interval?: readonly number[] | null;
  readonly min_volume?: number;
  readonly min_open_interest?: number;
}

/** The filters as a query, in snapshot order; a filter that the list does not have passes everything. */
export function listingQuery(params: ListingParams): FundingQuery {
  return {
    ...NO_FILTER,
    exchanges: params.exchange,
    bases: params.base,
    assetIds: params.asset_id ?? NO_FILTER.assetIds,
    quotes: params.quote,
    assetClasses: params.asset_class,
    flags: params.flag ?? NO_FILTER.flags,
    intervalHours: params.interval ?? NO_FILTER.intervalHours,
    minVolumeUsd: params.min_volume ?? NO_FILTER.minVolumeUsd,
    minOpenInterestUsd: params.min_open_interest ?? NO_FILTER.minOpenInterestUsd,
  };
}
