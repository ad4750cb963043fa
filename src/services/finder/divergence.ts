import type { Snapshot } from "../../domain/market.ts";
import type { Pauses } from "../../lib/pauses.ts";
import { mean, standardDeviation } from "../../domain/statistics.ts";
import { findPairs, candidateMatcher } from "./arbitrage.ts";
import type { AssetGroups } from "./asset-groups.ts";
import type { ArbitrageQuery, Pair } from "./pair.ts";

/** Assets whose rates point both ways: what a pair query asks for, and how far the rates must lie apart. */
export interface DivergenceQuery {
  /** Its best pair of an asset is the straddle that is shown. */
  readonly pairs: ArbitrageQuery;
  /** Least standard deviation of the annual rates, percentage points. */
  readonly minDeviationPct: number;
}

/** One asset with its straddle and how its annual rates are spread. Percent a year. */
export interface Divergence {
  readonly pair: Pair;
  readonly exchanges: number;
  readonly listings: number;
  readonly positive: number;
  readonly negative: number;
  readonly meanPct: number | null;
  /** Of the population of listings that pass the filters. */
  readonly deviationPct: number | null;
}

/** The assets of a snapshot whose rates diverge, the widest straddle first. */
export async function findDivergences(
  snapshot: Snapshot,
  groups: AssetGroups,
  query: DivergenceQuery,
  pauses: Pauses,
): Promise<readonly Divergence[]> {
  const matches = candidateMatcher(query.pairs);
  const end = Number.POSITIVE_INFINITY;
  const pairs = await findPairs(snapshot, groups, query.pairs, { end, pauses });
  return pairs
    .slice(0, pairs.length)
    .map((pair) => divergenceOf(pair, matches))
    .filter(({ deviationPct }) => (deviationPct ?? 0) >= query.minDeviationPct);
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
    meanPct: mean(rates),
    deviationPct: standardDeviation(rates),
  };
}
