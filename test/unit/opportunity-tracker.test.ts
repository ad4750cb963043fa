import { describe, expect, test } from "bun:test";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS } from "../support/quote.ts";
import {
  BOTH,
  BYBIT,
  OKX,
  opened,
  PAIR,
  storedOf,
  trackerScene,
} from "../support/opportunity-scene.ts";

/** The same two with less than 5 % between them. */
const CLOSE = [OKX, { ...BYBIT, pct: 6.9 }];

describe("an opportunity", () => {
  test("opens at 5 % a year between two exchanges, long the lower one", async () => {
    const { see, last } = trackerScene();
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

  test("continues while it is seen, and keeps its highest yield", async () => {
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
  ])("survives two snapshots %s, the third ends it", async (_, listings) => {
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

  test("is a different one when its legs swap sides", async () => {
    const { see, last } = await opened();
    await see(15, [OKX, { ...BYBIT, pct: -20 }]);
    expect(last()).toEqual({
      "1>2": { first: 0, last: 10, peak: 10, unobserved: 0 },
      "2>1": { first: 15, last: 15, peak: 22, unobserved: 0 },
    });
  });
});

describe("a gap in observation", () => {
  test("ends nothing: the pair continues, and the time since it was last seen counts as unobserved", async () => {
    const { see, last } = await opened();
    const stale = [{ ...OKX, blocked: true }, BYBIT];
    for (const second of [160, 165, 170, 175, 180]) await see(second, stale, 10);
    expect(last()[PAIR]?.last).toBe(10);
    await see(200, BOTH);
    expect(last()).toEqual({ [PAIR]: { first: 0, last: 200, peak: 10, unobserved: 190 } });
  });

  test("if the exchanges return one by one, old rows of the others end nothing either", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    const half = [OKX, { ...BYBIT, observedAt: 8, blocked: true }];
    for (const second of [1005, 1010, 1015, 1020]) await see(second, half);
    expect(last()[PAIR]).toEqual({ first: 0, last: 10, peak: 10, unobserved: 0 });
    await see(1030, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 1030, peak: 10, unobserved: 1020 });
  });

  test("an exchange that stays away after our return is not our outage", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    const half = [OKX, { ...BYBIT, observedAt: 8, blocked: true }];
    for (const second of [1060, 1120, 1175]) await see(second, half);
    for (const second of [1185, 1190]) await see(second, half);
    expect(last()[PAIR]?.first).toBe(0);
    await see(1195, half);
    expect(last()).toEqual({});
  });

  test("a pair that is gone after our return ends as usual, after three snapshots", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    for (const second of [1005, 1010]) await see(second, CLOSE);
    expect(last()[PAIR]?.first).toBe(0);
    await see(1015, CLOSE);
    expect(last()).toEqual({});
  });

  test("also occurs at a restart: stored pairs continue with their unobserved time", async () => {
    const before = await opened();
    const later = new ManualClock(NOON_MS + 500_000);
    const { see, last } = trackerScene(0, before.writes.at(-1), later);
    const old = BOTH.map((listing) => ({ ...listing, observedAt: 9, blocked: true }));
    for (const second of [501, 506, 511, 516]) await see(second, old, 499);
    expect(last()[PAIR]).toEqual({ first: 0, last: 10, peak: 10, unobserved: 0 });
    await see(521, BOTH);
    expect(last()).toEqual({ [PAIR]: { first: 0, last: 521, peak: 10, unobserved: 511 } });
    await see(526, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(511);
  });

  test("is detected by its duration alone if the first snapshot after it was caused by an answer", async () => {
    const { see, last } = await opened();
    const half = [OKX, { ...BYBIT, observedAt: 8, blocked: true }];
    for (const second of [3600, 3605, 3610, 3615]) await see(second, half);
    expect(last()[PAIR]).toEqual({ first: 0, last: 10, peak: 10, unobserved: 0 });
    await see(3620, BOTH);
    expect(last()).toEqual({ [PAIR]: { first: 0, last: 3620, peak: 10, unobserved: 3610 } });
    await see(3625, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(3610);
  });

  test("is not one for as long as an exchange may take for its next answer", async () => {
    const { see, last } = await opened();
    await see(100, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 100, peak: 10, unobserved: 0 });
  });

  test("after a clock was set back an hour, a pair that is gone ends as usual", async () => {
    const { see, last } = await opened();
    for (const second of [-3590, -3585]) await see(second, CLOSE);
    expect(last()[PAIR]?.last).toBe(10);
    await see(-3580, CLOSE);
    expect(last()).toEqual({});
  });

  test("after a clock was set back an hour, a lasting pair restarts there and has an age again", async () => {
    const { see, last } = await opened();
    await see(-3590, BOTH);
    expect(last()[PAIR]).toEqual({ first: -3590, last: -3590, peak: 10, unobserved: 0 });
    await see(-3530, BOTH);
    expect(last()[PAIR]).toEqual({ first: -3590, last: -3530, peak: 10, unobserved: 0 });
  });

  test("a clock that was set back causes no negative time", async () => {
    const { see, last } = await opened();
    await see(5, BOTH, -200);
    await see(4, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 4, peak: 10, unobserved: 0 });
  });
});

describe("the tracker", () => {
  test("stores ten seconds after its start, then once a minute, and only changes", async () => {
    const { tracker, see, writes, clock } = trackerScene(60_000);
    const seconds: number[] = [];
    for (let second = 0; second <= 200; second += 5) {
      const before = writes.length;
      await see(second, BOTH);
      if (writes.length > before) seconds.push(second);
    }
    expect(seconds).toEqual([10, 70, 130, 190]);
    await tracker.close();
    expect(storedOf(writes.at(-1) ?? expect.unreachable())[PAIR]?.last).toBe(200);
    await tracker.close();
    await clock.advance(60_000);
    tracker.check();
    expect(writes).toHaveLength(5);
  });

  test("observes when rows have changed, every five seconds at most, and stores at its end", async () => {
    const { tracker, clock, market, writes, last } = trackerScene(60_000);
    const lifetime = new AbortController();
    const running = tracker.run(lifetime.signal);
    const observedAt: number[] = [];
    const enabled = market.enabled.bind(market);
    const legs = market.legs.bind(market);
    market.enabled = () => {
      market.okAt = (clock.nowMs() - NOON_MS) / 1000;
      return enabled();
    };
    market.legs = (exchange) => {
      if (exchange === "okx") observedAt.push((clock.nowMs() - NOON_MS) / 1000);
      return legs(exchange);
    };
    for (let second = 0; second < 30; second += 1) {
      const isNews = second < 10 || second === 20;
      if (isNews) for (const { exchange } of BOTH) market.commit(exchange, BOTH, second);
      await clock.advance(1_000);
    }
    expect(observedAt).toEqual([1, 6, 11, 21]);
    expect(last()[PAIR]).toEqual({ first: 1, last: 11, peak: 10, unobserved: 0 });
    lifetime.abort();
    await running;
    expect(writes).toHaveLength(2);
    expect(last()[PAIR]).toEqual({ first: 1, last: 21, peak: 10, unobserved: 0 });
  });

  test("also observes what changes with time alone: an exchange without answers ends its pairs", async () => {
    const { tracker, goTo, market, see, last } = trackerScene();
    await see(0, BOTH);
    const lookAt = async (second: number, hasAnswered: boolean) => {
      await goTo(second);
      market.okAt = second;
      if (hasAnswered) market.commit("okx", BOTH, second);
      return tracker.check();
    };
    for (const second of [60, 120, 175]) expect(await lookAt(second, true)).toBe(true);
    expect(await lookAt(180, false)).toBe(false);
    expect(last()[PAIR]?.last).toBe(175);
    // The row of bybit is older than three periods now, and nothing else has changed.
    expect(await lookAt(181, false)).toBe(true);
    expect(await lookAt(182, false)).toBe(false);
    expect(await lookAt(186, true)).toBe(true);
    expect(last()[PAIR]?.last).toBe(175);
    expect(await lookAt(191, true)).toBe(true);
    expect(last()).toEqual({});
  });

  test("if another process has collected in between, what that one stored counts", async () => {
    const other = await opened();
    await other.see(80, [{ id: 1, exchange: "okx", pct: -9 }, BYBIT]);
    const later = new ManualClock(NOON_MS + 84_000);
    const { see, last } = trackerScene(0, other.writes.at(-1), later);
    await see(85, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 85, peak: 21, unobserved: 5 });
  });

  test("ends with its collector when another one has taken over, and stores nothing more", async () => {
    const { tracker, see, store, writes, log } = await opened();
    store.takeOver();
    await expect(see(15, BOTH)).rejects.toThrow(EpochLost);
    await tracker.close();
    expect([writes.length, store.tried]).toEqual([2, 4]);
    expect(log.events()).toEqual([]);
  });

  test("a failed write is logged, and the next one contains everything", async () => {
    const { see, store, log, last } = await opened();
    store.failure = new Error("disk full");
    await see(15, BOTH);
    expect(log.events()).toEqual(["opportunities_not_stored"]);
    store.failure = null;
    await see(20, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 20, peak: 10, unobserved: 0 });
  });

  test("a write while the database is locked is made up for at the next observation, without a log line", async () => {
    const { tracker, see, store, log, last } = trackerScene(60_000);
    await see(5, BOTH);
    store.isBusy = true;
    await see(10, BOTH);
    expect(store.tried).toBe(0);
    store.isBusy = false;
    expect(tracker.check()).toBe(false);
    expect(last()[PAIR]).toEqual({ first: 5, last: 10, peak: 10, unobserved: 0 });
    expect(log.events()).toEqual([]);
  });

  test("starts over with one log line if the stored pairs cannot be read", async () => {
    const { see, log, last } = trackerScene(0, "unreadable");
    await see(0, BOTH);
    await see(5, BOTH);
    expect(log.events()).toEqual(["opportunities_unreadable"]);
    expect(last()[PAIR]?.first).toBe(0);
  });
});
