import { HOURS_PER_YEAR } from "../../../domain/charges.ts";
import { roundPct } from "../../../domain/percent.ts";
import { flatRows } from "../../../lib/flat-table.ts";
import type { LinePage } from "../../../services/history/line-page.ts";
import type { Weighting } from "../../../services/history/series.ts";
import { badParameters } from "../../protocol/problem.ts";
import { secondsOf } from "../../lists/row-fields.ts";
import type { LineItem, LinePointItem } from "./line-schema.ts";
import { liveHead } from "./live-rows.ts";
import { pageHead } from "./rows.ts";
import type { AssetIds } from "./series-part.ts";

const HOURS_8 = 8;

/** Makes the points of a page, by index. */
export function linePointsOf(
  { rows, assetId }: LinePage,
  weighting: Weighting,
): (index: number) => LinePointItem {
  const asset = assetId ?? "";
  const unweighted = weighting === "volume" ? "volume_unknown" : "open_interest_unknown";
  const rowAt = flatRows(rows);
  return (index) => {
    const { fromMs, ratePerHourPct, reason, weightUsd, withoutWeight, ...counts } = rowAt(index);
    const over = (hours: number): number | null =>
      ratePerHourPct === null ? null : roundPct(ratePerHourPct * hours);
    return {
      asset_id: asset,
      start_at: secondsOf(fromMs),
      annualized_pct: over(HOURS_PER_YEAR),
      rate_8h_pct: over(HOURS_8),
      reason: reason === "no_weights" ? unweighted : reason,
      ...counts,
      weight_usd: weightUsd,
      without_weight: withoutWeight,
    };
  };
}

/** The envelope's members about the page. */
export function lineHead(page: LinePage, weighting: Weighting, assetIds: AssetIds) {
  const { series, covered, unreadable, assetId, leftOut } = page;
  const line: LineItem = {
    weighting,
    asset_id: assetId,
    left_out: leftOut,
    unreadable_periods: unreadable,
  };
  return series.kind === "settled"
    ? { ...pageHead({ series: series.of, covered }, assetIds), line }
    : { ...liveHead({ series: series.of, covered, unreadable }, assetIds), line };
}

/** The problem of a line over several assets. */
export function severalAssets(asked: string, assetIds: readonly string[]) {
  const rule = `needs one asset, but ${JSON.stringify(asked)} is a name of ${assetIds.join(", ")}: ask for one of these`;
  return badParameters([{ parameter: "weighting", rule }]);
}
