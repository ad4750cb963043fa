import type { ExchangeId } from "../../domain/exchange.ts";
import { BLOCKING_FLAGS, flagBit } from "../../domain/flags.ts";
import { fractionToPct, rate8hPct, ratePerHourPct } from "../../domain/funding.ts";
import { sortByNumberThen } from "../../lib/sort-in-parts.ts";
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

/** A line before the columns are known. */
interface Draft extends Pick<HeatmapLine, "base" | "assetId" | "marks"> {
  /** Those that are shown, at most one per exchange. */
  readonly legs: readonly Leg[];
  /** What lines are sorted by, largest first; the same for all if sorting by name. */
  readonly size: number;
}

/** The matrix of these groups; ties are sorted by base, then asset. */
export function* heatmapOf(groups: readonly AssetGroup[], query: HeatmapQuery): Stepwise<Heatmap> {
  const drafting = new Drafting(query);
  const drafts: Draft[] = [];
  yield* visitEach(groups, (group) => {
    const draft = drafting.draftOf(group);
    if (draft !== null) drafts.push(draft);
  });
  const { byPlace } = drafting;
  const exchanges = query.columns ?? byPlace.filter((exchange) => exchange !== undefined);
  const columns = new Map(exchanges.map((exchange, column) => [exchange, column]));
  const columnOf = byPlace.map((exchange) => exchange && columns.get(exchange));
  const sorted = yield* sortByNumberThen(drafts, ({ size }) => -size, compareNames);
  const lines = yield* mapEach(sorted, ({ base, assetId, legs, marks }) => {
    const values = new Array<number | null>(exchanges.length).fill(null);
    for (const leg of legs) values[columnOf[leg.exchangeIndex] ?? 0] = valueOf(leg, query.value);
    return { base, assetId, exchanges, values, marks };
  });
  return { exchanges, lines };
}

/** Makes the lines of a query, and collects the exchanges that occur in them. */
class Drafting {
  /** The exchanges with a value or a mark, by their index. */
  readonly byPlace: (ExchangeId | undefined)[] = [];
  readonly #query: HeatmapQuery;
  readonly #matches: (leg: Leg) => boolean;

  constructor(query: HeatmapQuery) {
    this.#query = query;
    this.#matches = legMatcher(query.listings);
  }

  /** The line of an asset; null if it is not shown. */
  draftOf({ base, assetId, trusted, refused }: AssetGroup): Draft | null {
    const { value, minExchanges } = this.#query;
    const { legs: most, volumeUsd } = mostTraded(trusted, this.#matches);
    // With an annual rate it has every value.
    const isShown = (leg: Leg): boolean =>
      leg.annualizedPct !== null || valueOf(leg, value) !== null;
    const legs = most.every(isShown) ? most : most.filter(isShown);
    const marked =
      refused.length === 0 ? NO_LEGS : withoutLeg(mostTraded(refused, this.#matches).legs, legs);
    if (legs.length + marked.length === 0 || legs.length < minExchanges) return null;
    this.#see(legs);
    this.#see(marked);
    return { base, assetId, legs, marks: marksOf(marked, legs), size: this.#size(legs, volumeUsd) };
  }

  #see(legs: readonly Leg[]): void {
    for (const { exchangeIndex, row } of legs) this.byPlace[exchangeIndex] ??= row.record.exchange;
  }

  /** `volumeUsd` is that of all trusted listings that pass; null if none reports it. */
  #size(legs: readonly Leg[], volumeUsd: number | null): number {
    const { sort, value } = this.#query;
    switch (sort) {
      case "volume":
        return volumeUsd ?? UNKNOWN_SIZE;
      case "base":
        return 0;
      case "spread": {
        if (legs.length < 2) return UNKNOWN_SIZE;
        const values = legs.map((leg) => valueOf(leg, value) ?? 0);
        return Math.max(...values) - Math.min(...values);
      }
    }
  }
}

/** Sorts unknown sizes last. */
const UNKNOWN_SIZE = Number.NEGATIVE_INFINITY;

/** The refused legs of exchanges of which none is shown. */
function withoutLeg(refused: readonly Leg[], shown: readonly Leg[]): readonly Leg[] {
  // Usually one or two: building a set of the exchanges would take longer than searching them.
  return refused.filter(
    ({ exchangeIndex: place }) => !shown.some(({ exchangeIndex }) => exchangeIndex === place),
  );
}

const NO_LEGS: readonly Leg[] = [];

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
    if (last === null || isNew) best.push(leg);
    else if (tradesMore(leg, last)) best[best.length - 1] = leg;
    else continue;
    last = leg;
  }
  return { legs: best, volumeUsd };
}

function tradesMore({ volume24hUsd: leftUsd }: Leg, { volume24hUsd: rightUsd }: Leg): boolean {
  return leftUsd !== null && (rightUsd === null || leftUsd > rightUsd);
}

function valueOf({ row, annualizedPct }: Leg, value: HeatmapValue): number | null {
  // Without reading the row: for 12,000 of them that takes longer than everything else.
  if (value === "annualized_pct") return annualizedPct;
  const { fundingRate, fundingIntervalHours } = row.record;
  switch (value) {
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

function marksOf(marked: readonly Leg[], shown: readonly Leg[]): HeatmapLine["marks"] {
  const marks = marked.map(markOf);
  for (const { flags, row } of shown)
    if ((flags & UNVERIFIED) !== 0)
      marks.push({ exchange: row.record.exchange, flag: "unverified_rate" });
  return marks;
}

function compareNames(left: Draft, right: Draft): number {
  return compare(left.base, right.base) || compare(left.assetId, right.assetId);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
