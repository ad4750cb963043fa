import type { ExchangeId } from "../../domain/exchange.ts";
import { type Flag, flagBit } from "../../domain/flags.ts";
import { annualizedPct } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import type { AssetClass } from "../../domain/quote.ts";
import { sortByNumber, sortStepwise } from "../../lib/sort-in-parts.ts";
import { filterEach, mapEach, type Stepwise } from "../../lib/stepwise.ts";
import type { Leg } from "./asset-groups.ts";
import { baseMatcher } from "./base-filter.ts";

/** What a list can be sorted by: row fields, and two sizes ignoring the sign. */
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

/** Which rows, in which order. A null list does not filter; lists are sorted and without duplicates. */
export interface FundingQuery {
  readonly exchanges: readonly ExchangeId[] | null;
  /** Tickers or names of assets; `baseMatcher` defines which listings they match. */
  readonly bases: readonly string[] | null;
  /** Asset ids; a listing that no price has identified has none. */
  readonly assetIds: readonly string[] | null;
  readonly quotes: readonly string[] | null;
  readonly assetClasses: readonly AssetClass[] | null;
  /** Rows with at least one of them. */
  readonly flags: readonly Flag[] | null;
  readonly intervalHours: readonly number[] | null;
  /** US dollars; an unknown volume passes only 0. */
  readonly minVolumeUsd: number;
  readonly minOpenInterestUsd: number;
  readonly sort: SortField;
  readonly order: SortOrder;
}

/** Every row, in snapshot order. */
export const NO_FILTER: FundingQuery = {
  exchanges: null,
  bases: null,
  assetIds: null,
  quotes: null,
  assetClasses: null,
  flags: null,
  intervalHours: null,
  minVolumeUsd: 0,
  minOpenInterestUsd: 0,
  sort: "exchange",
  order: "asc",
};

/** The default direction: strings and times ascending, measures descending. */
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

/** The matching rows, sorted; ties by exchange, then exchange_symbol; unknown values last in either direction. */
export function* selectRows(
  snapshot: Pick<Snapshot, "rows">,
  query: FundingQuery,
): Stepwise<readonly BoardRow[]> {
  const rows = yield* filterEach(snapshot.rows, rowMatcher(query));
  return yield* sortRows(rows, query.sort, query.order);
}

/** A function that tests all filters of a query. Unset filters are skipped, since touching a row is expensive. */
export function rowMatcher(query: FundingQuery): (row: BoardRow) => boolean {
  const tests = testsOf(query);
  const [first, ...others] = tests;
  if (first === undefined) return () => true;
  return others.length === 0 ? first : (row) => tests.every((test) => test(row));
}

/** The same for legs, which have the sizes that most queries ask for at hand. */
export function legMatcher(query: FundingQuery): (leg: Leg) => boolean {
  const { minVolumeUsd, minOpenInterestUsd } = query;
  const matches = rowMatcher({ ...query, minVolumeUsd: 0, minOpenInterestUsd: 0 });
  return ({ volume24hUsd, openInterestUsd, row }) =>
    (minVolumeUsd <= 0 || reaches(volume24hUsd, minVolumeUsd)) &&
    (minOpenInterestUsd <= 0 || reaches(openInterestUsd, minOpenInterestUsd)) &&
    matches(row);
}

function testsOf(query: FundingQuery): readonly ((row: BoardRow) => boolean)[] {
  const { minVolumeUsd, minOpenInterestUsd } = query;
  const tests: ((row: BoardRow) => boolean)[] = [];
  const among = <T>(members: readonly T[] | null, valueOf: (row: BoardRow) => T | null): void => {
    if (members === null) return;
    const wanted = new Set(members);
    tests.push((row) => {
      const value = valueOf(row);
      return value !== null && wanted.has(value);
    });
  };
  among(query.exchanges, ({ record }) => record.exchange);
  if (query.bases !== null) {
    const isMeant = baseMatcher(query.bases);
    tests.push(({ record }) => isMeant(record));
  }
  among(query.assetIds, ({ record }) => record.assetId);
  among(query.quotes, ({ record }) => record.quote);
  among(query.assetClasses, ({ record }) => record.assetClass);
  among(query.intervalHours, ({ record }) => record.fundingIntervalHours);
  if (query.flags !== null) {
    const wanted = query.flags.reduce((bits, flag) => bits | flagBit(flag), 0);
    tests.push(({ flags }) => (flags & wanted) !== 0);
  }
  if (minVolumeUsd > 0) tests.push(({ record }) => reaches(record.volume24hUsd, minVolumeUsd));
  if (minOpenInterestUsd > 0)
    tests.push(({ record }) => reaches(record.openInterestUsd, minOpenInterestUsd));
  return tests;
}

/** Sorts rows that are in snapshot order; that order decides ties, whatever `order` is. */
export function* sortRows(
  rows: readonly BoardRow[],
  sort: SortField,
  order: SortOrder,
): Stepwise<readonly BoardRow[]> {
  if (sort === "exchange" && order === "asc") return rows;
  const sign = order === "asc" ? 1 : -1;
  if (sort !== "exchange" && sort !== "base" && sort !== "symbol")
    return yield* sortByNumber(rows, (row) => {
      const value = numberOf(row, sort);
      return value === null ? Number.POSITIVE_INFINITY : sign * value;
    });
  const keyed = yield* mapEach(rows, (row) => ({ row, key: textOf(row, sort) }));
  // The sort is stable, so equal keys keep the snapshot's order.
  const sorted = yield* sortStepwise(keyed, (left, right) =>
    left.key === right.key ? 0 : left.key < right.key ? -sign : sign,
  );
  return yield* mapEach(sorted, ({ row }) => row);
}

type TextField = Extract<SortField, "exchange" | "base" | "symbol">;

function textOf({ record }: BoardRow, sort: TextField): string {
  switch (sort) {
    case "exchange":
      return record.exchange;
    case "base":
      return record.base;
    case "symbol":
      return record.base + record.quote;
  }
}

function numberOf(
  { record, nextFundingAtMs }: BoardRow,
  sort: Exclude<SortField, TextField>,
): number | null {
  switch (sort) {
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

function size(value: number | null): number | null {
  return value === null ? null : Math.abs(value);
}

function reaches(value: number | null, minimum: number): boolean {
  return value !== null && value >= minimum;
}
