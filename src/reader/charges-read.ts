import type { SeriesRow } from "../db/history/past-reader.ts";
import { monthOf, nextMonthOf } from "../db/history/sample-times.ts";
import { type Charge, chargesOf, chargesWithin } from "../domain/charges.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import type { HistoryRange } from "../services/history/history-query.ts";
import { type KnownPast, storedIn } from "./known-past.ts";

/**
 * What series charged within the range of one question. Accrued hours are kept by month: their prices are read from a
 * month of samples, and a question needs the same hours several times.
 */
export class ChargesRead {
  readonly #known: KnownPast;
  readonly #range: HistoryRange;
  readonly #months = new Map<string, readonly Charge[]>();

  constructor(known: KnownPast, range: HistoryRange) {
    this.#known = known;
    this.#range = range;
  }

  /** The charges of a series in a part of the range, ascending. */
  *of(series: SeriesRow, part: HistoryRange): Stepwise<readonly Charge[]> {
    const fromMs = Math.max(part.fromMs, this.#range.fromMs);
    const toMs = Math.min(part.toMs, this.#range.toMs);
    if (fromMs >= toMs) return [];
    if (series.accrual === "periodic")
      return chargesOf(yield* storedIn(this.#known, series, { fromMs, toMs }));
    const charges: Charge[] = [];
    for (let month = monthOf(fromMs / 1000); month * 1000 < toMs; month = nextMonthOf(month))
      for (const charge of yield* this.#month(series, month)) charges.push(charge);
    return chargesWithin(charges, { fromMs, toMs });
  }

  *#month(series: SeriesRow, month: number): Stepwise<readonly Charge[]> {
    const key = `${series.id} ${month}`;
    const known = this.#months.get(key);
    if (known !== undefined) return known;
    const fromMs = Math.max(month * 1000, this.#range.fromMs);
    const toMs = Math.min(nextMonthOf(month) * 1000, this.#range.toMs);
    const charges = chargesOf(yield* storedIn(this.#known, series, { fromMs, toMs }));
    this.#months.set(key, charges);
    return charges;
  }
}
