import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Candidate, Decision } from "../../src/domain/asset-cluster.ts";
import { identify, UNDECIDED } from "../../src/domain/identity.ts";
import { median } from "../../src/domain/median.ts";
import { ASSET_CLASSES } from "../../src/domain/quote.ts";

/** Assets that share their tickers; none is close to another with any multiplier. */
const PRICES = [1, 1.5, 20] as const;
const TICKERS = ["SP500", "SPX500", "US500", "SPX500M"] as const;

const listing = fc.record({
  asset: fc.constantFrom(0, 1, 2),
  exchange: fc.constantFrom("a", "b", "c", "d", "e", "f"),
  base: fc.constantFrom(...TICKERS),
  assetClass: fc.constantFrom(null, ...ASSET_CLASSES),
  multiplier: fc.constantFrom(1, 1000),
  noise: fc.double({ min: 0.995, max: 1.005, noNaN: true }),
  openInterestUsd: fc.constantFrom(null, 1, 1_000),
});
const listings = fc.array(listing, { minLength: 1, maxLength: 14 });
type Generated = typeof listings extends fc.Arbitrary<infer T> ? T : never;

const candidatesOf = (all: Generated): Candidate[] =>
  all.map(({ asset, noise, ...rest }, instrumentId) => ({
    ...rest,
    instrumentId,
    price: (PRICES[asset] ?? 1) * noise * rest.multiplier,
    observedAtMs: 0,
    held: UNDECIDED,
  }));

const decide = (candidates: readonly Candidate[]): readonly Decision[] => {
  const decided = identify(candidates, new Map(), 0);
  return candidates.map(({ instrumentId }) => decided.get(instrumentId) ?? UNDECIDED);
};

test("exchanges that agree are one asset, whatever classes and tickers they have; others never are", () => {
  fc.assert(
    fc.property(listings, (all) => {
      const ids = decide(candidatesOf(all)).map(({ assetId }) => assetId);
      const assetOf = new Map(ids.map((id, index) => [id, all[index]?.asset]));
      expect(ids).not.toContain(null);
      expect(assetOf.size).toBe(new Set(all.map(({ asset }) => asset)).size);
      expect(ids.map((id) => assetOf.get(id))).toEqual(all.map(({ asset }) => asset));
    }),
    { numRuns: 500 },
  );
});

test("the order of the listings does not matter, and deciding again changes nothing", () => {
  const shuffled = listings.chain((all) =>
    fc.tuple(
      fc.constant(candidatesOf(all)),
      fc.shuffledSubarray(candidatesOf(all), { minLength: all.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([inOrder, otherwise]) => {
      const decided = identify(inOrder, new Map(), 0);
      const byId = (all: ReadonlyMap<number, Decision>) =>
        [...all].toSorted(([left], [right]) => left - right);
      expect(byId(identify(otherwise, new Map(), 0))).toEqual(byId(decided));
      const again = inOrder.map((candidate) => ({
        ...candidate,
        held: decided.get(candidate.instrumentId) ?? UNDECIDED,
      }));
      expect(byId(identify(again, new Map(), 0))).toEqual(byId(decided));
    }),
    { numRuns: 500 },
  );
});

test("what two exchanges agree on in price and class is confirmed, what one lists is not", () => {
  fc.assert(
    fc.property(listings, (all) => {
      const decided = decide(candidatesOf(all));
      for (const asset of new Set(all.map((one) => one.asset))) {
        const those = all.flatMap((one, index) =>
          one.asset === asset ? [{ ...one, identity: decided[index]?.identity }] : [],
        );
        const identities = new Set(those.map(({ identity }) => identity));
        const exchanges = new Set(those.map(({ exchange }) => exchange)).size;
        const agree = those.some((one) =>
          those.some((two) => one.exchange !== two.exchange && one.assetClass === two.assetClass),
        );
        if (agree) expect(identities).toEqual(new Set(["confirmed"]));
        if (exchanges === 1) expect(identities).not.toContain("confirmed");
        expect(identities.size).toBe(1);
      }
    }),
    { numRuns: 500 },
  );
});

test("however close prices are, nothing is grouped that is more than 3 % from the median", () => {
  const prices = fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), {
    minLength: 2,
    maxLength: 12,
  });
  fc.assert(
    fc.property(prices, (all) => {
      const candidates = all.map((price, instrumentId): Candidate => ({
        instrumentId,
        exchange: `x${instrumentId}`,
        base: "LIT",
        assetClass: null,
        multiplier: 1,
        price,
        openInterestUsd: null,
        observedAtMs: 0,
        held: UNDECIDED,
      }));
      const assets = Map.groupBy(
        decide(candidates).map(({ assetId }, index) => ({ assetId, price: all[index] ?? 0 })),
        ({ assetId }) => assetId,
      );
      for (const members of assets.values()) {
        const medianPrice = median(members.map(({ price }) => price)) ?? 0;
        for (const { price } of members)
          expect(Math.abs(price / medianPrice - 1)).toBeLessThanOrEqual(0.03);
      }
    }),
    { numRuns: 1_000 },
  );
});
