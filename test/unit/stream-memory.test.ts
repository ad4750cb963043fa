import { describe, expect, test } from "bun:test";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import { type FundingQuery, NO_FILTER } from "../../src/services/finder/funding-query.ts";
import { StreamClient } from "../../src/http/stream/client.ts";
import type { EventData } from "../../src/http/stream/event-text.ts";
import { MAX_STREAMS_PER_ADDRESS, StreamGroups } from "../../src/http/stream/groups.ts";
import { StreamHub } from "../../src/http/stream/hub.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { EventReader } from "../support/event-stream.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";

const MB = 1024 * 1024;

/** Rows of one exchange are short, all rows together are 7 MB: nine of these fit into 64 MB, ten do not. */
const SIZED: EventData = {
  reset: (_, rows) => [`"${"x".repeat(rows.length === 1 ? 100 : 7 * MB)}"`],
  changes: () => [`"${"y".repeat(7 * MB)}"`],
};

const SHORT: FundingQuery = { ...NO_FILTER, exchanges: ["bybit"] };

/** All rows; a filter of its own for each number. */
const all = (n: number): FundingQuery => ({ ...NO_FILTER, minVolumeUsd: n });

const market = (rate: number) => [
  ...Array.from({ length: 9 }, (_, n) => rowOf("okx", `COIN${n}`, { fundingRate: rate })),
  rowOf("bybit", "BTC", { fundingRate: 0.5 }),
];

const SILENT = "192.0.2.1";
const NEWCOMER = "203.0.113.1";
const elsewhere = (n: number) => `198.51.100.${n}`;

function setUp() {
  const board = new TestBoard(snapshotOf("1-1", market(1)));
  const clock = new ManualClock();
  const made: number[] = [];
  const hub = new StreamHub({
    board,
    clock,
    log: memoryLog(),
    data: {
      ...SIZED,
      reset: (snapshot, rows, missing) => {
        made.push(rows.length);
        return SIZED.reset(snapshot, rows, missing);
      },
    },
  });
  const body = (address: string, query: FundingQuery) => {
    const opened = hub.open(query, null, { address, limitIdle: () => {} });
    if (typeof opened === "string") throw new Error(opened);
    return opened;
  };
  /** Opens a stream without reading it. */
  const open = (address: string, query: FundingQuery) => new EventReader(body(address, query));
  /** Turns of the event loop in which everything due is encoded and sent. */
  const settle = async () => {
    for (let turn = 0; turn < 80; turn += 1) await clock.advance(0);
  };
  return { board, clock, hub, made, open, settle };
}

describe("a stalled reader gives way to a newcomer from another address", () => {
  test.each([
    ["a short list", SHORT],
    ["a list as long as theirs", all(99)],
  ])("that requests %s", async (_, query) => {
    const { open, settle } = setUp();
    for (let n = 0; n < 10; n += 1) open(SILENT, all(n));
    await settle();
    const newcomer = open(NEWCOMER, query);
    await settle();
    expect(await newcomer.next()).toMatchObject({ name: "reset" });
  });

  test("though the stalled ones request more than there is room for", async () => {
    const { hub, open, settle } = setUp();
    const silent = Array.from({ length: 10 }, (_, n) => open(SILENT, all(n)));
    await settle();
    const newcomers = [SHORT, all(98), all(99)].map((query, n) => open(elsewhere(n), query));
    await settle();
    for (const newcomer of newcomers) expect((await newcomer.next()).name).toBe("reset");
    expect(hub.stats()).toMatchObject({ open: 10, dropped: { overloaded: 3 } });
    // The one that stalled longest has given way, and so has the one for which there was no room.
    expect(await silent[0]?.rest()).toMatchObject([
      { name: "end", data: { reason: "overloaded" } },
    ]);
    expect(await silent[9]?.rest()).toMatchObject([
      { name: "end", data: { reason: "overloaded" } },
    ]);
  });

  test("however many addresses are stalled, once they have read nothing for 3 s", async () => {
    const { clock, hub, open, settle } = setUp();
    const silent = Array.from({ length: 9 }, (_, n) => open(elsewhere(n), all(n)));
    await settle();
    await clock.advance(2_999);
    const early = open("203.0.113.9", all(98));
    await settle();
    expect((await early.next()).name).toBe("end");
    await clock.advance(1);
    const newcomer = open(NEWCOMER, all(99));
    await settle();
    expect((await newcomer.next()).name).toBe("reset");
    expect(hub.stats()).toMatchObject({ open: 9, dropped: { overloaded: 1, slow_consumer: 1 } });
    expect(await silent[0]?.rest()).toMatchObject([
      { name: "end", data: { reason: "slow_consumer" } },
    ]);
  });

  test("rather than one that read everything it was sent, when the market changes", async () => {
    const { board, hub, open, settle } = setUp();
    const reader = open(NEWCOMER, all(99));
    await reader.next();
    for (let n = 0; n < 9; n += 1) open(elsewhere(n), all(n));
    await settle();
    board.publish(snapshotOf("1-2", market(2)));
    await settle();
    expect(await reader.next()).toMatchObject({ name: "changes", id: "1-2" });
    expect(hub.stats().dropped.overloaded).toBeGreaterThan(0);
  });
});

describe("an event pending for many readers", () => {
  test("counts in parts for each address: sharing readers give way after those that hold one alone", async () => {
    const { hub, open, settle } = setUp();
    const sharing = Array.from({ length: 18 }, (_, n) =>
      open(elsewhere(Math.floor(n / 3)), all(n % 3)),
    );
    // Each of six addresses has three pending events, one has two alone; four of others fill the room.
    for (const n of [3, 4]) open(SILENT, all(n));
    for (let n = 5; n < 9; n += 1) open(`203.0.113.${n}`, all(n));
    await settle();
    const newcomer = open(NEWCOMER, all(9));
    await settle();
    expect((await newcomer.next()).name).toBe("reset");
    for (const reader of sharing) expect((await reader.next()).name).toBe("reset");
    expect(hub.stats().dropped.overloaded).toBe(1);
  });

  test("is sent in chunks of 64 KB at most: the runtime copies one for each reader", async () => {
    const { open } = setUp();
    const reader = open(NEWCOMER, all(0));
    await reader.next();
    expect(Math.max(...reader.chunks.map(({ byteLength }) => byteLength))).toBe(64 * 1024);
  });

  test("is sent even if longer than the limit, if nothing else is pending", async () => {
    const board = new TestBoard(snapshotOf("1-1", market(1)));
    const clock = new ManualClock();
    const data: EventData = { ...EVENT_DATA, reset: () => [`"${"x".repeat(65 * MB)}"`] };
    const hub = new StreamHub({ board, clock, log: memoryLog(), data });
    const opened = hub.open(NO_FILTER, null, { address: NEWCOMER, limitIdle: () => {} });
    if (typeof opened === "string") throw new Error(opened);
    expect((await new EventReader(opened).next()).name).toBe("reset");
  });
});

describe("a place", () => {
  test("is free again when the connection ends: not as soon as its stalled reader is disconnected", async () => {
    const { clock, hub, open, settle } = setUp();
    const silent = Array.from({ length: MAX_STREAMS_PER_ADDRESS }, () => open(SILENT, SHORT));
    await settle();
    await clock.advance(30_000);
    expect(hub.stats()).toMatchObject({ open: 0, dropped: { slow_consumer: silent.length } });
    expect(() => open(SILENT, SHORT)).toThrow("too_many_of_address");
    open(NEWCOMER, SHORT);
    // One hangs up, one reads its last event.
    await silent[0]?.close();
    await silent[1]?.rest();
    open(SILENT, SHORT);
    open(SILENT, SHORT);
    expect(() => open(SILENT, SHORT)).toThrow("too_many_of_address");
    // The others were cut off long ago, whatever became of the event.
    await clock.advance(20_000);
    open(SILENT, SHORT);
  });
});

describe("an event without room", () => {
  test("is not built: an address that holds as much as any other is disconnected immediately", async () => {
    const { hub, made, open, settle } = setUp();
    for (let n = 0; n < 9; n += 1) open(elsewhere(n), all(n));
    await settle();
    for (let n = 0; n < 9; n += 1) open(elsewhere(n), all(20 + n));
    await settle();
    expect(made).toHaveLength(9);
    expect(hub.stats()).toMatchObject({ open: 9, dropped: { overloaded: 9 } });
  });
});

describe("turns", () => {
  test("are by address: many filters of one do not make others wait for all of them", async () => {
    const { made, open, settle } = setUp();
    for (let n = 0; n < 5; n += 1) open(SILENT, all(n));
    open(NEWCOMER, SHORT);
    await settle();
    expect(made).toEqual([10, 1, 10, 10, 10, 10]);
  });

  test("also apply to a reader that joins a filter already passed", async () => {
    const { clock, hub, made, open } = setUp();
    const first = open(elsewhere(1), SHORT);
    for (let n = 0; n < 5; n += 1) open(SILENT, all(n));
    while (made.length < 3) await clock.advance(0);
    const newcomer = open(NEWCOMER, SHORT);
    while (hub.stats().sent < 4) await clock.advance(0);
    expect((await newcomer.next()).name).toBe("reset");
    expect((await first.next()).name).toBe("reset");
    expect(made.length).toBeLessThan(6);
  });
});

describe("a filter without readers", () => {
  test("keeps no event, though its last reader's connection still refers to it", async () => {
    const now = snapshotOf("1-1", market(1));
    const groups = new StreamGroups(EVENT_DATA);
    const group = groups.placeFor(NO_FILTER, SILENT, now);
    if (typeof group === "string") throw new Error(group);
    await group.events.make(null, now, new Map());
    expect(group.events.retained()).toHaveLength(1);
    const client = new StreamClient({
      at: null,
      clock: new ManualClock(),
      connection: { address: SILENT, limitIdle: () => {} },
      onClosed: () => {},
    });
    groups.add(group, client);
    groups.remove(group, client);
    expect(group.events.retained()).toHaveLength(0);
  });
});
