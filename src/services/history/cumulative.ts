/** What one instrument charged over a range of time, added up. */
import {
  annualizedSumPct,
  type Charge,
  chargesOf,
  chargesWithin,
  type TimeRange,
} from "../../domain/charges.ts";
import { decimalPct, DecimalSum, decimalText, type Sign } from "../../domain/decimal.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import { type InstrumentPast, ledgerOf } from "./charges.ts";
import { type LedgerRange, rangesWithin } from "./gap-ledger.ts";

export const CUMULATIVE_RANGES = ["1d", "7d", "30d", "90d", "365d"] as const;
export type CumulativeRange = (typeof CUMULATIVE_RANGES)[number];

export interface CumulativeQuery {
  /** The time up to now. */
  readonly range: CumulativeRange;
}

/** The defaults. */
export const CUMULATIVE_DEFAULTS: CumulativeQuery = { range: "7d" };

const RANGE_DAYS = {
  "1d": 1,
  "7d": 7,
  "30d": 30,
  "90d": 90,
  "365d": 365,
} satisfies Record<CumulativeRange, number>;

/** The range that ends now. */
export function rangeUntil(nowMs: number, range: CumulativeRange): TimeRange {
  return { fromMs: nowMs - RANGE_DAYS[range] * 24 * HOUR_MS, toMs: nowMs };
}

/** Consecutive settlements of one sign. A zero rate, a missing slot and an unknown amount end it. */
export interface SignRun {
  readonly sign: "positive" | "negative";
  readonly count: number;
  /** The sum of their intervals; a settlement of unknown interval adds nothing. */
  readonly hours: number;
  readonly firstSlotMs: number;
  readonly lastSlotMs: number;
}

/** Why there is no sum. */
export type NoSum = "no_settlements" | "mark_price_unknown";

export interface Cumulative {
  /** Settlements or accrued hours that are added up, estimates included. */
  readonly count: number;
  /** How many of them are estimates. */
  readonly estimated: number;
  /** Hours accrued in quote currency without a mark price: not added up. */
  readonly unpriced: number;
  /** The exact sum as plain decimal text, a fraction of notional; null if nothing is added up. */
  readonly sum: string | null;
  /** The same in percent, rounded once to 15 significant digits. */
  readonly sumPct: number | null;
  readonly noSum: NoSum | null;
  /** The time really covered: the sum of the intervals of what is added up. Null if one is unknown. */
  readonly coveredHours: number | null;
  /** sumPct x 8760 / coveredHours: simple, percent a year. */
  readonly annualizedPct: number | null;
  /** The share (0 to 1) of `count` above zero; zero rates are not. */
  readonly positiveShare: number | null;
  /** Changes from above to below zero or back; zero rates and missing slots between are skipped. */
  readonly signFlips: number;
  /** The longest by hours, then by count, then the earliest; null if all rates are zero. */
  readonly longestRun: SignRun | null;
  /** Slots that the ledger expects; null if nothing shows an interval. */
  readonly expected: number | null;
  /** Settlements present, without estimates and unpriced hours, as a share (0 to 1) of `expected`. */
  readonly completeness: number | null;
  /** What is not present, in order; empty if complete. */
  readonly lacking: readonly LedgerRange[];
}

/** The figures of one instrument. */
export function cumulative(past: InstrumentPast, range: TimeRange, nowMs: number): Cumulative {
  const { fromMs, toMs } = range;
  const charges = chargesOf(past.stored);
  const ledger = ledgerOf(past, charges, fromMs, nowMs);
  const ranges = rangesWithin(ledger.ranges, fromMs, toMs);
  const expected = ranges.some(({ slots }) => slots === null)
    ? null
    : ranges.reduce((sum, { slots }) => sum + (slots ?? 0), 0);
  const totals = totalsOf(chargesWithin(charges, range));
  const present = totals.count - totals.estimated;
  return {
    ...totals,
    expected,
    completeness: expected === null || expected === 0 ? null : Math.min(1, present / expected),
    lacking: ranges.filter(({ state }) => state !== "present"),
  };
}

/** The part of the figures that needs no ledger. */
type Totals = Omit<Cumulative, "expected" | "completeness" | "lacking">;

/** Adds up charges in ascending order. */
function totalsOf(charges: readonly Charge[]): Totals {
  const sum = new DecimalSum();
  const runs = new RunCounter();
  let count = 0;
  let estimated = 0;
  let positive = 0;
  let coveredHours: number | null = 0;
  for (const charge of charges) {
    const { rate, intervalHours, origin } = charge;
    if (rate === null) {
      runs.interrupt();
      continue;
    }
    const sign = sum.add(rate);
    count += 1;
    if (origin === "estimated") estimated += 1;
    if (sign > 0) positive += 1;
    coveredHours =
      coveredHours === null || intervalHours === null ? null : coveredHours + intervalHours;
    runs.add(charge, sign);
  }
  const unpriced = charges.length - count;
  const { signFlips, longestRun } = runs;
  const counts = { count, estimated, unpriced, signFlips, longestRun };
  if (count === 0) {
    const noSum = unpriced > 0 ? "mark_price_unknown" : "no_settlements";
    const nothing = {
      sum: null,
      sumPct: null,
      coveredHours: 0,
      annualizedPct: null,
      positiveShare: null,
    };
    return { ...counts, ...nothing, noSum };
  }
  const sumPct = decimalPct(sum.value);
  const annualizedPct = coveredHours === null ? null : annualizedSumPct(sumPct, coveredHours);
  return {
    ...counts,
    sum: decimalText(sum.value),
    sumPct,
    noSum: null,
    coveredHours,
    annualizedPct,
    positiveShare: positive / count,
  };
}

/** A slot later than this many intervals after the one before shows that one is missing. */
const MAX_STEP = 1.5;

class RunCounter {
  signFlips = 0;
  #longest: SignRun | null = null;
  #lastSign: Sign = 0;
  /** The current run; a count of zero: none. */
  #sign: Sign = 0;
  #count = 0;
  #hours = 0;
  #firstMs = 0;
  #lastMs = 0;

  add({ slotMs, intervalHours }: Charge, sign: Sign): void {
    if (sign !== 0 && this.#lastSign !== 0 && sign !== this.#lastSign) this.signFlips += 1;
    if (sign !== 0) this.#lastSign = sign;
    const isAfterHole =
      intervalHours !== null && slotMs - this.#lastMs > intervalHours * HOUR_MS * MAX_STEP;
    if (sign !== this.#sign || isAfterHole) {
      this.interrupt();
      this.#firstMs = slotMs;
    }
    this.#sign = sign;
    this.#lastMs = slotMs;
    this.#count += 1;
    this.#hours += intervalHours ?? 0;
  }

  /** Ends the current run. */
  interrupt(): void {
    this.#longest = this.longestRun;
    this.#sign = 0;
    this.#count = 0;
    this.#hours = 0;
  }

  get longestRun(): SignRun | null {
    const hours = this.#hours;
    const count = this.#count;
    const longest = this.#longest;
    const isLonger =
      longest === null ||
      hours > longest.hours ||
      (hours === longest.hours && count > longest.count);
    if (this.#sign === 0 || !isLonger) return longest;
    const sign = this.#sign > 0 ? "positive" : "negative";
    return { sign, count, hours, firstSlotMs: this.#firstMs, lastSlotMs: this.#lastMs };
  }
}
