import { CUMULATIVE_DEFAULTS as RANGE_DEFAULTS, type NoSum } from "./cumulative.ts";

/** What the list of all instruments can be sorted by. */
export const CUMULATIVE_SORTS = [
  "annualized_pct",
  "sum_pct",
  "positive_share",
  "completeness_share",
] as const;
export type CumulativeSort = (typeof CUMULATIVE_SORTS)[number];

/** Why there is no sum. */
export const NO_SUMS = ["no_settlements", "mark_price_unknown"] as const satisfies readonly NoSum[];

/** The defaults. */
export const CUMULATIVE_DEFAULTS = {
  range: RANGE_DEFAULTS.range,
  sort: "annualized_pct",
  order: "desc",
} as const;
