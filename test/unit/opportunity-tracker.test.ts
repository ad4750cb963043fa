import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { mostOpportunities } from "../../src/domain/opportunity-columns.ts";
import {
  BOTH,
  BYBIT,
  type Listing,
  OKX,
  opened,
  PAIR,
  snapshotAt,
  storedOf,
  trackerScene,
} from "../support/opportunity-scene.ts";

/** The same two with less than 5 % between them. */
const CLOSE = [OKX, { ...BYBIT, pct: 6.9 }];

describe("an opportunity", () => {
  test("opens at 5 % a year between two exchanges, long the lower one", async () => {
    const { tracker, see, last } = trackerScene();
    tracker.begin(1);
    await see(3, [
      { id: 7, exchange: "okx", pct: -1 },
      { id: 4, exchange: "bybit", pct: 4.01 },
      { id: 5, exchange: "gate", pct: 3.98 },
      { id: 6, exchange: "okx", pct: 9 },
      { id: 8, exchange: "kraken", pct: 50, base: "ETH" },
    ]);
    expect(last()).toEqual({
      "5>6": { first: 3, last: 3, peak: 5.02, unobserved: 0 },
      "7>4": { first: 3, last: 3, peak: 5.01, unobserved: 0 },
    });
  });

  test("goes on while it is seen, and keeps its highest yield", async () => {
    const { see, last } = await opened();
    await see(15, [OKX, { ...BYBIT, pct: 40 }]);
    await see(20, [OKX, { ...BYBIT, pct: 8 }]);
    expect(last()).toEqual({ [PAIR]: { first: 0, last: 20, peak: 38, unobserved: 0 } });
  });

  test.each([
    ["below 5 %", CLOSE],
    ["with a blocked leg", [OKX, { ...BYBIT, blocked: true }]],
    ["with a leg that is gone", [BYBIT]],
    ["with nothing at all", []],
  ])("outlasts two snapshots %s, the third ends it", async (_, listings) => {
    const { see, last } = await opened();
    await see(15, listings);
    await see(20, listings);
    expect(last()[PAIR]).toEqual({ first: 0, last: 10, peak: 10, unobserved: 0 });
    await see(25, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 25, peak: 10, unobserved: 0 });
    for (const second of [30, 35, 40]) await see(second, listings);
    expect(last()).toEqual({});
    await see(45, BOTH);
    expect(last()[PAIR]?.first).toBe(45);
  });

  test("whose legs change sides is another one", async () => {
    const { see, last } = await opened();
    await see(15, [OKX, { ...BYBIT, pct: -20 }]);
    expect(last()).toEqual({
      "1>2": { first: 0, last: 10, peak: 10, unobserved: 0 },
      "2>1": { first: 15, last: 15, peak: 22, unobserved: 0 },
    });
  });
});

describe("a time in which nobody looked", () => {
  test("ends nothing: the pair goes on, and the time since it was last seen is unobserved", async () => {
    const { see, last } = await opened();
    const stale = [{ ...OKX, blocked: true }, BYBIT];
    for (const second of [160, 165, 170, 175, 180]) await see(second, stale, 10);
    expect(last()[PAIR]?.last).toBe(10);
    await see(200, BOTH);
    expect(last()).toEqual({ [PAIR]: { first: 0, last: 200, peak: 10, unobserved: 190 } });
  });

  test("when the exchanges come back one by one, old rows of the others end nothing either", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    const half = [OKX, { ...BYBIT, observedAt: 8, blocked: true }];
    for (const second of [1005, 1010, 1015, 1020]) await see(second, half);
    expect(last()[PAIR]).toEqual({ first: 0, last: 10, peak: 10, unobserved: 0 });
    await see(1030, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 1030, peak: 10, unobserved: 1020 });
  });

  test("an exchange that stays away when we are back is no outage of ours", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    const half = [OKX, { ...BYBIT, observedAt: 8, blocked: true }];
    for (const second of [1060, 1120, 1175]) await see(second, half);
    for (const second of [1185, 1190]) await see(second, half);
    expect(last()[PAIR]?.first).toBe(0);
    await see(1195, half);
    expect(last()).toEqual({});
  });

  test("what is seen to be gone when we are back ends as ever, after three snapshots", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    for (const second of [1005, 1010]) await see(second, CLOSE);
    expect(last()[PAIR]?.first).toBe(0);
    await see(1015, CLOSE);
    expect(last()).toEqual({});
  });

  test("is a restart, too: what was stored goes on and says how long nobody looked", async () => {
    const before = await opened();
    const { tracker, store, see, last } = trackerScene();
    store.stored = before.writes.at(-1)?.columns ?? null;
    store.currentEpoch = 2;
    await see(500, BOTH);
    tracker.begin(2);
    const old = BOTH.map((listing) => ({ ...listing, observedAt: 9, blocked: true }));
    for (const second of [501, 506, 511, 516]) await see(second, old, 499);
    expect(last()[PAIR]).toEqual({ first: 0, last: 10, peak: 10, unobserved: 0 });
    await see(521, BOTH);
    expect(last()).toEqual({ [PAIR]: { first: 0, last: 521, peak: 10, unobserved: 511 } });
    await see(526, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(511);
  });

  test("is told by the gap alone when the first snapshot after it is one of an answer", async () => {
    const { see, last } = await opened();
    const half = [OKX, { ...BYBIT, observedAt: 8, blocked: true }];
    for (const second of [3600, 3605, 3610, 3615]) await see(second, half);
    expect(last()[PAIR]).toEqual({ first: 0, last: 10, peak: 10, unobserved: 0 });
    await see(3620, BOTH);
    expect(last()).toEqual({ [PAIR]: { first: 0, last: 3620, peak: 10, unobserved: 3610 } });
    await see(3625, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(3610);
  });

  test("is no gap as long as an exchange may take for its next answer", async () => {
    const { see, last } = await opened();
    await see(100, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 100, peak: 10, unobserved: 0 });
  });

  test("after a clock was set back an hour, what is gone ends as ever", async () => {
    const { see, last } = await opened();
    for (const second of [-3590, -3585]) await see(second, CLOSE);
    expect(last()[PAIR]?.last).toBe(10);
    await see(-3580, CLOSE);
    expect(last()).toEqual({});
  });

  test("after a clock was set back an hour, what lasts begins there and has an age again", async () => {
    const { see, last } = await opened();
    await see(-3590, BOTH);
    expect(last()[PAIR]).toEqual({ first: -3590, last: -3590, peak: 10, unobserved: 0 });
    await see(-3530, BOTH);
    expect(last()[PAIR]).toEqual({ first: -3590, last: -3530, peak: 10, unobserved: 0 });
  });

  test("a clock that was set back makes no negative time", async () => {
    const { see, last } = await opened();
    await see(5, BOTH, -200);
    await see(4, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 4, peak: 10, unobserved: 0 });
  });
});

describe("the tracker", () => {
  test("observes nothing before this process collects", async () => {
    const { see, writes } = trackerScene();
    await see(0, BOTH);
    expect(writes).toEqual([]);
  });

  test("stores ten seconds after it began, then once a minute, and only what has changed", async () => {
    const { tracker, see, writes, clock } = trackerScene(60_000);
    tracker.begin(1);
    const seconds: number[] = [];
    for (let second = 0; second <= 200; second += 5) {
      const before = writes.length;
      await see(second, BOTH);
      if (writes.length > before) seconds.push(second);
    }
    expect(seconds).toEqual([10, 70, 130, 190]);
    await tracker.close();
    expect(storedOf(writes.at(-1)?.columns ?? expect.unreachable())[PAIR]?.last).toBe(200);
    await tracker.close();
    await clock.advance(60_000);
    expect(writes).toHaveLength(5);
  });

  test("a worker that is replaced loses nothing, and writes as the new one", async () => {
    const { tracker, see, store, writes, last } = trackerScene(60_000);
    tracker.begin(1);
    await see(1, BOTH);
    store.currentEpoch = 2;
    tracker.begin(2);
    await see(12, BOTH);
    expect(writes.map(({ epoch }) => epoch)).toEqual([2]);
    expect(last()[PAIR]?.first).toBe(1);
  });

  test("when another process has collected in between, what that one stored counts", async () => {
    const { tracker, see, store, last } = await opened();
    const other = await opened();
    await other.see(80, [{ id: 1, exchange: "okx", pct: -9 }, BYBIT]);
    store.stored = other.writes.at(-1)?.columns ?? null;
    store.currentEpoch = 3;
    tracker.begin(3);
    await see(85, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 85, peak: 21, unobserved: 5 });
  });

  test("stops when another collector has taken over, until it collects again", async () => {
    const { tracker, see, store, writes } = await opened();
    store.currentEpoch = 2;
    await see(15, BOTH);
    await see(20, BOTH);
    expect([writes.length, store.tried]).toEqual([2, 3]);
    store.currentEpoch = 3;
    tracker.begin(3);
    await see(25, BOTH);
    expect(writes.map(({ epoch }) => epoch)).toEqual([1, 1, 3]);
  });

  test("a write that fails is logged, and the next one holds everything", async () => {
    const { see, store, log, last } = await opened();
    store.failure = new Error("disk full");
    await see(15, BOTH);
    expect(log.events()).toEqual(["opportunities_not_stored"]);
    store.failure = null;
    await see(20, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 20, peak: 10, unobserved: 0 });
  });

  test("begins anew with one line in the log when what was stored cannot be read", async () => {
    const { tracker, see, store, log, last } = trackerScene();
    store.stored = "unreadable";
    tracker.begin(1);
    await see(0, BOTH);
    await see(5, BOTH);
    expect(log.events()).toEqual(["opportunities_unreadable"]);
    expect(last()[PAIR]?.first).toBe(0);
  });
});

const SOME: readonly ExchangeId[] = ["okx", "bybit", "gate", "kraken"];

/** One asset with this many listings, each at another rate, 6 % apart. */
function manyListings(count: number, firstId = 1): Listing[] {
  return Array.from({ length: count }, (_, index) => ({
    id: firstId + index,
    exchange: SOME[index % SOME.length] ?? "okx",
    pct: 6 * index,
  }));
}

describe("a large market", () => {
  test("is taken in step by step, while other work goes on; a snapshot that comes meanwhile is left out", async () => {
    const { tracker, writes } = trackerScene();
    tracker.begin(1);
    let turns = 0;
    const turning = new AbortController();
    const countTurns = (): void => {
      turns += 1;
      if (!turning.signal.aborted) setImmediate(countTurns);
    };
    const working = tracker.observe(snapshotAt(0, manyListings(500)));
    await tracker.observe(snapshotAt(5, manyListings(3)));
    expect(writes).toEqual([]);
    countTurns();
    await working;
    turning.abort();
    // 250,000 looks at 20,000 a turn.
    expect(turns).toBeGreaterThanOrEqual(12);
    expect(writes.map(({ columns }) => columns.count)).toEqual([(500 * 499) / 2 - 4 * 125 * 62]);
  });

  test("has no more pairs than are kept, says so once, and new ones never push out old ones", async () => {
    const { tracker, see, last, writes, log } = trackerScene();
    tracker.begin(1);
    const old = manyListings(20, 5_000);
    await see(0, old);
    const known = Object.keys(last());
    await see(5, [...manyListings(840), ...old.map((listing) => ({ ...listing, base: "ETH" }))]);
    const most = mostOpportunities(860);
    expect(writes.at(-1)?.columns.count).toBe(most);
    // Those of the 840 new listings and those of the 20 old ones, 14 of which are on the exchanges of the new ones.
    expect(tracker.stats().pairs).toBe(most);
    expect(tracker.stats().leftOut.pairs).toBeGreaterThan(1_000);
    await see(10, [...manyListings(840), ...old.map((listing) => ({ ...listing, base: "ETH" }))]);
    expect(log.events().filter((event) => event === "opportunities_left_out")).toHaveLength(1);
    const now = last();
    expect(known.filter((pair) => now[pair]?.first !== 0)).toEqual([]);
  });

  test("is dropped half way when the process ends: what was known before is stored", async () => {
    const { tracker, see, writes, last } = trackerScene(60_000);
    tracker.begin(1);
    await see(0, BOTH);
    const working = tracker.observe(snapshotAt(5, manyListings(500)));
    await tracker.close();
    await working;
    expect(writes).toHaveLength(1);
    expect(last()).toEqual({ [PAIR]: { first: 0, last: 0, peak: 10, unobserved: 0 } });
  });
});
