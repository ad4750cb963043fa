import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Candidate, type Member, memberOf } from "../../src/domain/asset-cluster.ts";
import { identify, UNDECIDED } from "../../src/domain/identity.ts";
import { densestFirst } from "../../src/domain/price-groups.ts";
import { plainGroups } from "../support/plain-price-groups.ts";

const candidateOf = (
  instrumentId: number,
  { exchange = "x", price = 1, multiplier = 1 }: Partial<Candidate> = {},
): Candidate => ({
  instrumentId,
  exchange,
  price,
  multiplier,
  base: "LIT",
  assetClass: null,
  openInterestUsd: null,
  observedAtMs: 0,
  held: UNDECIDED,
});

const summary = (groups: readonly Member[][]) =>
  groups.map((group) =>
    group.map(({ candidate, unitPrice, provenMultiplier }) => [
      candidate.instrumentId,
      unitPrice,
      provenMultiplier,
    ]),
  );

/** Prices that coincide at borders, repeat, are far apart, and some too small or too large for a quotient. */
const price = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0.9, max: 1.1, noNaN: true }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 1.03, 1.0609, 0.97, 0.9409, 1 / 0.97, 1 / 1.03, 1000, 1030),
  },
  { weight: 1, arbitrary: fc.constantFrom(5e-324, 1e-321, 1e308) },
);
const listing = fc.record({
  exchange: fc.constantFrom("a", "b", "c", "d", "e"),
  multiplier: fc.constantFrom(1, 1, 1000),
  price,
  isScaled: fc.boolean(),
});

describe("groups of listings by price", () => {
  test("equal those found by comparing every listing with every other one", () => {
    fc.assert(
      fc.property(fc.array(listing, { minLength: 1, maxLength: 40 }), (all) => {
        const members = all.map(({ isScaled, ...one }, id) => {
          const raw = isScaled ? one.price * one.multiplier : one.price;
          return memberOf(candidateOf(id, { ...one, price: raw }), UNDECIDED);
        });
        expect(summary(densestFirst(members))).toEqual(summary(plainGroups(members)));
      }),
      { numRuns: 2_000 },
    );
  });

  // Comparing every listing with every other one takes half a minute and more for this.
  test.each<[string, (index: number) => Partial<Candidate>]>([
    ["as many distant prices", (n) => ({ price: 1.1 ** n / 1e150 })],
    ["as many prices within four decades", (n) => ({ price: 10 ** (n / 1250) })],
    [
      "pairs under a multiplier",
      (n) => ({
        exchange: `x${n % 2}`,
        multiplier: 1000,
        price: 1.08 ** (n >> 1) / 1e80,
      }),
    ],
    ["one price", () => ({ price: 1 })],
  ])("5,000 listings of one name with %s are decided within five seconds of CPU", (_, of) => {
    const misfits = new Map();
    let held: ReturnType<typeof identify> = new Map();
    const before = process.cpuUsage();
    for (const cycle of [0, 1, 2]) {
      const listings = Array.from({ length: 5_000 }, (_unused, id) => ({
        ...candidateOf(id, of(id)),
        observedAtMs: cycle,
        held: held.get(id) ?? UNDECIDED,
      }));
      held = identify(listings, misfits, cycle);
    }
    expect(held.size).toBe(5_000);
    const { user, system } = process.cpuUsage(before);
    // Ten times the usual; 2 s for a fifth of the listings if each were compared with each.
    expect((user + system) / 1000).toBeLessThan(5_000);
  });
});
