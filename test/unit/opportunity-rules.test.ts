import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { type Listing, trackerScene } from "../support/opportunity-scene.ts";

const SOME: readonly ExchangeId[] = ["okx", "bybit", "gate", "kraken"];

/** The rules applied pair by pair, with an object for each. */
class Model {
  readonly open = new Map<
    string,
    { first: number; last: number; peak: number; unobserved: number; misses: number }
  >();
  #wasAway = true;
  readonly #unsighted = new Set<string>();

  see(second: number, listings: readonly Listing[], silent: boolean): void {
    if (silent) {
      this.#wasAway = true;
      return;
    }
    const trusted = listings.filter(({ blocked }) => blocked !== true);
    const seen = new Map<string, number>();
    for (const long of trusted) {
      for (const short of trusted) {
        const isPair = long.base === short.base && long.exchange !== short.exchange;
        const [dear = 100, cheap = 100] = [long.price, short.price];
        const gapPct = (200 * Math.abs(dear - cheap)) / (dear + cheap);
        if (isPair && short.pct - long.pct >= 5 && gapPct <= 10)
          seen.set(`${long.id}>${short.id}`, short.pct - long.pct);
      }
    }
    if (this.#wasAway) for (const pair of this.open.keys()) this.#unsighted.add(pair);
    this.#wasAway = false;
    for (const [pair, state] of this.open) {
      const pct = seen.get(pair);
      if (pct === undefined) {
        state.misses += 1;
        if (state.misses === 3) this.open.delete(pair);
        continue;
      }
      if (this.#unsighted.delete(pair)) state.unobserved += second - state.last;
      Object.assign(state, { last: second, peak: Math.max(state.peak, pct), misses: 0 });
    }
    for (const [pair, peak] of seen) {
      if (this.open.has(pair)) continue;
      this.#unsighted.delete(pair);
      this.open.set(pair, { first: second, last: second, peak, unobserved: 0, misses: 0 });
    }
  }

  stored() {
    return Object.fromEntries(
      [...this.open].map(([pair, { first, last, peak, unobserved }]) => [
        pair,
        { first, last, peak, unobserved },
      ]),
    );
  }
}

const STEP = fc.record({
  silent: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  listings: fc
    .uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 9 }),
        base: fc.constantFrom("BTC", "ETH"),
        pct: fc.constantFrom(-4, 0, 3, 7, 20),
        blocked: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
        // 105 is within 10 % of both others, which are not within 10 % of each other.
        price: fc.constantFrom(100, 100, 105, 115),
      }),
      { selector: ({ id }) => id, maxLength: 9 },
    )
    .map((listings) =>
      // An instrument stays on its exchange.
      listings.map((listing): Listing => ({ ...listing, exchange: SOME[listing.id % 4] ?? "okx" })),
    ),
});

test("the tracker always agrees with the rules applied pair by pair", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 15 }), async (steps) => {
      const { see, last, writes } = trackerScene();
      const model = new Model();
      for (const [index, { silent, listings }] of steps.entries()) {
        const second = 5 * (index + 1);
        await see(second, listings, silent ? second - 100 : second);
        model.see(second, listings, silent);
        if (writes.length > 0) expect(last()).toEqual(model.stored());
      }
    }),
  );
});
