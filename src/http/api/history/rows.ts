import { annualizedPct, fractionToPct, rate8hPct } from "../../../domain/funding.ts";
import { flatRows } from "../../../lib/flat-table.ts";
import { SETTLEMENT_ORIGINS } from "../../../domain/settlement.ts";
import {
  AMOUNT_UNITS,
  type BucketPage,
  type PageSeries,
  type SettledPage,
} from "../../../services/history/settled-page.ts";
import { lackingItems } from "../../lists/lacking.ts";
import { secondsOf } from "../../lists/row-fields.ts";
import { type AssetIds, coveredPart, instrumentOf, seriesPart } from "./series-part.ts";
import type { PastSeries, SettledBucketItem, SettledPointRow } from "./schema.ts";

/** Makes the rows of a page, by index. */
export function rowsOf(
  { series, points }: SettledPage,
  assetIds: AssetIds,
): (index: number) => SettledPointRow {
  const amounts = points.amounts.split("\n");
  const instruments = series.map((one) => ({
    ...instrumentOf(one, assetIds),
    accrual: one.accrual,
  }));
  return (index) => {
    const instrument = instruments[points.series[index] ?? 0];
    if (instrument === undefined) throw new Error("assertion failed: a point without a series");
    const text = amounts[index] ?? "";
    const amount = Number(text);
    const unit = AMOUNT_UNITS[points.unit[index] ?? 0] ?? "rate";
    const hours = points.intervalHours[index] || null;
    const isRate = unit === "rate";
    return {
      ...instrument,
      slot_at: secondsOf(points.slotMs[index] ?? 0),
      settled_at: secondsOf(points.atMs[index] ?? 0),
      funding_rate: isRate ? amount : null,
      funding_rate_pct: isRate ? fractionToPct(amount) : null,
      funding_interval_hours: hours,
      annualized_pct: unit === "quote_per_unit" ? null : annualizedPct(amount, hours),
      rate_8h_pct: unit === "quote_per_unit" ? null : rate8hPct(amount, hours),
      accrued_amount: isRate ? null : amount,
      accrued_unit: unit === "rate" ? null : unit,
      amount_text: text,
      mark_price: known(points.markPrice[index]),
      origin: SETTLEMENT_ORIGINS[points.origin[index] ?? -1] ?? null,
      estimated_rate: known(points.estimate[index]),
    };
  };
}

/** Makes the sums of a page, by index. */
export function bucketsOf(
  { series, buckets }: BucketPage,
  assetIds: AssetIds,
): (index: number) => SettledBucketItem {
  const rowAt = flatRows(buckets);
  return (index) => {
    const row = rowAt(index);
    const of = series[row.series];
    if (of === undefined) throw new Error("assertion failed: a sum without a series");
    return {
      ...instrumentOf(of, assetIds),
      accrual: of.accrual,
      start_at: secondsOf(row.fromMs),
      settlements: row.count,
      sum_pct: row.sumPct,
      sum_fraction: Number(row.sum),
      sum_text: row.sum,
      mean_pct: row.meanPct,
    };
  };
}

/** The envelope's members about the page. */
export function pageHead(
  { series, covered }: Pick<SettledPage, "series" | "covered">,
  assetIds: AssetIds,
) {
  return {
    kind: "settled" as const,
    line: null,
    ...coveredPart(covered),
    complete: series.every(isComplete),
    series: series.map((one): PastSeries => pastSeries(one, assetIds)),
  };
}

function pastSeries(one: PageSeries, assetIds: AssetIds): PastSeries {
  return {
    ...seriesPart(one, assetIds),
    complete: isComplete(one),
    lacking: lackingItems(one.lacking),
    lacking_ranges: one.lackingRanges,
    unpriced_hours: one.unpriced,
  };
}

function isComplete({ lackingRanges, unpriced }: PageSeries): boolean {
  return lackingRanges === 0 && unpriced === 0;
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
