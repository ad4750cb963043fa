import { flagNames } from "../../../domain/flags.ts";
import { annualizedPct, fractionToPct } from "../../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../../domain/market.ts";
import { defaultOrder, selectRows, type FundingQuery } from "../../../services/funding-query.ts";
import type { AnswerContent } from "../../answer.ts";
import { listContent, type Page } from "../../paging.ts";
import { instrumentPart, knownSeconds, secondsOf } from "../../row-fields.ts";
import type { FundingRow, ListParams } from "./schema.ts";

/** A query with its defaults filled in. `bases` are canonical, null for all. */
export function queryOf(params: ListParams, bases: readonly string[] | null): FundingQuery {
  const sort = params.sort ?? "exchange";
  return {
    exchanges: params.exchange,
    bases,
    quotes: params.quote,
    assetClasses: params.asset_class,
    flags: params.flag,
    intervalHours: params.interval,
    minVolumeUsd: params.min_volume,
    minOpenInterestUsd: params.min_open_interest,
    sort,
    order: params.order ?? defaultOrder(sort),
  };
}

/** The same text for all spellings of one query: parameter and list order do not show, nor do defaults. */
export function canonicalText(query: FundingQuery): string {
  return JSON.stringify([
    query.exchanges,
    query.bases,
    query.quotes,
    query.assetClasses,
    query.flags,
    query.intervalHours,
    query.minVolumeUsd,
    query.minOpenInterestUsd,
    query.sort,
    query.order,
  ]);
}

/** The answer to a list query on one snapshot. */
export function fundingContent(snapshot: Snapshot, query: FundingQuery, page: Page): AnswerContent {
  const fetchedAt = secondsOf(snapshot.asOfMs);
  return listContent(snapshot, selectRows(snapshot, query), page, (row) =>
    fundingRow(row, fetchedAt),
  );
}

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
    open_interest_usd: record.openInterestUsd,
    volume_24h_usd: record.volume24hUsd,
    observed_at: observedAt,
    age_seconds: Math.max(0, fetchedAt - observedAt),
    flags: [...flagNames(flags)],
  };
}
