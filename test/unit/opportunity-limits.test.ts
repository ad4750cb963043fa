import { describe, expect, test } from "bun:test";
import type { Snapshot } from "../../src/domain/market.ts";
import { INSTRUMENT_ID_BOUND, mostOpportunities } from "../../src/domain/opportunity-columns.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { OpportunityLegs } from "../../src/services/opportunities/legs.ts";
import { rowOf, snapshotOf } from "../support/board.ts";
import {
  BOTH,
  BYBIT,
  type Listing,
  OKX,
  opened,
  PAIR,
  snapshotAt,
  trackerScene,
} from "../support/opportunity-scene.ts";

const old = (listing: Listing): Listing => ({ ...listing, observedAt: 8, blocked: true });

/** One asset whose listings, two exchanges by turns, are all pairs: more than a table holds at first. */
function many(count: number): Listing[] {
  return Array.from({ length: count }, (_, index) => ({
    id: 100 + index,
    exchange: index % 2 === 0 ? "gate" : "kraken",
    base: "ETH",
    pct: 6 * index,
  }));
}

describe("the bounds", () => {
  test("5 % is enough, and an id of which no two fit into one number makes no pair", async () => {
    const { tracker, see, last, log } = trackerScene();
    tracker.begin(1);
    await see(0, [
      { id: 1, exchange: "okx", pct: 45 },
      { id: 2, exchange: "bybit", pct: 50 },
      { id: INSTRUMENT_ID_BOUND, exchange: "gate", pct: 90 },
    ]);
    expect(Object.keys(last())).toEqual([PAIR]);
    expect(tracker.stats()).toEqual({ pairs: 1, leftOut: { pairs: 0, listings: 1 } });
    expect(log.events()).toEqual(["opportunities_left_out"]);
  });

  test("all legs are compared, however many: each is found once, in the order of its id", () => {
    // Ids up to the largest, in no order; every third asset on three exchanges.
    const count = 100_003;
    const idOf = (index: number) => INSTRUMENT_ID_BOUND - 1 - ((index * 7_919) % count) * 600;
    const rows = Array.from({ length: count }, (_, index) =>
      rowOf(index % 2 === 0 ? "okx" : "bybit", `A${index % 30_000}`, {
        instrumentId: idOf(index),
        exchangeSymbol: `A${index}`,
      }),
    );
    const legs = new OpportunityLegs(new AssetGroups().of(snapshotOf("1-1", rows)));
    expect([legs.count, legs.omitted]).toEqual([count, 0]);
    const ids = Array.from(legs.byId, (place) => legs.ids[place] ?? 0);
    const expected = Uint32Array.from({ length: count }, (_, index) => idOf(index)).toSorted();
    expect(Bun.deepEquals(Uint32Array.from(ids), expected)).toBe(true);
    // The places of an asset are its own, and rise with the ids.
    for (let place = 1; place < count; place += 1) {
      if (legs.starts[place] !== legs.starts[place - 1]) continue;
      if ((legs.ids[place] ?? 0) <= (legs.ids[place - 1] ?? 0)) throw new Error(`at ${place}`);
    }
  });

  test("the more legs, the more pairs are kept: twenty for each, and never fewer than 250,000", () => {
    expect([0, 12_500, 12_501, 50_000].map(mostOpportunities)).toEqual([
      250_000, 250_000, 250_020, 1_000_000,
    ]);
  });

  test("a silence begins after 90 s: until then everything counts", async () => {
    const { see, last } = await opened();
    await see(100, BOTH, 10);
    expect(last()[PAIR]?.last).toBe(100);
    await see(190.001, BOTH, 100);
    expect(last()[PAIR]?.last).toBe(100);
  });
});

describe("when a table grows", () => {
  test("pairs that are missing are still counted out", async () => {
    const { see, last } = await opened();
    for (const second of [15, 20]) await see(second, many(80));
    expect(last()[PAIR]?.last).toBe(10);
    await see(25, many(80));
    expect(last()[PAIR]).toBeUndefined();
  });

  test("the time in which nobody looked is not forgotten", async () => {
    const { see, last } = await opened();
    await see(200, BOTH, 10);
    for (const second of [205, 210]) await see(second, many(80));
    await see(215, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(205);
  });

  test("as many are read back after a restart", async () => {
    const before = trackerScene();
    before.tracker.begin(1);
    await before.see(0, many(80));
    const { tracker, store, see, last } = trackerScene();
    store.stored = before.writes.at(-1)?.columns ?? null;
    tracker.begin(1);
    await see(0, many(80));
    expect(Object.keys(last()).length).toBeGreaterThan(1_024);
    expect(last()).toEqual(before.last());
  });
});

describe("back after a time in which nobody looked", () => {
  test.each([
    ["long", [old(OKX), BYBIT]],
    ["short", [OKX, old(BYBIT)]],
  ] as const)("an old row of the %s leg ends nothing", async (_, half) => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    for (const second of [1005, 1010, 1015, 1020]) await see(second, half);
    expect(last()[PAIR]?.first).toBe(0);
  });

  test("a pair that is missing at first was unobserved until it is seen", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    await see(1005, [OKX, { ...BYBIT, pct: 3 }]);
    await see(1010, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 1010, peak: 10, unobserved: 1000 });
  });

  test("a pair whose old row goes stale only then is unobserved until that is asked for again", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    await see(1005, [OKX, { ...BYBIT, observedAt: 8 }]);
    await see(1010, [OKX, old(BYBIT)]);
    await see(1030, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(1020);
  });

  test("what is unobserved is never more than the age, also after a clock was set back", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    await see(1005, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(995);
    await see(500, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 500, peak: 10, unobserved: 500 });
  });

  test("a worker that was replaced has not looked meanwhile: rows of before end nothing", async () => {
    const { tracker, clock, see, store, last } = await opened();
    await clock.advance(2_000);
    store.currentEpoch = 2;
    tracker.begin(2);
    for (const second of [15, 20, 25, 30]) await see(second, [OKX, old(BYBIT)]);
    expect(last()[PAIR]?.first).toBe(0);
  });
});

describe("exchanges of other periods", () => {
  const at = (
    second: number,
    rows: readonly Listing[],
    periods: Record<string, number>,
  ): Snapshot => {
    const snapshot = snapshotAt(second, rows, Math.min(second - 1, 10));
    const exchanges = snapshot.exchanges.map((view) => {
      const seconds = periods[view.exchange];
      const state = { ...view.state, enabled: seconds !== undefined };
      return { ...view, state: { ...state, periodMs: (seconds ?? 60) * 1000 } };
    });
    return { ...snapshot, exchanges };
  };

  test.each([
    [30, 100, 101],
    [300, 460, 461],
  ])(
    "of %p s are silent after second %p, whatever those that are off have",
    async (period, loud, silent) => {
      const { tracker, last } = await opened();
      const periods = { okx: period, bybit: period };
      await tracker.observe(at(loud, BOTH, periods));
      expect(last()[PAIR]?.last).toBe(loud);
      await tracker.observe(at(silent, BOTH, periods));
      expect(last()[PAIR]?.last).toBe(loud);
    },
  );

  test("are waited for three periods of their own, the others 180 s", async () => {
    const { tracker, see, last } = await opened();
    await see(20, [...BOTH, { id: 3, exchange: "gate", pct: 30 }]);
    await see(1000, BOTH, 10);
    const rows = [OKX, old(BYBIT), old({ id: 3, exchange: "gate", pct: 30 })];
    const look = async (second: number) => {
      const snapshot = at(second, rows, { okx: 60, bybit: 60, gate: 120 });
      const exchanges = snapshot.exchanges.map((view) => ({
        ...view,
        state: { ...view.state, lastOkAtMs: snapshot.asOfMs },
      }));
      await tracker.observe({ ...snapshot, exchanges });
    };
    for (const second of [1060, 1120, 1180, 1185, 1190]) await look(second);
    expect(Object.keys(last())).toEqual([PAIR, "1>3", "2>3"]);
    await look(1195);
    // 2>3 has a leg of either.
    expect(Object.keys(last())).toEqual(["1>3", "2>3"]);
  });
});

describe("what is stored", () => {
  test("is not written again at the end, nor while nobody looks", async () => {
    const { tracker, see, writes } = await opened();
    expect(writes).toHaveLength(2);
    for (const second of [200, 300]) await see(second, BOTH, 10);
    await tracker.close();
    expect(writes).toHaveLength(2);
  });

  test("is waited for at the end, and written once", async () => {
    const { tracker, clock, store } = await opened();
    const writing = Promise.withResolvers<boolean>();
    const begun = Promise.withResolvers<void>();
    store.tried = 0;
    store.store = () => {
      store.tried += 1;
      begun.resolve();
      return writing.promise;
    };
    const working = tracker.observe(snapshotAt(15, BOTH));
    await begun.promise;
    let isClosed = false;
    const closing = tracker.close().then(() => (isClosed = true));
    await clock.advance(0);
    expect(isClosed).toBe(false);
    writing.resolve(true);
    await Promise.all([working, closing]);
    expect(store.tried).toBe(1);
  });

  test("by a run that is over does not stop the one after it", async () => {
    const { tracker, see, store, writes } = await opened();
    const { store: plain } = store;
    const writing = Promise.withResolvers<boolean>();
    const begun = Promise.withResolvers<void>();
    store.store = () => {
      begun.resolve();
      return writing.promise;
    };
    const working = tracker.observe(snapshotAt(15, BOTH));
    await begun.promise;
    store.store = plain;
    store.currentEpoch = 3;
    tracker.begin(3);
    writing.resolve(false);
    await working;
    await see(20, BOTH);
    expect(writes.map(({ epoch }) => epoch)).toEqual([1, 1, 3]);
  });
});
