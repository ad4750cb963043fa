/**
 * The payments of a held pair and their running sum after fees. Amounts are fractions of the notional of a leg, positive
 * if received; times are ms after the snapshot. Rates are assumed to be constant.
 */
import type { Flow } from "./breakeven.ts";
import { pctToFraction } from "./funding.ts";

/** A leg that is held. */
export interface HeldLeg {
  readonly flow: Flow;
  /** Settlements while it is held; null if it accrues. */
  readonly settlements: number | null;
}

/** The kind of a payment: at a settlement, or accrued since the previous time. */
export const PAYMENT_KINDS = ["settlement", "accrued"] as const;
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

export interface Payment {
  readonly side: "long" | "short";
  readonly kind: PaymentKind;
  readonly atMs: number;
  readonly amount: number;
  /** The payments to both legs up to and including this time, minus all fees; null without fees. */
  readonly sum: number | null;
}

export interface PaymentSchedule {
  /** By time, then the long leg first. Accruals are added at each settlement and at the end. */
  readonly payments: readonly Payment[];
  /** The lowest sum and its first time; at the start it is minus all fees. Null without fees. */
  readonly worst: { readonly sum: number; readonly atMs: number } | null;
}

/** Sums that differ by less are equal: the difference is rounding. */
const NOISE = 1e-12;

/** The payments of two legs held for `holdMs`. `feesPct`: four fills, percent of notional; null if unknown. */
export function paymentSchedule(
  long: HeldLeg,
  short: HeldLeg,
  feesPct: number | null,
  holdMs: number,
): PaymentSchedule {
  const fees = feesPct === null ? null : pctToFraction(feesPct);
  const sides = [
    { side: "long", leg: long },
    { side: "short", leg: short },
  ] as const;
  const payments: Payment[] = [];
  let worst = fees === null ? null : { sum: 0 - fees, atMs: 0 };
  const sumAt = (atMs: number, counted: "before" | "after"): number | null => {
    if (fees === null || worst === null) return null;
    const received = sides.reduce((sum, { leg }) => sum + receivedBy(leg, atMs, counted), 0);
    const sum = received - fees;
    if (sum < worst.sum - NOISE) worst = { sum, atMs };
    return sum;
  };
  let lastMs = 0;
  for (const atMs of momentsOf(long, short, holdMs)) {
    // A negative accrual is worst right before the other leg settles.
    sumAt(atMs, "before");
    const sum = sumAt(atMs, "after");
    for (const { side, leg } of sides) {
      const amount = paidAt(leg, lastMs, atMs);
      if (amount === null) continue;
      const kind = leg.settlements === null ? "accrued" : "settlement";
      payments.push({ side, kind, atMs, amount, sum });
    }
    lastMs = atMs;
  }
  return { payments, worst };
}

/** The times of payments: each settlement, and the end if a leg accrues. */
function momentsOf(long: HeldLeg, short: HeldLeg, holdMs: number): readonly number[] {
  const times = new Set<number>();
  for (const { flow, settlements } of [long, short]) {
    if (flow.settlement === null || settlements === null) times.add(holdMs);
    else {
      const { firstMs, everyMs } = flow.settlement;
      for (let nth = 0; nth < settlements; nth += 1) times.add(firstMs + nth * everyMs);
    }
  }
  return [...times].toSorted((left, right) => left - right);
}

/** The payments to a leg up to a time, with or without the payment at that time. */
function receivedBy({ flow }: HeldLeg, atMs: number, counted: "before" | "after"): number {
  if (flow.settlement === null) return flow.perMs * atMs;
  const { amount, firstMs, everyMs } = flow.settlement;
  const steps = (atMs - firstMs) / everyMs;
  const times = counted === "after" ? Math.floor(steps) + 1 : Math.ceil(steps);
  return times <= 0 ? 0 : amount * times;
}

/** The payment to a leg at a time, given the previous time `lastMs`; null if there is none. */
function paidAt({ flow, settlements }: HeldLeg, lastMs: number, atMs: number): number | null {
  if (flow.settlement === null) return 0 + flow.perMs * (atMs - lastMs);
  const { amount, firstMs, everyMs } = flow.settlement;
  const nth = (atMs - firstMs) / everyMs;
  const isDue = nth >= 0 && nth < (settlements ?? 0) && Number.isInteger(nth);
  return isDue ? 0 + amount : null;
}
