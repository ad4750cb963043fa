import { describe, expect, test } from "bun:test";
import type { BoardRow } from "../../src/domain/market.ts";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import { type FundingQuery, NO_FILTER } from "../../src/services/finder/funding-query.ts";
import type { EventData } from "../../src/http/stream/event-text.ts";
import { StreamHub } from "../../src/http/stream/hub.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { EventReader } from "../support/event-stream.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { NOON_MS } from "../support/quote.ts";

const MB = 1024 * 1024;

const OKX: FundingQuery = { ...NO_FILTER, exchanges: ["okx"] };
const BYBIT: FundingQuery = { ...NO_FILTER, exchanges: ["bybit"] };

/** Rows whose rate is `rate`. */
function market(rate: number): BoardRow[] {
  return [
    rowOf("okx", "BTC", { fundingRate: rate }),
    rowOf("okx", "ETH", { fundingRate: rate }),
    rowOf("bybit", "BTC", { fundingRate: 0.5 }),
  ];
}

function setUp(data: EventData = EVENT_DATA) {
  const board = new TestBoard(snapshotOf("1-1", market(1)));
  const clock = new ManualClock();
  const log = memoryLog();
  const made: string[] = [];
  const hub = new StreamHub({
    board,
    clock,
    log,
    data: {
      reset(snapshot, ...of) {
        made.push(`reset ${snapshot.id}`);
        return data.reset(snapshot, ...of);
      },
      changes(snapshot, since, ...of) {
        made.push(`changes ${since} ${snapshot.id}`);
        return data.changes(snapshot, since, ...of);
      },
    },
  });
  const limits: number[] = [];
  let readers = 0;
  const body = (query: FundingQuery = NO_FILTER, lastEventId: string | null = null) => {
    const opened = hub.open(query, lastEventId, {
      address: `192.0.2.${(readers += 1)}`,
      limitIdle: (seconds) => limits.push(seconds),
    });
    if (typeof opened === "string") throw new Error(opened);
    return opened;
  };
  const open = (query?: FundingQuery, lastEventId?: string | null) =>
    new EventReader(body(query, lastEventId));
  return { board, clock, log, made, hub, limits, body, open };
}

const uidsOf = (event: { readonly data: { readonly rows: readonly { readonly uid: string }[] } }) =>
  event.data.rows.map(({ uid }) => uid);

describe("a reader", () => {
  test("first gets all rows of the filter, then the changes in it", async () => {
    const { board, open } = setUp();
    const reader = open(OKX);
    const first = await reader.next();
    expect(first).toMatchObject({ name: "reset", id: "1-1", data: { snapshot: "1-1" } });
    expect(uidsOf(first)).toEqual(["okx:BTCUSDT:1", "okx:ETHUSDT:1"]);
    expect(reader.text).toStartWith("retry: 5000\n\n");
    board.publish(
      snapshotOf("1-2", [rowOf("okx", "BTC", { fundingRate: 2 }), ...market(1).slice(2)]),
    );
    const next = await reader.next();
    expect(next).toMatchObject({
      name: "changes",
      id: "1-2",
      data: { snapshot: "1-2", since: "1-1", removed: ["okx:ETHUSDT:1"] },
    });
    expect(next.data.rows).toMatchObject([{ uid: "okx:BTCUSDT:1", funding_rate: 2 }]);
  });

  test("returning with the id of a retained snapshot gets the changes since then, in one event", async () => {
    const { board, open } = setUp();
    board.publish(snapshotOf("1-2", market(2)));
    board.publish(snapshotOf("1-3", market(3)));
    const event = await open(OKX, "1-1").next();
    expect(event).toMatchObject({ name: "changes", id: "1-3", data: { since: "1-1" } });
    expect(uidsOf(event)).toEqual(["okx:BTCUSDT:1", "okx:ETHUSDT:1"]);
  });

  test("returning with the current id gets nothing until something changes", async () => {
    const { board, clock, open, made } = setUp();
    const reader = open(OKX, "1-1");
    await clock.advance(0);
    board.publish(snapshotOf("1-2", market(2)));
    expect(await reader.next()).toMatchObject({ name: "changes", id: "1-2" });
    expect(made).toEqual(["changes 1-1 1-2"]);
  });

  test.each(["0-9", "1-1", "", "nonsense"])(
    "returning with an unknown id (%p) starts again",
    async (id) => {
      const { board, open } = setUp();
      board.publish(snapshotOf("1-2", market(2)));
      board.forget();
      expect(await open(OKX, id).next()).toMatchObject({ name: "reset", id: "1-2" });
    },
  );

  test("starting later gets the rows of that time, not those that others started with", async () => {
    const { board, open } = setUp();
    const early = open(OKX);
    await early.next();
    board.publish(snapshotOf("1-2", market(2)));
    await early.next();
    const event = await open(OKX).next();
    expect(event).toMatchObject({ name: "reset", id: "1-2" });
    expect(event.data.rows).toMatchObject([{ funding_rate: 2 }, { funding_rate: 2 }]);
  });

  test("gets a long list completely", async () => {
    const { board, open } = setUp();
    const rows = Array.from({ length: 600 }, (_, n) => rowOf("okx", `COIN${n}`));
    board.publish(snapshotOf("1-2", rows));
    const event = await open().next();
    expect(new Set(uidsOf(event))).toEqual(new Set(rows.map(({ record }) => record.uid)));
  });

  test("starting while a snapshot is being sent misses nothing", async () => {
    const { board, open } = setUp();
    const early = open(OKX);
    await early.next();
    board.publish(snapshotOf("1-2", market(2)));
    const late = open(OKX, "1-1");
    board.publish(snapshotOf("1-3", market(3)));
    for (const reader of [early, late]) {
      let event = await reader.next();
      while (event.id !== "1-3") event = await reader.next();
      expect(event.data.rows).toMatchObject([{ funding_rate: 3 }, { funding_rate: 3 }]);
    }
  });

  test("returning with the newest id is not set back to a snapshot that is still being sent", async () => {
    const { board, hub, open, clock } = setUp();
    const early = Array.from({ length: 80 }, () => open(OKX));
    for (const reader of early) await reader.next();
    board.publish(snapshotOf("1-2", market(2), NOON_MS + 5_000));
    // Some have been advanced to 1-2, the rest are still to come.
    while (hub.stats().sent <= 80) await new Promise((resolve) => setImmediate(resolve));
    expect(hub.stats().sent).toBeLessThan(160);
    board.publish(snapshotOf("1-3", market(3), NOON_MS + 10_000));
    const late = open(OKX, "1-3");
    for (let turn = 0; turn < 60; turn += 1) await clock.advance(0);
    board.publish(snapshotOf("1-4", market(4), NOON_MS + 15_000));
    expect(await late.next()).toMatchObject({ id: "1-4", data: { since: "1-3" } });
  });
});

describe("a stream without changes", () => {
  test("sends nothing for snapshots that change nothing, and a heartbeat every 15 s with the newest id", async () => {
    const { board, clock, open, made } = setUp();
    const reader = open(BYBIT);
    await reader.next();
    board.publish(snapshotOf("1-2", market(2)));
    await clock.advance(14_999);
    board.publish(snapshotOf("1-3", market(3)));
    const { length } = reader.text;
    await clock.advance(1);
    await reader.sees("heartbeat");
    expect(reader.text.slice(length)).toBe(": heartbeat\nid: 1-3\n\n");
    expect(made).toEqual(["reset 1-1"]);
    await clock.advance(15_000);
    await reader.sees(": heartbeat\nid: 1-3\n\n: heartbeat");
  });
});

describe("readers of one filter", () => {
  test("get the same bytes: one encoding per filter and snapshot, whatever their number", async () => {
    const { board, open, made } = setUp();
    const readers = Array.from({ length: 60 }, (_, n) => open(n % 2 === 0 ? OKX : NO_FILTER));
    const lastChunks = async () => {
      for (const reader of readers) await reader.next();
      return [0, 1].map(
        (part) =>
          new Set(readers.filter((_, n) => n % 2 === part).map((reader) => reader.chunks.at(-1))),
      );
    };
    for (const chunks of await lastChunks()) expect(chunks.size).toBe(1);
    board.publish(snapshotOf("1-2", market(2)));
    for (const chunks of await lastChunks()) expect(chunks.size).toBe(1);
    expect(made.toSorted()).toEqual([
      "changes 1-1 1-2",
      "changes 1-1 1-2",
      "reset 1-1",
      "reset 1-1",
    ]);
  });

  test("are written to a few at a time, so that requests are served in between", async () => {
    const { board, clock, open, hub } = setUp();
    const readers = Array.from({ length: 80 }, () => open(OKX));
    for (const reader of readers) await reader.next();
    const before = hub.stats().sent;
    expect(before).toBe(80);
    board.publish(snapshotOf("1-2", market(2)));
    const perTurn: number[] = [];
    for (let sent = before; sent < 2 * before;) {
      await new Promise((resolve) => setImmediate(resolve));
      perTurn.push(hub.stats().sent - sent);
      sent = hub.stats().sent;
    }
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(16);
    await clock.advance(0);
  });
});

describe("a stalled reader", () => {
  test("is disconnected with the reason after reading nothing for 30 s; others stay", async () => {
    const { board, clock, hub, open, limits, log } = setUp();
    const healthy = open(OKX);
    const stalled = open(OKX);
    await healthy.next();
    await stalled.next();
    board.publish(snapshotOf("1-2", market(2)));
    await healthy.next();
    await clock.advance(29_999);
    expect(hub.stats().dropped.slow_consumer).toBe(0);
    await healthy.sees("heartbeat");
    expect(limits).toEqual([0, 0]);
    await clock.advance(5_000);
    expect(hub.stats()).toMatchObject({ open: 1, dropped: { slow_consumer: 1 } });
    // The connection is cut off as well if even this is not read.
    expect(limits).toEqual([0, 0, 10]);
    expect(await stalled.rest()).toEqual([
      expect.objectContaining({ name: "end", id: null, data: { reason: "slow_consumer" } }),
    ]);
    board.publish(snapshotOf("1-3", market(3)));
    expect(await healthy.next()).toMatchObject({ id: "1-3" });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ event: "stream_dropped", fields: { reason: "slow_consumer" } }),
    );
  });

  test("has time as long as it reads a chunk now and then", async () => {
    const long: EventData = {
      ...EVENT_DATA,
      reset: () => Array.from({ length: 8 }, () => `"${"x".repeat(100_000)}"`),
    };
    const { clock, hub, body } = setUp(long);
    const reader = body(OKX).getReader();
    for (let chunk = 0; chunk < 8; chunk += 1) {
      await reader.read();
      await clock.advance(25_000);
    }
    expect(hub.stats()).toMatchObject({ open: 1, dropped: { slow_consumer: 0 } });
    await clock.advance(30_000);
    expect(hub.stats()).toMatchObject({ open: 0, dropped: { slow_consumer: 1 } });
  });

  test("cut off in the middle of an event gets nothing that could be mistaken for its remainder", async () => {
    const long: EventData = {
      ...EVENT_DATA,
      reset: () => Array.from({ length: 8 }, () => `"${"x".repeat(100_000)}"`),
    };
    const { clock, hub, body } = setUp(long);
    const stream = body(OKX);
    const first = stream.getReader();
    await first.read();
    await first.read();
    await clock.advance(40_000);
    expect(hub.stats().dropped.slow_consumer).toBe(1);
    const { value } = await first.read();
    expect(new TextDecoder().decode(value)).toBe("\n: slow_consumer\n");
    expect((await first.read()).done).toBe(true);
  });

  test("is disconnected when 16 events are pending, however fast they came", async () => {
    const { board, clock, hub, open } = setUp();
    const reader = open(OKX);
    await reader.next();
    for (let seq = 2; seq < 18; seq += 1) {
      board.publish(snapshotOf(`1-${seq}`, market(seq)));
      await clock.advance(0);
      await clock.advance(0);
      await clock.advance(0);
    }
    expect(hub.stats()).toMatchObject({ open: 1, sent: 17 });
    board.publish(snapshotOf("1-18", market(18)));
    await clock.advance(0);
    await clock.advance(0);
    await clock.advance(0);
    expect(hub.stats()).toMatchObject({ open: 0, dropped: { slow_consumer: 1 } });
  });

  test("cannot fill the memory: beyond 64 MB unread, new readers of as much are disconnected", async () => {
    const large: EventData = { ...EVENT_DATA, reset: () => ["x".repeat(7 * MB)] };
    const { clock, hub, open } = setUp(large);
    const readers = Array.from({ length: 12 }, (_, n) => open({ ...NO_FILTER, minVolumeUsd: n }));
    for (let turn = 0; turn < 40; turn += 1) await clock.advance(0);
    // Nine are 63 MB; the next ones find that there is no room.
    expect(hub.stats()).toMatchObject({ open: 9, dropped: { overloaded: 3 } });
    const [event] = (await readers.at(-1)?.rest()) ?? [];
    expect(event).toMatchObject({ name: "end", data: { reason: "overloaded" } });
    for (const reader of readers) await reader.close();
    expect(hub.stats()).toMatchObject({ open: 0, filters: 0 });
  });
});

describe("the readers", () => {
  test("leave nothing behind when the last one leaves, and the next one finds everything again", async () => {
    const { board, clock, hub, open, made } = setUp();
    for (const round of [1, 2]) {
      const readers = [open(OKX), open(OKX), open(BYBIT)];
      for (const reader of readers) await reader.next();
      expect(hub.stats()).toMatchObject({ open: 3, filters: 2 });
      expect([board.listening, clock.sleeping]).toEqual([1, 1]);
      for (const reader of readers) await reader.close();
      expect(hub.stats()).toMatchObject({ open: 0, filters: 0, sent: 3 * round });
      expect([board.listening, clock.sleeping]).toEqual([0, 0]);
    }
    board.publish(snapshotOf("1-2", market(2)));
    await clock.advance(60_000);
    expect(made).toHaveLength(4);
  });
});

describe("the end of the service", () => {
  test("ends all streams with a reason, and no new one starts", async () => {
    const { hub, open, body } = setUp();
    const readers = [open(OKX), open(BYBIT)];
    for (const reader of readers) await reader.next();
    hub.close();
    for (const reader of readers) {
      expect(await reader.rest()).toMatchObject([
        { name: "end", data: { reason: "shutting_down" } },
      ]);
    }
    expect(hub.stats()).toMatchObject({ open: 0, dropped: { shutting_down: 2 } });
    expect(() => body()).toThrow("shutting_down");
  });

  test("an event that cannot be built ends the streams and is logged; the next reader is served", async () => {
    let isBroken = true;
    const data: EventData = {
      ...EVENT_DATA,
      reset(...of) {
        if (isBroken) throw new Error("no such field");
        return EVENT_DATA.reset(...of);
      },
    };
    const { hub, open, log } = setUp(data);
    expect(await open().rest()).toMatchObject([
      { name: "end", data: { reason: "internal_error" } },
    ]);
    expect(log.events()).toEqual(["streams_failed"]);
    expect(hub.stats().open).toBe(0);
    isBroken = false;
    expect(await open().next()).toMatchObject({ name: "reset" });
  });
});
