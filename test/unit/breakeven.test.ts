import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Charging, chargedWithin } from "../../src/domain/arbitrage.ts";
import { breakevenHours, earliestBreakevenHours, flowOf } from "../../src/domain/breakeven.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import { accruing, anyFees, anyLeg, leg } from "../support/held-legs.ts";
import { NOON_MS } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const HORIZON_HOURS = 90 * 24;

function breakevenOf(long: Charging, short: Charging, feesPct: number): number | null {
  const flows = [flowOf(long, "long", NOON_MS), flowOf(short, "short", NOON_MS)] as const;
  const [paid, received] = flows;
  if (paid === null || received === null) throw new Error("a leg has no flow");
  return breakevenHours(paid, received, feesPct);
}

describe("hours until the fees are paid", () => {
  test.each([
    // A leg of 0.05 % every 8 h, next in 1 h, against nothing: four settlements pay 0.2 %, the last 25 h from now.
    ["settlement by settlement", leg(0, 8, 1), leg(0.0005, 8, 1), 0.2, 25],
    ["at the first settlement", leg(0, 8, 1), leg(0.003, 8, 7.5), 0.2, 7.5],
    // 0.01 % is missing after three, so the fourth is needed although the mean has paid at 24.1 h.
    ["not before the settlement that pays the rest", leg(0, 8, 8), leg(0.0005, 8, 8), 0.151, 32],
    // 0.3 % is received immediately, 0.01 % paid each hour: with a mean of zero no later time is better.
    ["by the first payment", leg(0.0001, 1, 1), leg(0.003, 24, 0.5), 0.2, 0.5],
    ["at two simultaneous settlements", leg(0.001, 8, 8), leg(0.003, 8, 8), 0.2, 8],
    // 0.01 % an hour from both: 0.2 % after 10 h.
    ["between settlements if both legs accrue", accruing(-0.0008, 8), accruing(0.0008, 8), 0.2, 10],
    // The short accrues 0.01 % an hour, the long pays 0.05 % after 4 h and then each 8 h. Before its payment at 44 h
    // 0.19 % have come; after it 0.14 %, and 6 h later 0.2 %.
    ["between settlements if one leg accrues", leg(0.0005, 8, 4), accruing(0.0008, 8), 0.2, 50],
    ["never, if the yield is zero", leg(0.0001, 8, 4), leg(0.0001, 8, 4), 0.2, null],
    ["never, if 90 days do not suffice", leg(0, 8, 8), leg(0.000007, 8, 8), 0.2, null],
    ["immediately, without fees", leg(0, 8, 8), leg(0.0001, 8, 8), 0, 0],
  ])("%s", (_, long, short, feesPct, hours) => {
    const found = breakevenOf(long, short, feesPct);
    if (hours === null) expect(found).toBeNull();
    else expect(found ?? Number.NaN).toBeCloseTo(hours, 9);
  });

  test("a settlement at the last hour of 90 days counts, a later one does not", () => {
    const rate = 0.002 / 90;
    expect(breakevenOf(leg(0, 24, 24), leg(rate, 24, 24), 0.2)).toBe(HORIZON_HOURS);
    expect(breakevenOf(leg(0, 24, 24), leg(rate, 24, 24.5), 0.2)).toBeNull();
  });

  test("a leg without an interval or a next settlement has no flow", () => {
    const known = leg(0.0001, 8, 4);
    expect(flowOf({ ...known, fundingIntervalHours: null }, "long", NOON_MS)).toBeNull();
    expect(flowOf({ ...known, nextFundingAtMs: null }, "long", NOON_MS)).toBeNull();
  });
});

const JUST_BEFORE_HOURS = 1e-7;

/** What the pair has received after this many hours, before fees, in percent. */
function receivedPct(long: Charging, short: Charging, hours: number): number {
  const paid = chargedWithin(long, NOON_MS, hours)?.paidFraction ?? Number.NaN;
  const received = chargedWithin(short, NOON_MS, hours)?.paidFraction ?? Number.NaN;
  return (received - paid) * 100;
}

test("the hours equal those of a minute-by-minute simulation", () => {
  fc.assert(
    fc.property(anyLeg, anyLeg, anyFees, (long, short, feesPct) => {
      const found = breakevenOf(long, short, feesPct);
      let walked: number | null = null;
      for (let minute = 0; minute <= HORIZON_HOURS * 60 && walked === null; minute += 1) {
        // What has accrued before a settlement may have been enough, until the settlement takes some of it away.
        const moments = [minute / 60 - JUST_BEFORE_HOURS, minute / 60];
        if (moments.some((hours) => receivedPct(long, short, hours) >= feesPct * (1 - 1e-9)))
          walked = minute / 60;
      }
      if (walked === null || found === null) {
        expect(found).toBe(walked);
        return;
      }
      // Accrual may pay the rest within a minute: the simulation then sees it at the end of the minute.
      expect(walked - found).toBeGreaterThan(-1e-6);
      expect(walked - found).toBeLessThan(MINUTE_MS / HOUR_MS);
      if (long.accrual === "periodic" && short.accrual === "periodic")
        expect(found).toBeCloseTo(walked, 9);
    }),
    { numRuns: 200 },
  );
});

test("no pair has paid its fees before the earliest time implied by its means", () => {
  fc.assert(
    fc.property(anyLeg, anyLeg, anyFees, (long, short, feesPct) => {
      const flows = [flowOf(long, "long", NOON_MS), flowOf(short, "short", NOON_MS)];
      const sumOf = (of: "perMs" | "maxLead") =>
        flows.reduce((sum, flow) => sum + (flow?.[of] ?? Number.NaN), 0);
      const earliest = earliestBreakevenHours(sumOf("perMs"), sumOf("maxLead"), feesPct);
      const found = breakevenOf(long, short, feesPct) ?? Number.POSITIVE_INFINITY;
      expect(earliest).toBeLessThanOrEqual(found);
      // The bound is useful: for a single periodic leg it is never off by more than an interval.
      if (short.accrual === "continuous" && long.fundingRate === 0 && found < HORIZON_HOURS)
        expect(found - earliest).toBeLessThan(1e-3);
    }),
    { numRuns: 2_000 },
  );
});
