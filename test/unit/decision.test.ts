import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Decision,
  decisionOf,
  type PairFacts,
  type Reason,
  REASONS,
  reasonsOf,
} from "../../src/domain/decision.ts";
import { type Flag, flagBit, FLAGS } from "../../src/domain/flags.ts";

/** Just good enough: every figure is at its limit. */
const USABLE: PairFacts = {
  flags: 0,
  identityKnown: true,
  priceGapPct: 1,
  feesKnown: true,
  areAgesKept: true,
  ageSeconds: 600,
  isOutlier: false,
  paysInHold: true,
  netPct: 0.001,
  netCashPct: 0.001,
};

const judged = (facts: Partial<PairFacts>) => {
  const all = { ...USABLE, ...facts };
  return [decisionOf(all), reasonsOf(all)];
};

describe("the decision on a pair", () => {
  test.each<[Flag, Decision, Reason]>([
    ["stale", "refuse", "stale"],
    ["expired", "refuse", "expired"],
    ["interval_unknown", "refuse", "interval_unknown"],
    ["identity_conflict", "refuse", "identity_conflict"],
    ["suspect", "refuse", "suspect"],
    ["pinned_cap", "watch", "pinned_cap"],
    ["pinned_floor", "watch", "pinned_floor"],
    ["pinned_baseline", "watch", "pinned_baseline"],
    ["thin", "watch", "thin"],
    ["settling", "watch", "settling"],
    ["unverified_rate", "watch", "unverified_rate"],
  ])("the flag %s: %s, because of %s", (flag, decision, reason) => {
    expect(judged({ flags: flagBit(flag) })).toEqual([decision, [reason]]);
  });

  test.each<[Partial<PairFacts>, Decision, Reason[]]>([
    [{}, "usable", []],
    [{ priceGapPct: -1 }, "usable", []],
    [{ priceGapPct: 1.001 }, "watch", ["price_gap"]],
    [{ priceGapPct: -1.001 }, "watch", ["price_gap"]],
    [{ priceGapPct: 10 }, "watch", ["price_gap"]],
    [{ priceGapPct: 10.001 }, "refuse", ["price_gap"]],
    [{ priceGapPct: -164 }, "refuse", ["price_gap"]],
    [{ priceGapPct: null }, "watch", ["price_unknown"]],
    [{ feesKnown: false }, "watch", ["fee_unknown"]],
    [{ ageSeconds: 599 }, "watch", ["young"]],
    [{ ageSeconds: null }, "watch", ["young"]],
    [{ ageSeconds: null, areAgesKept: false }, "usable", []],
    [{ identityKnown: false }, "refuse", ["identity_unknown"]],
    [{ isOutlier: true }, "watch", ["outlier"]],
    [{ netPct: 0 }, "watch", ["not_profitable"]],
    // 73 % a year minus 0.2 % a day, except for the last digit.
    [{ netPct: 1.4e-14 }, "watch", ["not_profitable"]],
    [{ netPct: -3, netCashPct: 2 }, "watch", ["not_profitable"]],
    [{ netPct: 3, netCashPct: 0 }, "watch", ["not_profitable"]],
    // Nothing is paid, so only the fees remain: the reason is the holding time.
    [{ paysInHold: false, netPct: 3, netCashPct: -20 }, "watch", ["no_settlement_in_hold"]],
    [
      { paysInHold: false, netPct: -3, netCashPct: -20 },
      "watch",
      ["no_settlement_in_hold", "not_profitable"],
    ],
    // An unknown net is reported through the unknown fee.
    [{ feesKnown: false, netPct: null, netCashPct: null }, "watch", ["fee_unknown"]],
    [{ paysInHold: null, netCashPct: null }, "watch", ["settlement_unknown"]],
  ])("%j: %s, because of %j", (facts, decision, reasons) => {
    expect(judged(facts)).toEqual([decision, reasons]);
  });

  test("whatever is known of it, it is usable if and only if there is no reason against it", () => {
    const facts = fc.record({
      flags: fc
        .subarray([...FLAGS], { maxLength: 2 })
        .map((flags) => flags.reduce((bits, flag) => bits | flagBit(flag), 0)),
      identityKnown: fc.boolean(),
      priceGapPct: fc.constantFrom(null, -11, -3, -1, 0, 1, 3, 11),
      feesKnown: fc.boolean(),
      areAgesKept: fc.boolean(),
      ageSeconds: fc.constantFrom(null, 0, 599, 600, 9999),
      isOutlier: fc.boolean(),
      paysInHold: fc.constantFrom(null, true, false),
      netPct: fc.constantFrom(null, -1, 0, 1),
      netCashPct: fc.constantFrom(null, -1, 0, 1),
    });
    fc.assert(
      fc.property(facts, (one) => {
        const reasons = reasonsOf(one);
        expect(decisionOf(one) === "usable").toBe(reasons.length === 0);
        expect(reasons).toEqual(REASONS.filter((reason) => reasons.includes(reason)));
      }),
    );
  });
});
