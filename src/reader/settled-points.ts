import type { PastReader, SeriesRow } from "../db/history/past-reader.ts";
import { SETTLEMENT_ORIGINS } from "../domain/settlement.ts";
import { type HistoryRange, MAX_POINTS_PER_SERIES } from "../services/history/history-query.ts";
import { AMOUNT_UNITS, type AmountUnit, NO_ORIGIN } from "../services/history/settled-page.ts";
import type { Placed } from "./page-points.ts";

/** A payment or an accrued hour of one series. */
export interface Point extends Placed {
  readonly atMs: number;
  readonly amount: string;
  readonly unit: AmountUnit;
  readonly markPrice: number | null;
  /** Index in SETTLEMENT_ORIGINS, or NO_ORIGIN. */
  readonly origin: number;
  readonly estimate: number | null;
}

/** One more than a page can show: more than that would be read in vain. */
const MAX_READ = MAX_POINTS_PER_SERIES + 1;

/** The points of a series in a range. */
export function pointsOf(
  past: PastReader,
  { id, accrual }: SeriesRow,
  series: number,
  { fromMs, toMs }: HistoryRange,
): Point[] {
  if (accrual === "continuous")
    return past.accruals(id, fromMs, toMs, MAX_READ).map(({ hourEndMs, amount, unit }) => ({
      series,
      slotMs: hourEndMs,
      atMs: hourEndMs,
      amount,
      unit,
      markPrice: null,
      origin: NO_ORIGIN,
      estimate: null,
    }));
  return past.settlements(id, fromMs, toMs, MAX_READ).map((row) => ({
    series,
    slotMs: row.slotMs,
    atMs: row.slotMs + row.offsetMs,
    amount: row.rate,
    unit: "rate",
    markPrice: row.markPrice,
    origin: SETTLEMENT_ORIGINS.indexOf(row.origin),
    estimate: row.estimate,
  }));
}

/** Index in AMOUNT_UNITS. */
export function unitIndex(unit: AmountUnit): number {
  return AMOUNT_UNITS.indexOf(unit);
}
