import type { ExchangeId } from "../domain/exchange.ts";
import { type Flag, flagBit } from "../domain/flags.ts";
import { annualizedPct } from "../domain/funding.ts";
import type { BoardRow, Snapshot } from "../domain/market.ts";
import type { AssetClass } from "../domain/quote.ts";

/** What a list can be ordered by. Closed set: the names of row fields, and two sizes without their sign. */
export const SORT_FIELDS = [
  "exchange",
  "base",
  "symbol",
  "funding_rate",
  "annualized_pct",
  "abs_annualized_pct",
  "funding_interval_hours",
  "next_funding_time",
  "observed_at",
  "volume_24h_usd",
  "open_interest_usd",
] as const;

export type SortField = (typeof SORT_FIELDS)[number];

export const SORT_ORDERS = ["asc", "desc"] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

/** Which rows, in which order. A null list does not filter; lists are sorted and hold no member twice. */
export interface FundingQuery {
  readonly exchanges: readonly ExchangeId[] | null;
  /** Canonical assets. */
  readonly bases: readonly string[] | null;
  readonly quotes: readonly string[] | null;
  readonly assetClasses: readonly AssetClass[] | null;
  /** Rows that have at least one of them. */
  readonly flags: readonly Flag[] | null;
  readonly intervalHours: readonly number[] | null;
  /** US dollars; an unknown volume passes only 0. */
  readonly minVolumeUsd: number;
  readonly minOpenInterestUsd: number;
  readonly sort: SortField;
  readonly order: SortOrder;
}

/** Every row, in the order of a snapshot. */
export const NO_FILTER: FundingQuery = {
  exchanges: null,
  bases: null,
  quotes: null,
  assetClasses: null,
  flags: null,
  intervalHours: null,
  minVolumeUsd: 0,
  minOpenInterestUsd: 0,
  sort: "exchange",
  order: "asc",
};

/** Texts and times read upwards, measures from the largest: the order when none is asked for. */
export function defaultOrder(sort: SortField): SortOrder {
  switch (sort) {
    case "exchange":
    case "base":
    case "symbol":
    case "funding_interval_hours":
    case "next_funding_time":
      return "asc";
    case "funding_rate":
    case "annualized_pct":
    case "abs_annualized_pct":
    case "observed_at":
    case "volume_24h_usd":
    case "open_interest_usd":
      return "desc";
  }
}

/** The matching rows, ordered; ties by exchange, then exchange_symbol; unknown values last both ways. */
export function selectRows(snapshot: Snapshot, query: FundingQuery): readonly BoardRow[] {
  return sortRows(snapshot.rows.filter(rowMatcher(query)), query.sort, query.order);
}

/** Whether a row passes all filters of a query. */
export function rowMatcher(query: FundingQuery): (row: BoardRow) => boolean {
  const exchanges = setOf(query.exchanges);
  const bases = setOf(query.bases);
  const quotes = setOf(query.quotes);
  const classes = setOf(query.assetClasses);
  const intervals = setOf(query.intervalHours);
  const flagBits = query.flags?.reduce((bits, flag) => bits | flagBit(flag), 0) ?? null;
  return ({ record, flags }) => {
    if (exchanges !== null && !exchanges.has(record.exchange)) return false;
    if (bases !== null && !bases.has(record.base)) return false;
    if (quotes !== null && !quotes.has(record.quote)) return false;
    if (flagBits !== null && (flags & flagBits) === 0) return false;
    if (classes !== null && !hasKnown(classes, record.assetClass)) return false;
    if (intervals !== null && !hasKnown(intervals, record.fundingIntervalHours)) return false;
    return (
      reaches(record.volume24hUsd, query.minVolumeUsd) &&
      reaches(record.openInterestUsd, query.minOpenInterestUsd)
    );
  };
}

/** Orders rows that are in the order of a snapshot; that order decides ties, whatever `order` is. */
export function sortRows(
  rows: readonly BoardRow[],
  sort: SortField,
  order: SortOrder,
): readonly BoardRow[] {
  if (sort === "exchange" && order === "asc") return rows;
  const keyed = rows.map((row) => ({ row, key: sortKey(row, sort) }));
  const sign = order === "asc" ? 1 : -1;
  // Array sorting is stable, so equal keys keep the snapshot's order.
  keyed.sort((left, right) => compareKeys(left.key, right.key, sign));
  return keyed.map(({ row }) => row);
}

type SortKey = string | number | null;

function sortKey({ record, nextFundingAtMs }: BoardRow, sort: SortField): SortKey {
  switch (sort) {
    case "exchange":
      return record.exchange;
    case "base":
      return record.base;
    case "symbol":
      return record.base + record.quote;
    case "funding_rate":
      return record.fundingRate;
    case "annualized_pct":
      return annualizedPct(record.fundingRate, record.fundingIntervalHours);
    case "abs_annualized_pct":
      return size(annualizedPct(record.fundingRate, record.fundingIntervalHours));
    case "funding_interval_hours":
      return record.fundingIntervalHours;
    case "next_funding_time":
      return nextFundingAtMs;
    case "observed_at":
      return record.observedAtMs;
    case "volume_24h_usd":
      return record.volume24hUsd;
    case "open_interest_usd":
      return record.openInterestUsd;
  }
}

function compareKeys(left: SortKey, right: SortKey, sign: number): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left < right ? -sign : sign;
}

function size(value: number | null): number | null {
  return value === null ? null : Math.abs(value);
}

function setOf<T>(members: readonly T[] | null): ReadonlySet<T> | null {
  return members === null ? null : new Set(members);
}

function hasKnown<T>(members: ReadonlySet<T>, value: T | null): boolean {
  return value !== null && members.has(value);
}

function reaches(value: number | null, minimum: number): boolean {
  return minimum <= 0 || (value !== null && value >= minimum);
}
