import type { ExchangeId } from "../../domain/exchange.ts";
import { settlementMinuteMs } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import {
  type CalendarQuery,
  type Grid,
  rateOf,
  settlingRows,
  spanOf,
  timesIn,
} from "./calendar.ts";

/** The totals of all settlements within one minute. Amounts are US dollars. */
export interface SettlementSlot {
  /** Unix seconds, a full minute. */
  readonly settlesAt: number;
  readonly instruments: number;
  readonly exchanges: number;
  /** Of the listings that report it; null if none does. */
  readonly openInterestUsd: number | null;
  readonly openInterestUnknown: number;
  /** What longs pay where the rate is above 0; null if no payment is known. */
  readonly longsPayUsd: number | null;
  /** What shorts pay where it is below 0. */
  readonly shortsPayUsd: number | null;
  /** Instruments whose rate or open interest is unknown. */
  readonly paymentUnknown: number;
}

/** Running totals of a slot. */
interface Totals {
  instruments: number;
  readonly exchanges: Set<ExchangeId>;
  openInterestUsd: number;
  openInterestUnknown: number;
  longsPayUsd: number;
  shortsPayUsd: number;
  paymentUnknown: number;
}

/** Rates are known for the next settlement and the one after; from this index on nothing distinguishes settlements. */
const FIRST_UNKNOWN = 2;

/**
 * The upcoming settlements of a snapshot, totalled per minute, by time: exchanges' times differ by seconds. Two days of
 * the whole market are half a million settlements, so listings that share a grid are added up once.
 */
export function* slotsAhead(
  snapshot: Snapshot,
  query: CalendarQuery,
): Stepwise<readonly SettlementSlot[]> {
  const { rows, grids } = yield* settlingRows(snapshot, query);
  const span = spanOf(snapshot, query);
  const slots = new Map<number, Totals>();
  for (const grid of grids) {
    const summed = new Map<number, Totals>();
    for (const { nth, settlesAt } of timesIn(grid, span)) {
      const n = Math.min(nth, FIRST_UNKNOWN);
      const totals = summed.get(n) ?? (yield* totalsOf(rows, grid, n));
      summed.set(n, totals);
      const minuteS = settlementMinuteMs(settlesAt * 1000) / 1000;
      addTo(slots.getOrInsertComputed(minuteS, noTotals), totals);
    }
  }
  return [...slots]
    .toSorted(([left], [right]) => left - right)
    .map(([settlesAt, totals]) => slotOf(settlesAt, totals));
}

function noTotals(): Totals {
  return {
    instruments: 0,
    exchanges: new Set(),
    openInterestUsd: 0,
    openInterestUnknown: 0,
    longsPayUsd: 0,
    shortsPayUsd: 0,
    paymentUnknown: 0,
  };
}

/** The totals of the `nth` settlement of listings that share a grid. */
function* totalsOf(rows: readonly BoardRow[], { ranks }: Grid, nth: number): Stepwise<Totals> {
  const totals = noTotals();
  yield* visitEach(ranks, (rank) => {
    const record = rows[rank]?.record;
    if (record === undefined) return;
    const { exchange, openInterestUsd } = record;
    const { rate } = rateOf(record, nth);
    totals.instruments += 1;
    totals.exchanges.add(exchange);
    if (openInterestUsd === null) totals.openInterestUnknown += 1;
    else totals.openInterestUsd += openInterestUsd;
    if (openInterestUsd === null || rate === null) totals.paymentUnknown += 1;
    else if (rate > 0) totals.longsPayUsd += rate * openInterestUsd;
    else totals.shortsPayUsd -= rate * openInterestUsd;
  });
  return totals;
}

function addTo(sum: Totals, more: Totals): void {
  for (const exchange of more.exchanges) sum.exchanges.add(exchange);
  sum.instruments += more.instruments;
  sum.openInterestUsd += more.openInterestUsd;
  sum.openInterestUnknown += more.openInterestUnknown;
  sum.longsPayUsd += more.longsPayUsd;
  sum.shortsPayUsd += more.shortsPayUsd;
  sum.paymentUnknown += more.paymentUnknown;
}

function slotOf(settlesAt: number, totals: Totals): SettlementSlot {
  const { instruments, openInterestUnknown, paymentUnknown } = totals;
  const isPaymentKnown = paymentUnknown < instruments;
  return {
    settlesAt,
    instruments,
    exchanges: totals.exchanges.size,
    openInterestUsd: openInterestUnknown < instruments ? totals.openInterestUsd : null,
    openInterestUnknown,
    longsPayUsd: isPaymentKnown ? totals.longsPayUsd : null,
    shortsPayUsd: isPaymentKnown ? totals.shortsPayUsd : null,
    paymentUnknown,
  };
}
