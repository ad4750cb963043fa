import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Charging, chargedWithin } from "../../src/domain/arbitrage.ts";
import { breakevenHours, flowOf } from "../../src/domain/breakeven.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import { type HeldLeg, paymentSchedule } from "../../src/domain/payment-schedule.ts";
import { accruing, anyFees, anyLeg, leg } from "../support/held-legs.ts";
import { NOON_MS } from "../support/quote.ts";

const MINUTE_MS = 60_000;

function held(charging: Charging, side: "long" | "short", holdHours: number): HeldLeg {
  const flow = flowOf(charging, side, NOON_MS);
  const charged = chargedWithin(charging, NOON_MS, holdHours);
  if (flow === null || charged === null) throw new Error("a leg has no flow");
  return { flow, settlements: charged.settlements };
}

function scheduled(long: Charging, short: Charging, feesPct: number | null, hours: number) {
  const legs = [held(long, "long", hours), held(short, "short", hours)] as const;
  return paymentSchedule(...legs, feesPct, hours * HOUR_MS);
}

/** A payment as one line: hour, leg, amount and sum in percent. */
const lines = ({ payments }: ReturnType<typeof scheduled>) =>
  payments.map(({ side, kind, atMs, amount, sum }) =>
    [
      atMs / HOUR_MS,
      side,
      kind,
      (amount * 100).toFixed(4),
      sum === null ? "unknown" : (sum * 100).toFixed(4),
    ].join(" "),
  );

describe("computed by hand", () => {
  test("an hourly leg against one of eight hours", () => {
    // 0.01 % received each hour from 0.5 h on; 0.04 % paid at 2 h; fees 0.05 %.
    const schedule = scheduled(leg(0.0004, 8, 2), leg(0.0001, 1, 0.5), 0.05, 4);
    expect(lines(schedule)).toEqual([
      "0.5 short settlement 0.0100 -0.0400",
      "1.5 short settlement 0.0100 -0.0300",
      "2 long settlement -0.0400 -0.0700",
      "2.5 short settlement 0.0100 -0.0600",
      "3.5 short settlement 0.0100 -0.0500",
    ]);
    expect(schedule.worst?.atMs).toBe(2 * HOUR_MS);
    expect(schedule.worst?.sum).toBeCloseTo(-0.0007, 12);
  });

  test("two that settle at the same time show the sum of both", () => {
    const schedule = scheduled(leg(0.0002, 8, 8), leg(0.0005, 8, 8), 0.02, 8);
    expect(lines(schedule)).toEqual([
      "8 long settlement -0.0200 0.0100",
      "8 short settlement 0.0500 0.0100",
    ]);
    // Nothing is paid before: the worst is right after all fees.
    expect(schedule.worst).toEqual({ sum: -0.0002, atMs: 0 });
  });

  test("accrual is counted whenever the other leg settles, and at the end", () => {
    // 0.01 % per hour paid, 0.08 % received at 4 h and 12 h; without fees.
    const schedule = scheduled(accruing(0.0008, 8), leg(0.0008, 8, 4), 0, 14);
    expect(lines(schedule)).toEqual([
      "4 long accrued -0.0400 0.0400",
      "4 short settlement 0.0800 0.0400",
      "12 long accrued -0.0800 0.0400",
      "12 short settlement 0.0800 0.0400",
      "14 long accrued -0.0200 0.0200",
    ]);
    // Just before the first settlement 0.04 % has been paid and nothing received.
    expect(schedule.worst?.atMs).toBe(4 * HOUR_MS);
    expect(schedule.worst?.sum).toBeCloseTo(-0.0004, 12);
  });

  test("two that accrue are paid once, at the end", () => {
    const schedule = scheduled(accruing(0.0008, 8), accruing(0.0016, 8), 0.1, 10);
    expect(lines(schedule)).toEqual([
      "10 long accrued -0.1000 0.0000",
      "10 short accrued 0.2000 0.0000",
    ]);
  });

  test("without a settlement in time there are only the fees", () => {
    expect(scheduled(leg(0.001, 8, 5), leg(0.001, 8, 5), 0.1, 4)).toEqual({
      payments: [],
      worst: { sum: -0.001, atMs: 0 },
    });
  });

  test("one at the last moment counts; unknown fees leave the sums unknown and the payments known", () => {
    const schedule = scheduled(leg(0, 8, 4), leg(0.0001, 8, 4), null, 4);
    expect(lines(schedule)).toEqual([
      "4 long settlement 0.0000 unknown",
      "4 short settlement 0.0100 unknown",
    ]);
    expect(schedule.worst).toBeNull();
    // A rate of 0 pays 0, not -0.
    expect(Object.is(schedule.payments[0]?.amount, 0)).toBe(true);
  });
});

const JUST_BEFORE_MS = 0.01;

/** What the pair has received after this long, minus fees, as a fraction: computed like expected_cash. */
function sumAt(long: Charging, short: Charging, feesPct: number, atMs: number): number {
  const of = (charging: Charging) =>
    chargedWithin(charging, NOON_MS, atMs / HOUR_MS)?.paidFraction ?? Number.NaN;
  return of(short) - of(long) - feesPct / 100;
}

const hold = fc.oneof(fc.integer({ min: 1, max: 72 }), fc.constantFrom(0.5, 7.75, 100.25));

test("the sums and the worst of them equal those of a minute-by-minute simulation", () => {
  fc.assert(
    fc.property(anyLeg, anyLeg, anyFees, hold, (long, short, feesPct, hours) => {
      const { payments, worst } = scheduled(long, short, feesPct, hours);
      for (const { atMs, sum } of payments)
        expect(sum).toBeCloseTo(sumAt(long, short, feesPct, atMs), 12);
      let walked = -feesPct / 100;
      for (let atMs = 0; atMs <= hours * HOUR_MS; atMs += MINUTE_MS)
        for (const moment of [Math.max(0, atMs - JUST_BEFORE_MS), atMs])
          walked = Math.min(walked, sumAt(long, short, feesPct, moment));
      expect(Math.abs((worst?.sum ?? Number.NaN) - walked)).toBeLessThan(1e-9);
      const at = worst?.atMs ?? Number.NaN;
      const around = [at - JUST_BEFORE_MS, at].map((moment) =>
        sumAt(long, short, feesPct, Math.max(0, moment)),
      );
      expect(Math.min(...around) - walked).toBeLessThan(1e-9);
    }),
    { numRuns: 300 },
  );
});

test("all payments of a leg add up to its total, and the last sum is the remainder", () => {
  fc.assert(
    fc.property(anyLeg, anyLeg, anyFees, hold, (long, short, feesPct, hours) => {
      const { payments } = scheduled(long, short, feesPct, hours);
      const ofSide = (side: "long" | "short") => {
        const own = payments.filter((payment) => payment.side === side);
        return { count: own.length, sum: own.reduce((sum, { amount }) => sum + amount, 0) };
      };
      const [paid, received] = [long, short].map((one) => chargedWithin(one, NOON_MS, hours));
      expect(ofSide("long").sum).toBeCloseTo(-(paid?.paidFraction ?? Number.NaN), 12);
      expect(ofSide("short").sum).toBeCloseTo(received?.paidFraction ?? Number.NaN, 12);
      if (long.accrual === "periodic") expect(ofSide("long").count).toBe(paid?.settlements ?? -1);
      const last = payments.at(-1)?.sum ?? -feesPct / 100;
      expect(last).toBeCloseTo(sumAt(long, short, feesPct, hours * HOUR_MS), 12);
    }),
  );
});

test("the fees are paid when breakeven_hours says: at the first sum that is not below 0", () => {
  fc.assert(
    fc.property(anyLeg, anyLeg, anyFees, (long, short, feesPct) => {
      const hours = 240;
      const found = breakevenHours(
        held(long, "long", hours).flow,
        held(short, "short", hours).flow,
        feesPct,
      );
      const { payments } = scheduled(long, short, feesPct, hours);
      const first = payments.find(({ sum }) => (sum ?? Number.NaN) >= -1e-9 * (feesPct / 100));
      if (feesPct === 0 || (found ?? Number.POSITIVE_INFINITY) > hours) return;
      const at = (first?.atMs ?? Number.NaN) / HOUR_MS;
      // If a leg accrues, the fees may be paid between two of the times shown.
      if (long.accrual === "periodic" && short.accrual === "periodic") expect(found).toBe(at);
      else expect(found ?? Number.NaN).toBeLessThanOrEqual(Number.isNaN(at) ? hours : at + 1e-9);
    }),
    { numRuns: 500 },
  );
});
