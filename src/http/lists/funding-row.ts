import { flagNames } from "../../domain/flags.ts";
import { annualizedPct, fractionToPct, premiumPct, rate8hPct } from "../../domain/funding.ts";
import type { BoardRow } from "../../domain/market.ts";
import { defaultOrder, type FundingQuery } from "../../services/finder/funding-query.ts";
import { columnsOf, csvAround } from "./columns.ts";
import { listingQuery } from "./listing-query.ts";
import { instrumentPart, knownSeconds, secondsOf } from "./row-fields.ts";
import type { RowWriting, TextAroundAge } from "./row-texts.ts";
import { type FundingRow, FundingRowSchema, type ListParams } from "./funding-schema.ts";

/** The query of the parameters. `bases` are canonical; null for all. */
export function queryOf(params: ListParams, bases: readonly string[] | null): FundingQuery {
  const { sort } = params;
  return {
    ...listingQuery({ ...params, base: bases }),
    sort,
    order: params.order ?? defaultOrder(sort),
  };
}

export const FUNDING_COLUMNS = columnsOf(FundingRowSchema);

/** A row as sent. Times become whole unix seconds, so that age_seconds is exactly their difference. */
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
    rate_8h_pct: rate8hPct(record.fundingRate, record.fundingIntervalHours),
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
    premium_pct: premiumPct(record.markPrice, record.indexPrice),
    open_interest_usd: record.openInterestUsd,
    volume_24h_usd: record.volume24hUsd,
    taker_fee_bps: record.takerFeeBps,
    observed_at: observedAt,
    age_seconds: ageAt(fetchedAt, observedAt),
    flags: [...flagNames(flags)],
  };
}

function ageAt(fetchedAt: number, observedAt: number): number {
  return Math.max(0, fetchedAt - observedAt);
}

/** Occurs in a row's JSON only as the key: inside a string its quotes would be escaped. */
const AGE_KEY = '"age_seconds":';

/** Writes a row as `fundingRow` does in JSON, and as a line of `FUNDING_COLUMNS`. */
export const FUNDING_WRITING: RowWriting = {
  age: ({ record }, fetchedAt) => ageAt(fetchedAt, secondsOf(record.observedAtMs)),
  json: jsonAround,
  csv: (row) => csvAround(FUNDING_COLUMNS, fundingRow(row, 0), "age_seconds"),
};

function jsonAround(row: BoardRow): TextAroundAge {
  const text = JSON.stringify(fundingRow(row, 0));
  const keyAt = text.lastIndexOf(AGE_KEY) + AGE_KEY.length;
  // At time 0 the age is written as the single digit 0.
  return { before: text.slice(0, keyAt), after: text.slice(keyAt + 1) };
}
