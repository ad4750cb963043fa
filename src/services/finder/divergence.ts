import { roundKnownPct } from "../../domain/percent.ts";
import type { Snapshot } from "../../domain/market.ts";
import { mapEach, type Stepwise } from "../../lib/stepwise.ts";
import { mean, standardDeviation } from "../../domain/statistics.ts";
import { findPairs } from "./arbitrage.ts";
import type { AssetGroups } from "./asset-groups.ts";
import { ARBITRAGE_DEFAULTS, type ArbitrageQuery, type Pair } from "./pair.ts";
import { candidateMatcher } from "./pair-filter.ts";

/** Assets whose rates have opposite signs: the pairs to consider, and the minimum spread of the rates. */
export interface DivergenceQuery {
  /** The best pair of each asset that matches is shown as its straddle. */
  readonly pairs: ArbitrageQuery;
  /** Minimum standard deviation of the annual rates, percentage points. */
  readonly minDeviationPct: number;
}

/** The defaults. Fees, holding time and size do not affect divergence. */
export const DIVERGENCE_DEFAULTS = {
  pairs: {
    ...ARBITRAGE_DEFAULTS,
    legs: { ...ARBITRAGE_DEFAULTS.legs, minVolumeUsd: 5_000_000 },
    minAgeSeconds: 1_800,
    minExchanges: 3,
    sort: "gross",
    paidOnBothSides: true,
  },
  minDeviationPct: 0,
} as const satisfies Omit<DivergenceQuery, "pairs"> & {
  readonly pairs: Omit<ArbitrageQuery, "fees">;
};

/** One asset with its straddle and the spread of its annual rates. Percent per year. */
export interface Divergence {
  readonly pair: Pair;
  readonly exchanges: number;
  readonly listings: number;
  readonly positive: number;
  readonly negative: number;
  readonly meanPct: number | null;
  /** Over all listings that pass the filters (population standard deviation). */
  readonly deviationPct: number | null;
}

/** The assets of a snapshot whose rates diverge, widest straddle first. */
export function* findDivergences(
  snapshot: Snapshot,
  groups: AssetGroups,
  query: DivergenceQuery,
): Stepwise<readonly Divergence[]> {
  const matches = candidateMatcher(query.pairs);
  const end = Number.POSITIVE_INFINITY;
  const pairs = yield* findPairs(snapshot, groups, query.pairs, { end });
  const all = pairs.slice(0, pairs.length);
  const found = yield* mapEach(all, (pair) => divergenceOf(pair, matches));
  return found.filter(({ deviationPct }) => (deviationPct ?? 0) >= query.minDeviationPct);
}

function divergenceOf(pair: Pair, matches: ReturnType<typeof candidateMatcher>): Divergence {
  const legs = pair.group.trusted.filter(matches);
  const rates = legs.flatMap(({ annualizedPct }) =>
    annualizedPct === null ? [] : [annualizedPct],
  );
  return {
    pair,
    exchanges: new Set(legs.map(({ row }) => row.record.exchange)).size,
    listings: legs.length,
    positive: rates.filter((rate) => rate > 0).length,
    negative: rates.filter((rate) => rate < 0).length,
    meanPct: roundKnownPct(mean(rates)),
    deviationPct: roundKnownPct(standardDeviation(rates)),
  };
}
