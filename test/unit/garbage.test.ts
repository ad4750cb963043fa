import { expect, test } from "bun:test";
import { ByteBudget } from "../../src/lib/byte-budget.ts";
import { GarbageMeter } from "../../src/lib/garbage.ts";

test("garbage is collected whenever this many bytes were allocated, and not before", () => {
  let collections = 0;
  const garbage = new GarbageMeter(100, () => (collections += 1));
  for (const bytes of [60, 39]) garbage.add(bytes);
  expect(collections).toBe(0);
  garbage.add(1);
  expect(collections).toBe(1);
  garbage.add(99);
  expect(collections).toBe(1);
  garbage.add(1_000);
  expect(collections).toBe(2);
});

test("bytes count as allocated whether or not their holder had to give them up", () => {
  let made = 0;
  const budget = new ByteBudget(100, (bytes) => (made += bytes));
  const gaveUp: string[] = [];
  const holding = budget.hold(() => gaveUp.push("a"));
  holding.add(90);
  holding.add(20);
  holding.add(5);
  expect([made, budget.held, gaveUp]).toEqual([115, 0, ["a"]]);
});
