import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import { type FundingQuery, NO_FILTER } from "../../src/services/finder/funding-query.ts";
import {
  RESERVED_FILTERS,
  RESERVED_STREAMS,
  MAX_FILTERS_PER_ADDRESS,
  MAX_STREAM_FILTERS,
  MAX_STREAMS,
  MAX_STREAMS_PER_ADDRESS,
} from "../../src/http/stream/groups.ts";
import { StreamHub } from "../../src/http/stream/hub.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { EventReader, HeldRows } from "../support/event-stream.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";

/** One listing of each of 600 assets. */
const MARKET = Array.from({ length: 600 }, (_, n) => rowOf("okx", `COIN${n}`));

const HERE = "192.0.2.1";

/** A filter that selects one row of the market. */
const coin = (n: number): FundingQuery => ({ ...NO_FILTER, bases: [`COIN${n}`] });

/** A filter that selects nothing until such a coin is listed. */
const absent = (n: number): FundingQuery => ({ ...NO_FILTER, bases: [`NOSUCH${n}`] });

const listed = (n: number, fundingRate = 0.5): BoardRow =>
  rowOf("okx", `NOSUCH${n}`, { fundingRate });

function setUp(rows: readonly BoardRow[] = MARKET) {
  const board = new TestBoard(snapshotOf("1-1", rows));
  const clock = new ManualClock();
  const hub = new StreamHub({ board, clock, log: memoryLog(), data: EVENT_DATA });
  const open = (address: string, query: FundingQuery, lastEventId: string | null = null) => {
    const opened = hub.open(query, lastEventId, { address, limitIdle: () => {} });
    if (typeof opened === "string") throw new Error(opened);
    return opened;
  };
  const read = (address: string, query: FundingQuery, lastEventId: string | null = null) =>
    new EventReader(open(address, query, lastEventId));
  /** Until everything due has been encoded and sent. */
  const settle = async () => {
    for (let turn = 0; turn < 3 * MAX_STREAMS; turn += 1) await clock.advance(0);
  };
  return { board, hub, open, read, settle };
}

const elsewhere = (n: number): string => `198.51.100.${n}`;

describe("one address", () => {
  test(`has ${MAX_STREAMS_PER_ADDRESS} streams; it may replace one that it closes`, async () => {
    const { hub, open } = setUp();
    const bodies = Array.from({ length: MAX_STREAMS_PER_ADDRESS }, () => open(HERE, coin(1)));
    expect(() => open(HERE, coin(1))).toThrow("too_many_of_address");
    open(elsewhere(1), coin(1));
    await bodies[0]?.cancel();
    open(HERE, coin(1));
    expect(() => open(HERE, coin(1))).toThrow("too_many_of_address");
    expect(hub.stats()).toMatchObject({
      open: MAX_STREAMS_PER_ADDRESS + 1,
      refused: { too_many_of_address: 2, too_many_readers: 0 },
    });
  });

  test(`has ${MAX_FILTERS_PER_ADDRESS} filters, and any number of streams with those`, () => {
    const { hub, open } = setUp();
    for (let n = 0; n < MAX_FILTERS_PER_ADDRESS; n += 1) open(HERE, coin(n));
    expect(() => open(HERE, coin(500))).toThrow("too_many_filters_of_address");
    // Another address's use of that filter makes it no cheaper for this one.
    open(elsewhere(1), coin(500));
    expect(() => open(HERE, coin(500))).toThrow("too_many_filters_of_address");
    open(HERE, coin(3));
    expect(hub.stats()).toMatchObject({
      filters: MAX_FILTERS_PER_ADDRESS + 1,
      refused: { too_many_filters_of_address: 2 },
    });
  });
});

describe("all addresses together", () => {
  const fill = ({ open }: ReturnType<typeof setUp>, streams: number) =>
    Array.from({ length: streams }, (_, n) =>
      open(elsewhere(Math.floor(n / MAX_STREAMS_PER_ADDRESS)), coin(1)),
    );

  test(`have ${MAX_STREAMS} streams, the last ${RESERVED_STREAMS} of them for addresses that have none`, async () => {
    const scene = setUp();
    const { hub, open } = scene;
    open(HERE, coin(1));
    const bodies = fill(scene, MAX_STREAMS - RESERVED_STREAMS - 1);
    expect(() => open(HERE, coin(1))).toThrow("kept_for_others");
    const late = Array.from({ length: RESERVED_STREAMS }, (_, n) =>
      open(`203.0.113.${n}`, coin(1)),
    );
    expect(() => open("203.0.113.99", coin(1))).toThrow("too_many_readers");
    expect(hub.stats()).toMatchObject({
      open: MAX_STREAMS,
      refused: { kept_for_others: 1, too_many_readers: 1 },
    });
    await late[0]?.cancel();
    // It has none any more.
    open("203.0.113.0", coin(1));
    await bodies[0]?.cancel();
    expect(() => open("203.0.113.1", coin(1))).toThrow("kept_for_others");
  });

  test(`have ${MAX_STREAM_FILTERS} filters, the last ${RESERVED_FILTERS} for addresses that have none; readers of a known one are still accepted`, () => {
    const { hub, open } = setUp();
    const free = MAX_STREAM_FILTERS - RESERVED_FILTERS;
    for (let n = 0; n < free; n += 1) open(elsewhere(Math.floor(n / 10)), coin(n));
    open(HERE, coin(7));
    expect(() => open(HERE, coin(free))).toThrow("too_many_filters");
    for (let n = free; n < MAX_STREAM_FILTERS; n += 1) open(`203.0.113.${n}`, coin(n));
    expect(() => open("192.0.2.2", coin(MAX_STREAM_FILTERS))).toThrow("too_many_filters");
    open(HERE, coin(8));
    expect(hub.stats()).toMatchObject({
      open: MAX_STREAM_FILTERS + 2,
      filters: MAX_STREAM_FILTERS,
      refused: { too_many_filters: 2 },
    });
  });

  test("equivalent filters are one", () => {
    const { hub, open } = setUp();
    open(HERE, NO_FILTER);
    open(HERE, { ...NO_FILTER, exchanges: EXCHANGE_IDS.toSorted() });
    expect(hub.stats()).toMatchObject({ open: 2, filters: 1 });
  });
});

describe("filters that select no row", () => {
  test("share one filter, whatever their number", async () => {
    const { hub, open, settle } = setUp();
    for (let n = 0; n < 400; n += 1) open(elsewhere(Math.floor(n / 20)), absent(n));
    expect(hub.stats()).toMatchObject({ open: 400, filters: 1 });
    // They take no places from filters that select something.
    for (let n = 0; n < 50; n += 1) open(`203.0.113.${n}`, coin(n));
    expect(hub.stats()).toMatchObject({ open: 450, filters: 51 });
    await settle();
    expect(hub.stats().filters).toBe(51);
  });

  test("get new matches, become separate filters then, and share one again when the match is gone", async () => {
    const { board, hub, read } = setUp();
    const readers = [read(HERE, absent(1)), read(HERE, absent(2))] as const;
    const held = readers.map(() => new HeldRows());
    const take = async (place: 0 | 1) => held[place]?.apply(await readers[place].next());
    await take(0);
    await take(1);
    board.publish(snapshotOf("1-2", [...MARKET, listed(1)]));
    await take(0);
    expect([held[0]?.uids, held[1]?.uids]).toEqual([["okx:NOSUCH1USDT:1"], []]);
    expect(hub.stats().filters).toBe(2);
    // One that was sent nothing since the first snapshot starts from what it has.
    board.publish(snapshotOf("1-3", [...MARKET, listed(1), listed(2)]));
    await take(1);
    expect(held[1]?.uids).toEqual(["okx:NOSUCH2USDT:1"]);
    board.publish(snapshotOf("1-4", MARKET));
    await take(0);
    await take(1);
    expect([held[0]?.uids, held[1]?.uids]).toEqual([[], []]);
    expect(hub.stats().filters).toBe(1);
    board.publish(snapshotOf("1-5", [...MARKET, listed(2, 0.25)]));
    await take(1);
    expect(held[1]?.rows).toMatchObject([{ funding_rate: 0.25 }]);
  });

  test("remove a returning reader's rows, though they no longer select anything", async () => {
    const { board, read } = setUp([...MARKET, listed(1)]);
    board.publish(snapshotOf("1-2", MARKET));
    board.publish(snapshotOf("1-3", MARKET));
    const event = await read(HERE, absent(1), "1-1").next();
    expect(event).toMatchObject({
      name: "changes",
      id: "1-3",
      data: { since: "1-1", removed: ["okx:NOSUCH1USDT:1"], rows: [] },
    });
  });

  test(`may exceed the ${MAX_FILTERS_PER_ADDRESS} of an address: the excess is disconnected with the reason`, async () => {
    const { board, hub, read, settle } = setUp();
    const readers = Array.from({ length: 15 }, (_, n) => read(HERE, absent(n)));
    // The last of them matches when the others have left the shared one: it stays.
    const other = read(elsewhere(1), absent(14));
    for (const reader of [...readers, other]) await reader.next();
    board.publish(
      snapshotOf("1-2", [...MARKET, ...Array.from({ length: 15 }, (_, n) => listed(n))]),
    );
    await settle();
    expect(hub.stats()).toMatchObject({
      open: MAX_FILTERS_PER_ADDRESS + 1,
      filters: MAX_FILTERS_PER_ADDRESS,
      dropped: { too_many_filters: 5 },
    });
    const names = [];
    for (const reader of readers) names.push((await reader.next()).name);
    expect(names.filter((name) => name === "changes")).toHaveLength(MAX_FILTERS_PER_ADDRESS);
    expect(names.filter((name) => name === "end")).toHaveLength(5);
    expect((await other.next()).name).toBe("changes");
  });

  test(`may exceed the ${MAX_STREAM_FILTERS} of all: the excess is disconnected`, async () => {
    const { board, hub, open, settle } = setUp();
    for (let n = 0; n < 180; n += 1) open(elsewhere(Math.floor(n / 10)), coin(n));
    for (let n = 180; n < 195; n += 1) open(`192.0.2.${n}`, coin(n));
    for (let n = 0; n < 20; n += 1) open(`203.0.113.${n}`, absent(n));
    await settle();
    expect(hub.stats()).toMatchObject({ open: 215, filters: 196 });
    board.publish(
      snapshotOf("1-2", [...MARKET, ...Array.from({ length: 20 }, (_, n) => listed(n))]),
    );
    await settle();
    expect(hub.stats().filters).toBeLessThanOrEqual(MAX_STREAM_FILTERS);
    expect(hub.stats()).toMatchObject({ open: 200, dropped: { too_many_filters: 15 } });
  });
});
