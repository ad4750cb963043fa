import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isFundingInterval, isOnGrid } from "../../src/domain/funding.ts";
import { intervalsInForce } from "../../src/domain/intervals-in-force.ts";
import { anyPast, slotsAt } from "../support/past.ts";

const of = (...hours: readonly number[]) => [...intervalsInForce(slotsAt(...hours))];

describe("the interval that held", () => {
  test.each([
    ["is the distance to the settlement before", [8, 16, 24], [8, 8, 8]],
    ["survives a hole", [8, 16, 24, 40, 48], [8, 8, 8, 8, 8]],
    [
      "survives a hole as long as another interval",
      [4, 8, 12, 16, 24, 28, 32],
      [4, 4, 4, 4, 4, 4, 4],
    ],
    ["survives holes in a row", [1, 2, 3, 5, 7, 8, 9, 10], [1, 1, 1, 1, 1, 1, 1, 1]],
    ["survives two holes at the very start", [1, 3, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1]],
    ["is longer before with three distances", [0, 2, 4, 6, 7, 8, 9], [2, 2, 2, 2, 1, 1, 1]],
    ["becomes shorter at once", [8, 16, 24, 32, 36, 40], [8, 8, 8, 8, 4, 4]],
    ["is shorter once", [0, 8, 16, 24, 28, 36, 44, 52], [8, 8, 8, 8, 4, 8, 8, 8]],
    ["becomes longer with the third one", [4, 8, 12, 16, 24, 32, 40], [4, 4, 4, 4, 8, 8, 8]],
    [
      "is not changed by a payment off the grid",
      [8, 16, 24, 32, 35, 40, 48],
      [8, 8, 8, 8, 8, 8, 8],
    ],
    [
      "is the one after a hole that divides the distance",
      [0, 8, 16, 24, 36, 40, 44, 48],
      [8, 8, 8, 8, 4, 4, 4, 4],
    ],
    ["is the most frequent of a few", [8, 16, 32], [8, 8, 8]],
    ["is the distance of two", [8, 16], [8, 8]],
    ["of one is unknown", [8], [null]],
    ["of distances that are none is unknown", [0, 5, 15], [null, null, null]],
  ])("%s", (_, hours, expected) => {
    expect(of(...hours)).toEqual(expected);
  });

  test("is the one stated with the settlement, whatever the distances", () => {
    const slots = slotsAt(4, 8, 12, 16, 24, 28).map((slot, index) =>
      index === 4 ? { ...slot, intervalHours: 8 } : slot,
    );
    expect([...intervalsInForce(slots)]).toEqual([4, 4, 4, 4, 8, 4]);
    const [only] = slotsAt(8).map((slot) => ({ ...slot, intervalHours: 8 }));
    expect(only === undefined ? [] : [...intervalsInForce([only])]).toEqual([8]);
  });

  test("ignores what no interval can be", () => {
    const slots = slotsAt(8, 16, 24).map((slot) => ({ ...slot, intervalHours: 28_800 }));
    expect([...intervalsInForce(slots)]).toEqual([8, 8, 8]);
  });

  test("of nothing is nothing", () => {
    expect(of()).toEqual([]);
  });
});

test("changes, holes and jitter of a minute do not mislead it", () => {
  fc.assert(
    fc.property(
      anyPast,
      fc.array(fc.constantFrom(0, 0, -1, 1), { maxLength: 400 }),
      (past, jitter) => {
        const present = past.filter(({ isHole }) => !isHole);
        const slots = present.map(({ slotMs }, index) => ({
          slotMs: slotMs + (jitter[index] ?? 0) * 60_000,
          intervalHours: null,
        }));
        expect([...intervalsInForce(slots)]).toEqual(present.map(({ hours }) => hours));
      },
    ),
    { numRuns: 500 },
  );
});

test("a range may begin anywhere: holes at its start are holes, as within it", () => {
  const twice = fc.constantFrom([1, 2], [2, 4], [3, 6], [4, 8], [6, 12], [12, 24]);
  fc.assert(
    fc.property(
      twice,
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 3, max: 12 }),
      ([hours = 0, apart = 0], holes, more) => {
        const first = Array.from({ length: holes }, (_, nth) => nth * apart);
        const rest = Array.from({ length: more + 1 }, (_, nth) => holes * apart + nth * hours);
        expect(of(...first, ...rest)).toEqual([...first, ...rest].map(() => hours));
      },
    ),
  );
});

test("whatever the slots, it is never longer than a distance that can be an interval", () => {
  const gaps = fc.array(fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 48), { maxLength: 60 });
  fc.assert(
    fc.property(gaps, (distances) => {
      let at = 0;
      const slots = slotsAt(0, ...distances.map((distance) => (at += distance)));
      const found = intervalsInForce(slots);
      const tooLong = distances.filter((distance, index) => {
        const isPossible =
          isFundingInterval(distance) && isOnGrid(slots[index + 1]?.slotMs ?? 1, distance);
        return isPossible && (found[index + 1] ?? Number.POSITIVE_INFINITY) > distance;
      });
      expect(tooLong).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
