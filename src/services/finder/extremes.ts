import { isBlocked } from "../../domain/flags.ts";
import { annualizedPct, ratePerHourPct as perHourPct } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { sortByNumber } from "../../lib/sort-in-parts.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import { type FundingQuery, NO_FILTER, rowMatcher } from "./funding-query.ts";

/** Which ends of the market are requested. */
export const EXTREME_SIDES = ["both", "positive", "negative"] as const;
export type ExtremeSides = (typeof EXTREME_SIDES)[number];

/** Which end a row is at. */
export const EXTREME_ENDS = ["most_positive", "most_negative"] as const;
export type ExtremeEnd = (typeof EXTREME_ENDS)[number];

/** The period that the ranked figure refers to. */
export const EXTREME_PERIODS = ["hour", "year"] as const;
export type ExtremePeriod = (typeof EXTREME_PERIODS)[number];

export interface ExtremesQuery {
  /** The filter for rows; its order is ignored. */
  readonly rows: FundingQuery;
  readonly side: ExtremeSides;
  readonly per: ExtremePeriod;
  readonly limitPerSide: number;
}

/** The defaults. */
export const EXTREMES_DEFAULTS: ExtremesQuery = {
  rows: NO_FILTER,
  side: "both",
  per: "year",
  limitPerSide: 10,
};

/** One row of a ranking. Percent of notional, simple; positive: longs pay shorts. */
export interface Extreme {
  readonly row: BoardRow;
  readonly end: ExtremeEnd;
  /** Starts at 1 at each end. */
  readonly rank: number;
  readonly per: ExtremePeriod;
  /** The figure that is ranked: percent per `per`. */
  readonly valuePct: number;
  readonly ratePerHourPct: number;
}

/** The rows with the highest rates above 0, then those with the lowest below 0; ties in snapshot order. */
export function* findExtremes(
  snapshot: Snapshot,
  query: ExtremesQuery,
): Stepwise<readonly Extreme[]> {
  const { side, limitPerSide, per } = query;
  const matches = rowMatcher(query.rows);
  const ranked = { most_positive: [] as Rated[], most_negative: [] as Rated[] };
  yield* visitEach(snapshot.rows, (row) => {
    if (isBlocked(row.flags) || !matches(row)) return;
    const rated = ratedRow(row, per);
    if (rated === null || rated.valuePct === 0) return;
    ranked[rated.valuePct > 0 ? "most_positive" : "most_negative"].push(rated);
  });
  const extremes: Extreme[] = [];
  for (const end of endsOf(side)) {
    // The sort is stable, so equal rates keep the snapshot's order.
    const sorted = yield* sortByNumber(ranked[end], ({ valuePct }) => -Math.abs(valuePct));
    for (const [index, rated] of sorted.slice(0, limitPerSide).entries())
      extremes.push({ ...rated, end, rank: index + 1, per });
  }
  return extremes;
}

type Rated = Pick<Extreme, "row" | "valuePct" | "ratePerHourPct">;

/** Null if the interval is unknown, and with it the rate per hour. */
function ratedRow(row: BoardRow, per: ExtremePeriod): Rated | null {
  const { fundingRate, fundingIntervalHours } = row.record;
  const yearPct = annualizedPct(fundingRate, fundingIntervalHours);
  if (yearPct === null || fundingIntervalHours === null) return null;
  const ratePerHourPct = perHourPct(fundingRate, fundingIntervalHours);
  return { row, ratePerHourPct, valuePct: per === "hour" ? ratePerHourPct : yearPct };
}

function endsOf(side: ExtremeSides): readonly ExtremeEnd[] {
  switch (side) {
    case "both":
      return EXTREME_ENDS;
    case "positive":
      return ["most_positive"];
    case "negative":
      return ["most_negative"];
  }
}
