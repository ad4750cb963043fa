import { flagNames } from "../../domain/flags.ts";
import { annualizedPct, fractionToPct } from "../../domain/funding.ts";
import type { BoardRow } from "../../domain/market.ts";
import { defaultOrder, type FundingQuery } from "../../services/finder/funding-query.ts";
import { flatColumns } from "./columns.ts";
import { listingQuery } from "./listing-query.ts";
import { instrumentColumnNames, instrumentPart, knownSeconds, secondsOf } from "./row-fields.ts";
import type { FundingRow, ListParams } from "./funding-schema.ts";

/** A query with its defaults filled in. `bases` are canonical, null for all. */
export function queryOf(params: ListParams, bases: readonly string[] | null): FundingQuery {
  const { sort } = params;
  return {
    ...listingQuery({ ...params, base: bases }),
    sort,
    order: params.order ?? defaultOrder(sort),
  };
}

/** Names of the columns of a row. */
export const FUNDING_COLUMNS = flatColumns<FundingRow>({
  ...instrumentColumnNames,
  settle: "settle",
  multiplier: "multiplier",
  asset_class: "asset_class",
  funding_rate: "funding_rate_fraction",
  funding_rate_pct: "funding_rate_pct",
  annualized_pct: "annualized_pct",
  funding_interval_hours: "funding_interval_hours",
  next_funding_time: "next_funding_time_unix_s",
  accrual: "accrual",
  predicted_rate: "predicted_rate_fraction",
  instant_rate: "instant_rate_fraction",
  settled_rate: "settled_rate_fraction",
  settled_at: "settled_at_unix_s",
  mark_price: "mark_price_in_quote",
  index_price: "index_price_in_quote",
  last_price: "last_price_in_quote",
  open_interest_usd: "open_interest_usd",
  volume_24h_usd: "volume_24h_usd",
  taker_fee_bps: "taker_fee_bps",
  observed_at: "observed_at_unix_s",
  age_seconds: "age_seconds",
  flags: "flags",
});

/** A row as it is sent. Times become whole unix seconds, so that age_seconds is their difference. */
export function fundingRow(row: BoardRow, fetchedAt: number): FundingRow {
  const { record, flags } = row;
  const observedAt = secondsOf(record.observedAtMs);
  return {
    ...instrumentPart(record),
    settle: record.settle,
    multiplier: record.multiplier,
    asset_class: record.assetClass,
    funding_rate: record.fundingRate,
    funding_rate_pct: fractionToPct(record.fundingRate),
    annualized_pct: annualizedPct(record.fundingRate, record.fundingIntervalHours),
    funding_interval_hours: record.fundingIntervalHours,
    next_funding_time: knownSeconds(row.nextFundingAtMs),
    accrual: record.accrual,
    predicted_rate: record.predictedRate,
    instant_rate: record.instantRate,
    settled_rate: record.settledRate,
    settled_at: knownSeconds(record.settledAtMs),
    mark_price: record.markPrice,
    index_price: record.indexPrice,
    last_price: record.lastPrice,
    open_interest_usd: record.openInterestUsd,
    volume_24h_usd: record.volume24hUsd,
    taker_fee_bps: record.takerFeeBps,
    observed_at: observedAt,
    age_seconds: Math.max(0, fetchedAt - observedAt),
    flags: [...flagNames(flags)],
  };
}
