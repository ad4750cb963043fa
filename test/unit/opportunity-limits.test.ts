import { describe, expect, test } from "bun:test";
import { followedBy } from "../../src/collector/protocol.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { INSTRUMENT_ID_BOUND, maxOpportunities } from "../../src/domain/opportunity-columns.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS } from "../support/quote.ts";
import {
  BOTH,
  BYBIT,
  type Listing,
  OKX,
  opened,
  PAIR,
  trackerScene,
} from "../support/opportunity-scene.ts";

const old = (listing: Listing): Listing => ({ ...listing, observedAt: 8, blocked: true });

/** One asset whose listings, alternating between two exchanges, are all pairs: more than a table holds at first. */
function many(count: number): Listing[] {
  return Array.from({ length: count }, (_, index) => ({
    id: 100 + index,
    exchange: index % 2 === 0 ? "gate" : "kraken",
    base: "ETH",
    pct: 6 * index,
  }));
}

describe("the limits", () => {
  test("5 % is enough, and an id that does not fit into one word makes no pair", async () => {
    const { stats, see, last, log } = trackerScene();
    await see(0, [
      { id: 1, exchange: "okx", pct: 45 },
      { id: 2, exchange: "bybit", pct: 50 },
      { id: INSTRUMENT_ID_BOUND, exchange: "gate", pct: 90 },
    ]);
    expect(Object.keys(last())).toEqual([PAIR]);
    expect(stats()).toEqual({ pairs: 1, leftOut: { pairs: 0, listings: 1 } });
    expect(log.events()).toEqual(["opportunities_left_out"]);
  });

  test("all legs are compared, whatever their number and ids: each pair is stored once, in order", async () => {
    // Ids up to the largest, unordered; each asset on two exchanges.
    const count = 20_000;
    const idOf = (index: number) => INSTRUMENT_ID_BOUND - 1 - ((index * 7_919) % count) * 600;
    const listings = Array.from({ length: count }, (_, index): Listing => {
      const isLong = index < count / 2;
      const base = `A${index % (count / 2)}`;
      return { id: idOf(index), exchange: isLong ? "okx" : "bybit", base, pct: isLong ? 1 : 9 };
    });
    const { see, stats, writes } = trackerScene();
    await see(0, listings);
    expect(stats()).toEqual({ pairs: count / 2, leftOut: { pairs: 0, listings: 0 } });
    const columns = writes.at(-1) ?? expect.unreachable();
    const pairs = Array.from(columns.longIds, (id, index) => [id, columns.shortIds[index]]);
    const expected = listings
      .slice(0, count / 2)
      .map(({ id }, index) => [id, idOf(index + count / 2)])
      .toSorted(([left = 0], [right = 0]) => left - right);
    expect(Bun.deepEquals(pairs, expected)).toBe(true);
  });

  test("the capacity grows with the legs: twenty pairs for each, and never fewer than 250,000", () => {
    expect([0, 12_500, 12_501, 50_000].map(maxOpportunities)).toEqual([
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
  test("missing pairs still reach the end of their count", async () => {
    const { see, last } = await opened();
    for (const second of [15, 20]) await see(second, many(80));
    expect(last()[PAIR]?.last).toBe(10);
    await see(25, many(80));
    expect(last()[PAIR]).toBeUndefined();
  });

  test("unobserved time is not forgotten", async () => {
    const { see, last } = await opened();
    await see(200, BOTH, 10);
    for (const second of [205, 210]) await see(second, many(80));
    await see(215, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(205);
  });

  test("all of them are read back after a restart", async () => {
    const before = trackerScene();
    await before.see(0, many(80));
    const { see, last } = trackerScene(0, before.writes.at(-1));
    await see(0, many(80));
    expect(Object.keys(last()).length).toBeGreaterThan(1_024);
    expect(last()).toEqual(before.last());
  });
});

describe("after a gap in observation", () => {
  test.each([
    ["long", [old(OKX), BYBIT]],
    ["short", [OKX, old(BYBIT)]],
  ] as const)("an old row of the %s leg ends nothing", async (_, half) => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    for (const second of [1005, 1010, 1015, 1020]) await see(second, half);
    expect(last()[PAIR]?.first).toBe(0);
  });

  test("a pair that is missing at first counts as unobserved until it is seen", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    await see(1005, [OKX, { ...BYBIT, pct: 3 }]);
    await see(1010, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 1010, peak: 10, unobserved: 1000 });
  });

  test("a pair whose old row becomes stale only then counts as unobserved until the exchange is requested again", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    await see(1005, [OKX, { ...BYBIT, observedAt: 8 }]);
    await see(1010, [OKX, old(BYBIT)]);
    await see(1030, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(1020);
  });

  test("unobserved time never exceeds the age, also after a clock was set back", async () => {
    const { see, last } = await opened();
    await see(1000, BOTH, 10);
    await see(1005, BOTH);
    expect(last()[PAIR]?.unobserved).toBe(995);
    await see(500, BOTH);
    expect(last()[PAIR]).toEqual({ first: 0, last: 500, peak: 10, unobserved: 500 });
  });

  test("a replaced worker has not observed meanwhile: earlier rows end nothing", async () => {
    const before = await opened();
    const later = new ManualClock(NOON_MS + 12_000);
    const { see, last } = trackerScene(0, before.writes.at(-1), later);
    for (const second of [15, 20, 25, 30]) await see(second, [OKX, old(BYBIT)]);
    expect(last()[PAIR]?.first).toBe(0);
  });
});

describe("exchanges with other periods", () => {
  test.each([
    [30, 100, 101],
    [300, 460, 461],
  ])(
    "of %p s are silent after second %p, whatever the periods of disabled ones",
    async (period, loud, silent) => {
      const { market, see, last } = await opened();
      market.periods = { okx: period, bybit: period };
      await see(loud, BOTH, 10);
      expect(last()[PAIR]?.last).toBe(loud);
      await see(silent, BOTH, 10);
      expect(last()[PAIR]?.last).toBe(loud);
    },
  );

  test("are awaited for three of their own periods, the others for 180 s", async () => {
    const { market, see, last } = await opened();
    await see(20, [...BOTH, { id: 3, exchange: "gate", pct: 30 }]);
    await see(1000, BOTH, 10);
    market.periods = { okx: 60, bybit: 60, gate: 120 };
    const rows = [OKX, old(BYBIT), old({ id: 3, exchange: "gate", pct: 30 })];
    const observe = (second: number) => see(second, rows, second);
    for (const second of [1060, 1120, 1180, 1185, 1190]) await observe(second);
    expect(Object.keys(last())).toEqual([PAIR, "1>3", "2>3"]);
    await observe(1195);
    // 2>3 has a leg on each.
    expect(Object.keys(last())).toEqual(["1>3", "2>3"]);
  });
});

describe("what is stored", () => {
  test("is not written again at the end, nor while nothing is observed", async () => {
    const { tracker, see, writes } = await opened();
    expect(writes).toHaveLength(2);
    for (const second of [200, 300]) await see(second, BOTH, 10);
    await tracker.close();
    expect(writes).toHaveLength(2);
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
  test("has all its pairs after one observation", async () => {
    const { see, writes } = trackerScene();
    await see(0, manyListings(500));
    expect(writes.map(({ count }) => count)).toEqual([(500 * 499) / 2 - 4 * 125 * 62]);
  });

  test("has no more pairs than the maximum, logs that once, and new ones never displace old ones", async () => {
    const { stats, see, last, writes, log } = trackerScene();
    const known = manyListings(20, 5_000);
    await see(0, known);
    const before = Object.keys(last());
    await see(5, [...manyListings(840), ...known.map((listing) => ({ ...listing, base: "ETH" }))]);
    const max = maxOpportunities(860);
    expect(writes.at(-1)?.count).toBe(max);
    // Those among the 840 new listings and those of the 20 old ones, 14 of which are on the exchanges of the new ones.
    expect(stats()?.pairs).toBe(max);
    expect(stats()?.leftOut.pairs).toBeGreaterThan(1_000);
    await see(10, [...manyListings(840), ...known.map((listing) => ({ ...listing, base: "ETH" }))]);
    expect(log.events().filter((event) => event === "opportunities_left_out")).toHaveLength(1);
    const now = last();
    expect(before.filter((pair) => now[pair]?.first !== 0)).toEqual([]);
  });
});

test("a shrinking market keeps its pairs, and accepts no new ones while there are too many", async () => {
  const { see, stats, writes } = trackerScene();
  const alone = Array.from({ length: 12_300 }, (_, index): Listing => {
    return { id: 50_000 + index, exchange: "htx", base: `A${index}`, pct: 0 };
  });
  await see(0, [...manyListings(840), ...alone]);
  const max = maxOpportunities(840 + alone.length);
  expect(stats()?.pairs).toBe(max);
  await see(5, [
    ...manyListings(840),
    ...manyListings(10, 9_000).map((one) => ({ ...one, base: "ETH" })),
  ]);
  expect(maxOpportunities(850)).toBeLessThan(max);
  expect(stats()?.pairs).toBe(max);
  expect(writes.at(-1)?.longIds.includes(9_000)).toBe(false);
});

describe("what a process reports to follow", () => {
  test("is the number from its collector, none while another process collects, and otherwise the previous one", async () => {
    const { see, stats } = trackerScene();
    await see(0, BOTH);
    const followed = stats() ?? expect.unreachable();
    expect(followed).toEqual({ pairs: 1, leftOut: { pairs: 0, listings: 0 } });
    expect(followedBy({ type: "opportunities", stats: followed })).toEqual(followed);
    const standby = { type: "standby", lock: "x", sinceMs: NOON_MS, heartbeatAtMs: null } as const;
    expect(followedBy(standby)).toEqual({ pairs: 0, leftOut: { pairs: 0, listings: 0 } });
    expect(followedBy({ type: "heartbeat", collecting: true })).toBeNull();
  });
});
