import type { HistoryRange } from "../../../services/history/history-query.ts";
import type { LiveSeries } from "../../../services/history/live-page.ts";
import type { PageSeries } from "../../../services/history/settled-page.ts";
import { instrumentPart, knownSeconds } from "../../lists/row-fields.ts";

/** The asset ids of current listings, by uid. */
export type AssetIds = ReadonlyMap<string, string | null>;

/** The values of `instrumentFields`. */
export function instrumentOf(one: PageSeries | LiveSeries, assetIds: AssetIds) {
  return instrumentPart({ ...one, assetId: assetIds.get(one.uid) ?? null });
}

/** The values of `seriesFields`. */
export function seriesPart(one: PageSeries | LiveSeries, assetIds: AssetIds) {
  return {
    ...instrumentOf(one, assetIds),
    settle: one.settle,
    multiplier: one.multiplier,
    accrual: one.accrual,
    listed_at: knownSeconds(one.listedAtMs),
    ended_at: knownSeconds(one.endedAtMs),
    points: one.points,
  };
}

/** The time that a page covers. */
export function coveredPart({ fromMs, toMs }: HistoryRange) {
  return { from_at: Math.ceil(fromMs / 1000), to_at: Math.ceil(toMs / 1000) };
}
