import type { ExchangeId } from "../../domain/exchange.ts";
import { BLOCKING_FLAGS, flagBit } from "../../domain/flags.ts";
import { fractionToPct, rate8hPct, ratePerHourPct } from "../../domain/funding.ts";
import { sortStepwise } from "../../lib/sort-in-parts.ts";
import { mapEach, type Stepwise, visitEach } from "../../lib/stepwise.ts";
import type { AssetGroup, Leg } from "./asset-groups.ts";
import { type FundingQuery, legMatcher, NO_FILTER } from "./funding-query.ts";

/** What a cell can show, in percent: per year, per eight hours, per hour, or per the listing's own interval. */
export const HEATMAP_VALUES = [
  "annualized_pct",
  "rate_8h_pct",
  "rate_per_hour_pct",
  "funding_rate_pct",
] as const;
export type HeatmapValue = (typeof HEATMAP_VALUES)[number];

export const HEATMAP_SORTS = ["volume", "base", "spread"] as const;
export type HeatmapSort = (typeof HEATMAP_SORTS)[number];

/**
 * Why an exchange that lists an asset has no value: a blocking flag, or an unconfirmed identity. And for values, the
 * only flag that means that they may be a different rate.
 */
export const MARKS = [...BLOCKING_FLAGS, "identity_unknown", "unverified_rate"] as const;
export type Mark = (typeof MARKS)[number];

/** Which listings and values, in which order. */
export interface HeatmapQuery {
  /** The filter for listings; its sort is ignored. */
  readonly listings: FundingQuery;
  readonly value: HeatmapValue;
  readonly sort: HeatmapSort;
  /** Minimum number of exchanges with a value; 0 includes assets without any. */
  readonly minExchanges: number;
  /** The columns in this order, even if empty; null: each exchange that has a value or a mark. */
  readonly columns: readonly ExchangeId[] | null;
}

/** The defaults. */
export const HEATMAP_DEFAULTS: HeatmapQuery = {
  listings: NO_FILTER,
  value: "annualized_pct",
  sort: "volume",
  minExchanges: 1,
  columns: null,
};

/** One asset on every exchange of the matrix. */
export interface HeatmapLine {
  readonly base: string;
  readonly assetId: string;
  /** The exchanges of the whole matrix. */
  readonly exchanges: readonly ExchangeId[];
  /** In the order of `exchanges`; null if there is no trusted listing. */
  readonly values: (number | null)[];
  /** The exchanges without a value that do list the asset, then those whose value is an unverified rate. */
  readonly marks: { readonly exchange: ExchangeId; readonly flag: Mark }[];
}

/** Assets by exchanges. */
export interface Heatmap {
  readonly exchanges: readonly ExchangeId[];
  readonly lines: readonly HeatmapLine[];
}

interface Cell {
  readonly leg: Leg;
  readonly value: number;
}

interface Draft extends Pick<HeatmapLine, "base" | "assetId"> {
  readonly cells: readonly Cell[];
  /** Untrusted listings on exchanges without a cell. */
  readonly marked: readonly Leg[];
  /** Of all trusted listings that pass; null if none reports it. */
  readonly volumeUsd: number | null;
}

/** The matrix of these groups; ties are sorted by base, then asset. */
export function* heatmapOf(groups: readonly AssetGroup[], query: HeatmapQuery): Stepwise<Heatmap> {
  const matches = legMatcher(query.listings);
  const drafts: Draft[] = [];
  yield* visitEach(groups, (group) => {
    const draft = draftOf(group, matches, query.value);
    const isEmpty = draft.cells.length + draft.marked.length === 0;
    if (!isEmpty && draft.cells.length >= query.minExchanges) drafts.push(draft);
  });
  const { exchanges, columnOf } = yield* columnsOf(drafts, query.columns);
  const sorted = yield* ordered(drafts, query.sort);
  const lines = yield* mapEach(sorted, ({ base, assetId, cells, marked }) => {
    const values = new Array<number | null>(exchanges.length).fill(null);
    for (const { leg, value } of cells) values[columnOf[leg.exchangeIndex] ?? 0] = value;
    return { base, assetId, exchanges, values, marks: marksOf(marked, cells) };
  });
  return { exchanges, lines };
}

const NO_LEGS: readonly Leg[] = [];

function draftOf(
  { base, assetId, trusted, refused }: AssetGroup,
  matches: (leg: Leg) => boolean,
  value: HeatmapValue,
): Draft {
  const listings = mostTraded(trusted, matches);
  const cells: Cell[] = [];
  for (const leg of listings.legs) {
    const shown = valueOf(leg, value);
    if (shown !== null) cells.push({ leg, value: shown });
  }
  const marked =
    refused.length === 0 ? NO_LEGS : withoutCell(mostTraded(refused, matches).legs, cells);
  return { base, assetId, cells, marked, volumeUsd: listings.volumeUsd };
}

/** The legs of exchanges without a value. */
function withoutCell(refused: readonly Leg[], cells: readonly Cell[]): readonly Leg[] {
  // Usually one or two: building a set of the cells would take longer than searching them.
  return refused.filter(
    ({ exchangeIndex: place }) => !cells.some(({ leg }) => leg.exchangeIndex === place),
  );
}

/**
 * The most traded matching leg of each exchange (the first of equal ones), and the total volume of all matching legs
 * (null if none reports it). `legs` are in snapshot order, i.e. contiguous by exchange.
 */
function mostTraded(legs: readonly Leg[], matches: (leg: Leg) => boolean) {
  const best: Leg[] = [];
  let volumeUsd: number | null = null;
  let last: Leg | null = null;
  for (const leg of legs) {
    if (!matches(leg)) continue;
    if (leg.volume24hUsd !== null) volumeUsd = (volumeUsd ?? 0) + leg.volume24hUsd;
    const isNew = last === null || last.exchangeIndex !== leg.exchangeIndex;
    if (last === null || isNew || tradesMore(leg, last)) {
      best[isNew ? best.length : best.length - 1] = leg;
      last = leg;
    }
  }
  return { legs: best, volumeUsd };
}

function tradesMore({ volume24hUsd: leftUsd }: Leg, { volume24hUsd: rightUsd }: Leg): boolean {
  return leftUsd !== null && (rightUsd === null || leftUsd > rightUsd);
}

function valueOf({ row, annualizedPct }: Leg, value: HeatmapValue): number | null {
  const { fundingRate, fundingIntervalHours } = row.record;
  switch (value) {
    case "annualized_pct":
      return annualizedPct;
    case "rate_8h_pct":
      return rate8hPct(fundingRate, fundingIntervalHours);
    case "rate_per_hour_pct":
      return fundingIntervalHours === null
        ? null
        : ratePerHourPct(fundingRate, fundingIntervalHours);
    case "funding_rate_pct":
      return fractionToPct(fundingRate);
  }
}

function markOf({ flags, row: { record } }: Leg): HeatmapLine["marks"][number] {
  const blocking = BLOCKING_FLAGS.find((flag) => (flags & flagBit(flag)) !== 0);
  return { exchange: record.exchange, flag: blocking ?? "identity_unknown" };
}

const UNVERIFIED = flagBit("unverified_rate");

function marksOf(marked: readonly Leg[], cells: readonly Cell[]): HeatmapLine["marks"] {
  const marks = marked.map(markOf);
  for (const { leg } of cells)
    if ((leg.flags & UNVERIFIED) !== 0)
      marks.push({ exchange: leg.row.record.exchange, flag: "unverified_rate" });
  return marks;
}

/**
 * The requested exchanges, or else those with a cell or a mark; and the column of each exchange index of the snapshot.
 */
function* columnsOf(drafts: readonly Draft[], asked: HeatmapQuery["columns"]) {
  const byPlace: (ExchangeId | undefined)[] = [];
  const see = (leg: Leg): void => {
    byPlace[leg.exchangeIndex] ??= leg.row.record.exchange;
  };
  yield* visitEach(drafts, ({ cells, marked }) => {
    for (const { leg } of cells) see(leg);
    for (const leg of marked) see(leg);
  });
  const exchanges = asked ?? byPlace.filter((exchange) => exchange !== undefined);
  const columns = new Map(exchanges.map((exchange, column) => [exchange, column]));
  const columnOf = byPlace.map((exchange) => exchange && columns.get(exchange));
  return { exchanges, columnOf };
}

function* ordered(drafts: readonly Draft[], sort: HeatmapSort): Stepwise<readonly Draft[]> {
  const keyed = yield* mapEach(drafts, (draft) => ({ draft, size: sizeOf(draft, sort) }));
  const sorted = yield* sortStepwise(keyed, (left, right) =>
    left.size === right.size ? compareNames(left.draft, right.draft) : right.size - left.size,
  );
  return sorted.map(({ draft }) => draft);
}

/** Sorts unknown values last. */
const UNKNOWN_SIZE = Number.NEGATIVE_INFINITY;

/** The sort key, largest first; the same for all if sorting by name. */
function sizeOf({ cells, volumeUsd }: Draft, sort: HeatmapSort): number {
  switch (sort) {
    case "volume":
      return volumeUsd ?? UNKNOWN_SIZE;
    case "base":
      return 0;
    case "spread": {
      if (cells.length < 2) return UNKNOWN_SIZE;
      const values = cells.map(({ value }) => value);
      return Math.max(...values) - Math.min(...values);
    }
  }
}

function compareNames(left: Draft, right: Draft): number {
  return compare(left.base, right.base) || compare(left.assetId, right.assetId);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
