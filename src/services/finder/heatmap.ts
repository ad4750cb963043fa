import type { ExchangeId } from "../../domain/exchange.ts";
import { BLOCKING_FLAGS, flagBit } from "../../domain/flags.ts";
import { fractionToPct, rate8hPct, ratePerHourPct } from "../../domain/funding.ts";
import type { BoardRow } from "../../domain/market.ts";
import type { AssetGroup, Leg } from "./asset-groups.ts";
import { type FundingQuery, NO_FILTER, rowMatcher } from "./funding-query.ts";

/** What a cell can show, in percent: a year, eight hours, an hour, or the listing's own interval. */
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
 * Why an exchange that lists an asset has no value: a blocking flag, or no price has told which asset it is. And of
 * values: the one flag that says that they may be those of another rate.
 */
export const MARKS = [...BLOCKING_FLAGS, "identity_unknown", "unverified_rate"] as const;
export type Mark = (typeof MARKS)[number];

/** Which listings, shown how, in which order. */
export interface HeatmapQuery {
  /** What each listing must pass; its sort is not used. */
  readonly listings: FundingQuery;
  readonly value: HeatmapValue;
  readonly sort: HeatmapSort;
  /** Least number of exchanges with a value; 0 also shows assets that have none. */
  readonly minExchanges: number;
  /** The columns, in this order, whatever they hold; null: each exchange that has a value or a mark. */
  readonly columns: readonly ExchangeId[] | null;
}

/** What is asked for where nothing else is said. */
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
  /** Those of the whole matrix. */
  readonly exchanges: readonly ExchangeId[];
  /** In the order of `exchanges`; null where there is no listing that can be relied on. */
  readonly values: (number | null)[];
  /** The exchanges among the nulls that do list the asset, then those whose value is of an unverified rate. */
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
  /** Listings that cannot be relied on, of exchanges without a cell. */
  readonly marked: readonly Leg[];
  /** Of all listings that pass and can be relied on; null where none of them tells. */
  readonly volumeUsd: number | null;
}

/** The matrix of these groups; ties in the order of base, then asset. */
export function heatmapOf(groups: readonly AssetGroup[], query: HeatmapQuery): Heatmap {
  const matches = rowMatcher(query.listings);
  const drafts: Draft[] = [];
  for (const group of groups) {
    const draft = draftOf(group, matches, query.value);
    const isEmpty = draft.cells.length + draft.marked.length === 0;
    if (!isEmpty && draft.cells.length >= query.minExchanges) drafts.push(draft);
  }
  const { exchanges, columnOf } = columnsOf(drafts, query.columns);
  return {
    exchanges,
    lines: ordered(drafts, query.sort).map(({ base, assetId, cells, marked }) => {
      const values = new Array<number | null>(exchanges.length).fill(null);
      for (const { leg, value } of cells) values[columnOf[leg.exchangePlace] ?? 0] = value;
      return {
        base,
        assetId,
        exchanges,
        values,
        marks: [...marked.map(markOf), ...unverified(cells)],
      };
    }),
  };
}

function draftOf(
  { base, assetId, trusted, refused }: AssetGroup,
  matches: (row: BoardRow) => boolean,
  value: HeatmapValue,
): Draft {
  const listings = mostTraded(trusted, matches);
  const cells: Cell[] = [];
  for (const leg of listings.legs) {
    const shown = valueOf(leg, value);
    if (shown !== null) cells.push({ leg, value: shown });
  }
  const marked = unshown(mostTraded(refused, matches).legs, cells);
  return { base, assetId, cells, marked, volumeUsd: listings.volumeUsd };
}

/** The legs of exchanges that show no value. */
function unshown(refused: readonly Leg[], cells: readonly Cell[]): readonly Leg[] {
  // One or two, mostly: a set of the cells would take longer to make than they take to be looked through.
  return refused.filter(
    ({ exchangePlace: place }) => !cells.some(({ leg }) => leg.exchangePlace === place),
  );
}

/**
 * One of each exchange's matching legs, the first of its most traded ones, and what all that match turn over (null
 * where none tells). `legs` are in the order of a snapshot, an exchange's next to each other.
 */
function mostTraded(legs: readonly Leg[], matches: (row: BoardRow) => boolean) {
  const best: Leg[] = [];
  let volumeUsd: number | null = null;
  let last: Leg | null = null;
  for (const leg of legs) {
    const { record } = leg.row;
    if (!matches(leg.row)) continue;
    if (record.volume24hUsd !== null) volumeUsd = (volumeUsd ?? 0) + record.volume24hUsd;
    const isNew = last === null || last.exchangePlace !== leg.exchangePlace;
    if (last === null || isNew || tradesMore(leg, last)) {
      best[isNew ? best.length : best.length - 1] = leg;
      last = leg;
    }
  }
  return { legs: best, volumeUsd };
}

function tradesMore(left: Leg, right: Leg): boolean {
  const leftUsd = left.row.record.volume24hUsd;
  const rightUsd = right.row.record.volume24hUsd;
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

function markOf({ row: { record, flags } }: Leg): HeatmapLine["marks"][number] {
  const blocking = BLOCKING_FLAGS.find((flag) => (flags & flagBit(flag)) !== 0);
  return { exchange: record.exchange, flag: blocking ?? "identity_unknown" };
}

const UNVERIFIED = flagBit("unverified_rate");

function unverified(cells: readonly Cell[]): HeatmapLine["marks"] {
  return cells.flatMap(({ leg: { row } }) =>
    (row.flags & UNVERIFIED) === 0
      ? []
      : [{ exchange: row.record.exchange, flag: "unverified_rate" as const }],
  );
}

/** The exchanges that are asked for, else those that have a cell or a mark, and the column of each place of the snapshot. */
function columnsOf(drafts: readonly Draft[], asked: HeatmapQuery["columns"]) {
  const byPlace: (ExchangeId | undefined)[] = [];
  const see = (leg: Leg): void => {
    byPlace[leg.exchangePlace] ??= leg.row.record.exchange;
  };
  for (const { cells, marked } of drafts) {
    for (const { leg } of cells) see(leg);
    for (const leg of marked) see(leg);
  }
  const exchanges = asked ?? byPlace.filter((exchange) => exchange !== undefined);
  const columns = new Map(exchanges.map((exchange, column) => [exchange, column]));
  const columnOf = byPlace.map((exchange) => exchange && columns.get(exchange));
  return { exchanges, columnOf };
}

function ordered(drafts: readonly Draft[], sort: HeatmapSort): readonly Draft[] {
  const keyed = drafts.map((draft) => ({ draft, size: sizeOf(draft, sort) }));
  keyed.sort((left, right) =>
    left.size === right.size ? compareNames(left.draft, right.draft) : right.size - left.size,
  );
  return keyed.map(({ draft }) => draft);
}

/** Of what is not known: after everything that is. */
const UNKNOWN_SIZE = Number.NEGATIVE_INFINITY;

/** What the largest come first by; all alike where names alone decide. */
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
