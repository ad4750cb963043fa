import { describe, expect, test } from "bun:test";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
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
const HEARTBEAT = ": heartbeat";

const OKX: FundingQuery = { ...NO_FILTER, exchanges: ["okx"] };
const BYBIT: FundingQuery = { ...NO_FILTER, exchanges: ["bybit"] };

const market = (rate: number): BoardRow[] => [
  rowOf("okx", "BTC", { fundingRate: rate }),
  rowOf("bybit", "BTC", { fundingRate: 0.5 }),
];

function setUp(data: EventData = EVENT_DATA) {
  const board = new TestBoard(snapshotOf("1-1", market(1)));
  const clock = new ManualClock();
  const made: string[] = [];
  const counted: EventData = {
    reset: (snapshot, ...of) => {
      made.push(`reset ${snapshot.id}`);
      return data.reset(snapshot, ...of);
    },
    changes: (snapshot, since, ...of) => {
      made.push(`changes ${since} ${snapshot.id}`);
      return data.changes(snapshot, since, ...of);
    },
  };
  let isNotified = true;
  const watched = {
    current: () => board.current(),
    byId: (id: string) => board.byId(id),
    onPublish: (listener: (snapshot: Snapshot) => void) =>
      board.onPublish((snapshot) => {
        if (isNotified) listener(snapshot);
      }),
  };
  const hub = new StreamHub({ board: watched, clock, log: memoryLog(), data: counted });
  let readers = 0;
  const body = (query: FundingQuery, lastEventId: string | null = null) => {
    const opened = hub.open(query, lastEventId, {
      address: `192.0.2.${(readers += 1)}`,
      limitIdle: () => {},
    });
    if (typeof opened === "string") throw new Error(opened);
    return opened;
  };
  const open = (query: FundingQuery, lastEventId?: string) =>
    new EventReader(body(query, lastEventId));
  /** Unnotified: the streams find the snapshot when they run for another reason. */
  const publish = (seq: number, how: "notified" | "unnotified" = "notified") => {
    isNotified = how === "notified";
    board.publish(snapshotOf(`1-${seq}`, market(seq), NOON_MS + seq * 5_000));
    isNotified = true;
  };
  /** Turns of the event loop in which everything due is done. */
  const settle = async (turns = 20) => {
    for (let turn = 0; turn < turns; turn += 1) await clock.advance(0);
  };
  return { clock, hub, made, body, open, publish, settle };
}

const beatsIn = ({ text }: EventReader) => text.split(HEARTBEAT).length - 1;

describe("heartbeats", () => {
  test("are sent every 15 s and at no other time, whatever is published in between", async () => {
    const { clock, open, publish, settle } = setUp();
    const reader = open(BYBIT);
    await reader.next();
    for (const seq of [2, 3, 4]) {
      await clock.advance(5_000);
      publish(seq);
      await settle();
    }
    await reader.sees("id: 1-4\n\n");
    const second = reader.sees("id: 1-6\n\n");
    publish(5);
    await settle();
    await clock.advance(10_000);
    publish(6);
    await settle();
    await clock.advance(5_000);
    await second;
    expect(beatsIn(reader)).toBe(2);
  });

  test("are not sent to readers with pending events", async () => {
    const { clock, open, publish, settle } = setUp();
    const reader = open(OKX);
    await settle();
    await clock.advance(15_000);
    await settle();
    publish(2);
    await settle();
    await reader.next();
    await reader.next();
    expect(beatsIn(reader)).toBe(0);
  });

  test("are not sent to new readers without rows yet, which could not resume from there", async () => {
    const { clock, hub, open, publish, settle } = setUp();
    const others = [OKX, ...Array.from({ length: 80 }, () => NO_FILTER)].map((one) => open(one));
    for (const reader of others) await reader.next();
    await clock.advance(14_999);
    publish(2, "unnotified");
    const beating = clock.advance(1);
    while (hub.stats().sent < 100) await new Promise((resolve) => setImmediate(resolve));
    // The heartbeat of this round is still to come; the readers of this filter have been passed.
    const late = open(OKX);
    const first = late.next();
    expect(hub.stats().sent).toBeLessThan(162);
    await beating;
    await settle(40);
    await first;
    expect(late.text).toStartWith("retry: 5000\n\nevent: reset\n");
  });
});

describe("readers that come and go", () => {
  test("do not affect what the others will get", async () => {
    const { open, publish } = setUp();
    const [stays, leaves] = [open(OKX), open(BYBIT)];
    await stays.next();
    await leaves.next();
    await leaves.close();
    publish(2);
    expect(await stays.next()).toMatchObject({ id: "1-2" });
  });

  test("get nothing that was built for the previous snapshot", async () => {
    const { open, publish, settle } = setUp();
    const first = open(OKX);
    await first.next();
    publish(2);
    const second = open(OKX, "1-2");
    await first.close();
    await settle();
    expect(await open(OKX).next()).toMatchObject({
      id: "1-2",
      data: { rows: [{ funding_rate: 2 }] },
    });
    await second.close();
  });

  test("are not counted as served if they leave while their event is being built", async () => {
    let leave = (): void => {};
    const { hub, body, settle } = setUp({
      ...EVENT_DATA,
      reset: (...of) => {
        leave();
        return EVENT_DATA.reset(...of);
      },
    });
    const stream = body(OKX);
    leave = () => void stream.cancel();
    await settle();
    expect(hub.stats()).toMatchObject({ open: 0, sent: 0 });
  });

  test("that read nothing are disconnected after 30 s, however much is added meanwhile", async () => {
    const { clock, hub, open, publish, settle } = setUp();
    const reader = open(OKX);
    await reader.next();
    for (let seq = 2; seq <= 9; seq += 1) {
      publish(seq);
      await settle(3);
      await clock.advance(5_000);
    }
    expect(hub.stats()).toMatchObject({ open: 0, dropped: { slow_consumer: 1 } });
  });
});

describe("cached events", () => {
  const large: EventData = {
    reset: () => ["x".repeat(7 * MB)],
    changes: () => ["x".repeat(7 * MB)],
  };
  const filterOf = (minVolumeUsd: number): FundingQuery => ({ ...NO_FILTER, minVolumeUsd });

  /** Reads until there is nothing more. */
  async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const _ of stream);
  }

  test("are not rebuilt for a newcomer while there is room", async () => {
    const { made, open } = setUp();
    for (const query of [OKX, BYBIT, OKX]) await open(query).next();
    expect(made).toEqual(["reset 1-1", "reset 1-1"]);
  });

  test("give way when the memory is full: no reader is disconnected for what all have read", async () => {
    const { hub, made, body, settle } = setUp(large);
    const readers: Promise<void>[] = [];
    for (let n = 0; n < 12; n += 1) {
      readers.push(drain(body(filterOf(n))));
      await settle();
    }
    expect(hub.stats()).toMatchObject({ open: 12, dropped: { overloaded: 0 } });
    readers.push(drain(body(filterOf(0))));
    await settle();
    expect(made).toHaveLength(13);
    hub.close();
    await Promise.all(readers);
  });

  test("go to active readers: with 64 MB pending, those with more to read leave and the others stay", async () => {
    const { hub, body, publish, settle } = setUp(large);
    let hasEnded = false;
    const reader = drain(body(filterOf(99))).then(() => (hasEnded = true));
    await settle();
    for (let n = 0; n < 9; n += 1) body(filterOf(n));
    await settle(40);
    expect(hub.stats()).toMatchObject({ open: 10, dropped: { overloaded: 0 } });
    publish(2);
    await settle(40);
    expect(hub.stats().dropped.overloaded).toBeGreaterThan(0);
    expect(hasEnded).toBe(false);
    hub.close();
    await reader;
  });
});

describe("requests are served between two steps", () => {
  /** How much of `count` is done in each turn of the event loop, up to `whole`. */
  async function perTurn(count: () => number, whole: number): Promise<number[]> {
    const steps: number[] = [];
    for (let done = count(); done < whole; done = count()) {
      await new Promise((resolve) => setImmediate(resolve));
      steps.push(count() - done);
    }
    return steps;
  }

  test("if events are long, after a few of them", async () => {
    const { hub, body } = setUp({ ...EVENT_DATA, reset: () => ["x".repeat(MB / 4)] });
    for (let n = 0; n < 12; n += 1) body(OKX);
    expect(Math.max(...(await perTurn(() => hub.stats().sent, 12)))).toBe(2);
  });

  test("if there are many heartbeats", async () => {
    const { clock, open, settle } = setUp();
    const readers = Array.from({ length: 80 }, () => open(OKX));
    for (const reader of readers) await reader.next();
    await settle();
    let seen = 0;
    const all = readers.map(async (reader) => {
      await reader.sees(HEARTBEAT);
      seen += 1;
    });
    const beating = clock.advance(15_000);
    expect(Math.max(...(await perTurn(() => seen, 80)))).toBeLessThanOrEqual(32);
    await Promise.all([beating, ...all]);
  });

  test("if one event consists of many texts", async () => {
    const text = "x".repeat(16 * 1024);
    const { hub, body } = setUp({
      ...EVENT_DATA,
      reset: () => Array.from({ length: 30 }, () => text),
    });
    body(OKX);
    expect((await perTurn(() => hub.stats().sent, 1)).length).toBeGreaterThan(30);
  });
});
