import { expect, test } from "bun:test";
import fc from "fast-check";
import { Pauses } from "../../src/lib/pauses.ts";
import { atOnce, inSteps } from "../../src/lib/stepwise.ts";
import { sortStepwise } from "../../src/lib/sort-in-parts.ts";
import { AssetGroups, type Leg } from "../../src/services/finder/asset-groups.ts";
import { compareLegs, type Pair } from "../../src/services/finder/pair.ts";
import { PairOrder } from "../../src/services/finder/pair-order.ts";
import { rowOf, snapshotOf } from "../support/board.ts";

/** 6,400 pairs of different legs. */
const PAIRS: readonly Pair[] = (() => {
  const listings = Array.from({ length: 80 }, (_, n) => `Q${n}`);
  const rows = listings.flatMap((quote) => [
    rowOf("okx", "A", { quote }),
    rowOf("gate", "A", { quote }),
  ]);
  const snapshot = snapshotOf("1-1", rows);
  const [group] = new AssetGroups().of(snapshot);
  if (group === undefined) throw new Error("there is one asset");
  const legsOn = (exchange: string) =>
    group.trusted.filter(({ row }) => row.record.exchange === exchange);
  const unknown = { grossPct: null, feesPct: null, netPct: null };
  const plan = { holdHours: 24, notionalUsd: 10_000, capitalUsd: 20_000, leverage: 1 };
  const termsOf = (leg: Leg) => ({ leg, fee: null, charged: null });
  return legsOn("okx").flatMap((long) =>
    legsOn("gate").map((short) => ({
      group,
      snapshot,
      long,
      short,
      longTerms: termsOf(long),
      shortTerms: termsOf(short),
      plan,
      ...unknown,
    })),
  );
})();

/** A few ranks, so that most are ties, including the unknown one. */
const RANKS = fc.constantFrom([0], [1, 2], [3, Number.NEGATIVE_INFINITY, 7, 7, 1]);

test("the first ones are those of all, sorted plainly, in whatever order they arrive", async () => {
  await fc.assert(
    fc.asyncProperty(
      RANKS,
      fc.constantFrom(1, 100, 1_024, 1_025, 6_000, Number.POSITIVE_INFINITY),
      fc.nat(10_000),
      async (ranks, limit, seed) => {
        // A step that is coprime to the number of pairs goes through all of them.
        const came = PAIRS.map((_, n) => (n * 7_919 + seed) % PAIRS.length);
        const rankAt = (at: number): number => ranks[at % ranks.length] ?? 0;
        const order = new PairOrder(limit);
        for (const at of came) order.add(PAIRS[at] ?? expect.unreachable(), rankAt(at));
        const first = atOnce(order.first());
        const plainly = PAIRS.map((pair, at) => ({ pair, rank: rankAt(at) })).toSorted(
          (left, right) =>
            (left.rank === right.rank ? 0 : right.rank - left.rank) ||
            compareLegs(left.pair, right.pair),
        );
        expect(order.length).toBe(PAIRS.length);
        expect(first).toEqual(plainly.slice(0, limit).map(({ pair }) => pair));
      },
    ),
    { numRuns: 40 },
  );
});

test("a sort in steps equals the plain one, equal items in arrival order, and yields to the event loop", async () => {
  const keys = fc.array(fc.nat(20), { minLength: 0, maxLength: 3_000, size: "max" });
  await fc.assert(
    fc.asyncProperty(keys, async (sorted) => {
      const items = sorted.map((key, place) => ({ key, place }));
      const byKey = (left: { key: number }, right: { key: number }) => left.key - right.key;
      let nowMs = 0;
      const restless = new Pauses({ monotonicMs: () => (nowMs += 5) });
      expect(await inSteps(sortStepwise(items, byKey), restless)).toEqual(items.toSorted(byKey));
    }),
    { numRuns: 50 },
  );
});
