import { expect, test } from "bun:test";
import fc from "fast-check";
import { firstByNumber, sortByNumber, sortByNumberThen } from "../../src/lib/sort-in-parts.ts";
import { atOnce } from "../../src/lib/stepwise.ts";

interface Item {
  readonly number: number;
  readonly place: number;
}

const sorted = (items: readonly Item[]) => atOnce(sortByNumber(items, ({ number }) => number));
const itemsOf = (given: readonly number[]): Item[] =>
  given.map((number, place) => ({ number, place }));

/** Few different numbers, so that many are equal; both zeros are equal; both extremes. */
const numbers = fc.oneof(
  fc.constantFrom(-0, 0, 1, -1, 5e9, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.double({ noNaN: true }),
);

test("items are sorted as by a stable comparison of their numbers, and the original is not changed", () => {
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 80 }), (given) => {
      const items = itemsOf(given);
      const expected = items.toSorted(
        (left, right) =>
          Number(left.number > right.number) - Number(left.number < right.number) ||
          left.place - right.place,
      );
      expect(sorted(items)).toEqual(expected);
      expect(items).toEqual(itemsOf(given));
    }),
    { numRuns: 1_000 },
  );
});

test("the first items are the first of all when sorted", () => {
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 80 }), fc.nat(90), (given, count) => {
      const items = itemsOf(given);
      const first = atOnce(firstByNumber(items, ({ number }) => number, count));
      expect(first).toEqual(sorted(items).slice(0, count));
      expect(items).toEqual(itemsOf(given));
    }),
    { numRuns: 1_000 },
  );
});

test("items with equal numbers are sorted by the comparison, and those equal in it stay in order", () => {
  const item = fc.record({ number: numbers, name: fc.constantFrom("a", "b", "c") });
  const compare = (left: { name: string }, right: { name: string }) =>
    left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
  fc.assert(
    fc.property(fc.array(item, { maxLength: 80 }), (given) => {
      const items = given.map((one, place) => ({ ...one, place }));
      const expected = items.toSorted(
        (left, right) =>
          Number(left.number > right.number) - Number(left.number < right.number) ||
          compare(left, right),
      );
      expect(atOnce(sortByNumberThen(items, ({ number }) => number, compare))).toEqual(expected);
      expect(items.map(({ place }) => place)).toEqual([...given.keys()]);
    }),
    { numRuns: 1_000 },
  );
});

test("no step visits more than a few items", () => {
  let visited = 0;
  const work = sortByNumber(
    Array.from({ length: 5_000 }, (_, index) => -index),
    (number) => {
      visited += 1;
      return number;
    },
  );
  let maxVisited = 0;
  for (let before = visited; work.next().done !== true; before = visited)
    maxVisited = Math.max(maxVisited, visited - before);
  expect([visited, maxVisited <= 64]).toEqual([5_000, true]);
});
