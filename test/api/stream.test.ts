import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import type { FundingList, FundingRow } from "../../src/http/lists/funding-schema.ts";
import { StreamChangesSchema, StreamResetSchema } from "../../src/http/stream/schema.ts";
import {
  MAX_FILTERS_PER_ADDRESS,
  MAX_STREAMS,
  MAX_STREAMS_PER_ADDRESS,
} from "../../src/http/stream/groups.ts";
import { StreamHub } from "../../src/http/stream/hub.ts";
import { testApp } from "../support/app.ts";
import { allCollected, rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { EventReader, HeldRows } from "../support/event-stream.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { until } from "../support/service.ts";

const STREAM = "/api/funding/stream";
const CURRENT = "/api/funding/current";
const ORIGIN = "http://finder.test";

/** Rows of two exchanges; the rate is `rate`. */
function market(rate: number): BoardRow[] {
  return ["BTC", "ETH", "SOL"].flatMap((base) => [
    rowOf("okx", base, { fundingRate: rate }),
    rowOf("bybit", base, { fundingRate: rate, volume24hUsd: 2_000_000 }),
  ]);
}

/** The application behind a real server, on a board and a clock controlled by the test. */
function serve(rows: readonly BoardRow[] = market(1)) {
  const board = new TestBoard(snapshotOf("1-1", rows));
  const clock = new ManualClock();
  const streams = new StreamHub({ board, clock, log: memoryLog(), data: EVENT_DATA });
  const app = testApp(board, { streams, clock });
  const idleLimits: number[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: (request, self) =>
      app.fetch(request, {
        remoteAddress: self.requestIP(request)?.address,
        limitIdle: (seconds) => {
          idleLimits.push(seconds);
          self.timeout(request, seconds);
        },
      }),
  });
  const origin = server.url.origin;
  const open = async (query = "", headers: Record<string, string> = {}) => {
    const response = await fetch(`${origin}${STREAM}${query}`, { headers });
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/event-stream",
    ]);
    return new EventReader(response.body);
  };
  const current = async (query = ""): Promise<FundingList> =>
    (await (await app.get(`/api/funding/current${query}`)).json()) as FundingList;
  return {
    board,
    clock,
    streams,
    app,
    server,
    origin,
    open,
    current,
    idleLimits,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

describe("the answer", () => {
  test("is an event stream that must not be stored, buffered or compressed, with the headers of all answers", async () => {
    await using service = serve();
    const response = await fetch(service.origin + STREAM, { headers: { "x-request-id": "mine" } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "x-request-id": "mine",
      "x-content-type-options": "nosniff",
      "access-control-allow-origin": "*",
    });
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(service.idleLimits).toEqual([0]);
    await response.body?.cancel();
    await until(() => service.streams.stats().open === 0);
  });

  test("HEAD has the headers and opens no stream", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", market(1))));
    const { listening } = app.board;
    const response = await app.send("HEAD", STREAM);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/event-stream",
    ]);
    expect(app.board.listening).toBe(listening);
  });

  test("a page of another origin may send Last-Event-ID itself", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", market(1))));
    const response = await app.send("OPTIONS", STREAM, { origin: "https://elsewhere.test" });
    expect(response.headers.get("access-control-allow-headers")).toContain("Last-Event-ID");
  });

  test("before the first snapshot it is a 503", async () => {
    const response = await testApp(new TestBoard()).get(STREAM);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "not_ready" });
  });

  test.each(["?sort=base", "?limit=1", "?format=csv", "?exchange=nowhere", "?min_volume=", "?x=1"])(
    "%s is a 400: filters are those of /api/funding/current, and nothing else is accepted",
    async (query) => {
      const response = await testApp(new TestBoard(snapshotOf("1-1", market(1)))).get(
        STREAM + query,
      );
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: "bad_parameter" });
    },
  );

  test(`beyond ${MAX_STREAMS} streams it is a 503 with a retry time`, async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", market(1))));
    const ask = (remoteAddress: string) =>
      app.fetch(new Request(ORIGIN + STREAM), { remoteAddress });
    const bodies: Response[] = [];
    for (let n = 0; n < MAX_STREAMS; n += 1) bodies.push(await ask(`2001:db8:0:${n}::1`));
    const refused = await app.get(STREAM);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
    expect(await refused.json()).toMatchObject({ code: "too_many_streams" });
    await bodies[0]?.body?.cancel();
    expect((await ask("192.0.2.1")).status).toBe(200);
    const metrics = await (await app.get("/metrics")).text();
    expect(metrics).toContain('funding_stream_refused_total{reason="too_many_readers"} 1\n');
  });

  test.each([
    [MAX_STREAMS_PER_ADDRESS, "too_many_of_address", () => ""],
    [MAX_FILTERS_PER_ADDRESS, "too_many_filters_of_address", (n: number) => `?min_volume=${n}`],
  ])(
    "beyond %d per client it is a 429, whatever its proxy and its IPv6 address: %s",
    async (limit, reason, query) => {
      const app = testApp(new TestBoard(snapshotOf("1-1", market(1))), {
        trustedProxies: ["10.0.0.1"],
      });
      const ask = (n: number, client = `2001:db8::${n}`) =>
        app.fetch(
          new Request(ORIGIN + STREAM + query(n), { headers: { "x-forwarded-for": client } }),
          { remoteAddress: "10.0.0.1" },
        );
      for (let n = 0; n < limit; n += 1) expect((await ask(n)).status).toBe(200);
      const refused = await ask(limit);
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
      expect(await refused.json()).toMatchObject({ code: "stream_limit" });
      expect((await ask(limit, "2001:db8:0:1::1")).status).toBe(200);
      const metrics = await (await app.get("/metrics")).text();
      expect(metrics).toContain(`funding_stream_refused_total{reason="${reason}"} 1\n`);
    },
  );
});

describe("events", () => {
  test("match the document, and rows are those of /api/funding/current", async () => {
    await using service = serve();
    const reader = await service.open("?exchange=okx&base=btc,eth");
    const reset = await reader.next();
    expect(StreamResetSchema.parse(reset.data)).toBeTruthy();
    const { rows, fetched_at } = await service.current("?exchange=okx&base=BTC,ETH");
    expect(reset.data).toEqual({
      snapshot: "1-1",
      fetched_at,
      missing: [],
      rows,
    } as unknown as typeof reset.data);
    service.board.publish(snapshotOf("1-2", market(2).slice(2)));
    const changes = await reader.next();
    expect(StreamChangesSchema.parse(changes.data)).toBeTruthy();
    expect(changes.data.removed).toEqual(["okx:BTCUSDT:1"]);
    expect(changes.data.rows).toEqual((await service.current("?exchange=okx&base=eth")).rows);
    await reader.close();
  });

  test("continue after a disconnect with Last-Event-ID; with an unknown one they start again", async () => {
    await using service = serve();
    const first = await service.open("?exchange=okx");
    const { id } = await first.next();
    await first.close();
    service.board.publish(snapshotOf("1-2", market(2)));
    const second = await service.open("?exchange=okx", { "last-event-id": id ?? "" });
    const event = await second.next();
    expect([event.name, event.id, event.data.rows.length]).toEqual(["changes", "1-2", 3]);
    await second.close();
    service.board.publish(snapshotOf("1-3", market(3)));
    service.board.forget();
    const third = await service.open("?exchange=okx", { "last-event-id": "1-2" });
    expect(await third.next()).toMatchObject({ name: "reset", id: "1-3" });
    await third.close();
  });

  test("without changes there is a heartbeat every 15 s, which advances the id", async () => {
    await using service = serve();
    const reader = await service.open("?base=XRP");
    expect((await reader.next()).data.rows).toEqual([]);
    service.board.publish(snapshotOf("1-2", market(2)));
    await service.clock.advance(15_000);
    await reader.sees(": heartbeat\nid: 1-2\n\n");
    await reader.close();
  });

  test("all spellings of one filter share the bytes", async () => {
    await using service = serve();
    const readers = [
      await service.open("?exchange=okx,bybit&base=btc"),
      await service.open("?base=XBT&exchange=bybit&exchange=okx&min_volume=0"),
    ];
    for (const reader of readers) await reader.next();
    expect(service.streams.stats()).toMatchObject({ open: 2, filters: 1 });
    for (const reader of readers) await reader.close();
  });

  test("a reader that disconnects is removed immediately", async () => {
    await using service = serve();
    const { listening } = service.board;
    const readers = [await service.open(), await service.open()];
    for (const reader of readers) await reader.next();
    expect(service.board.listening).toBe(listening + 1);
    await readers[0]?.close();
    await until(() => service.streams.stats().open === 1);
    await readers[1]?.close();
    await until(() => service.streams.stats().open === 0);
    expect([service.board.listening, service.streams.stats().filters]).toEqual([listening, 0]);
  });

  test("when the service stops they end with a reason, without waiting for readers", async () => {
    await using service = serve();
    const reader = await service.open();
    await reader.next();
    service.streams.close();
    const stopped = service.server.stop();
    expect(await reader.rest()).toMatchObject([{ name: "end", data: { reason: "shutting_down" } }]);
    await stopped;
  });
});

/** What clients can rely on: the identity of a row, and the fields that trigger an event. */
function essence(row: FundingRow) {
  const { uid, funding_rate, funding_interval_hours, next_funding_time, flags } = row;
  return { uid, funding_rate, funding_interval_hours, next_funding_time, flags };
}

const FILTERS = [
  "",
  "?exchange=okx",
  "?min_volume=1000000",
  "?flag=thin,stale",
  "?interval=8&base=btc",
];

function sorted(rows: readonly FundingRow[]) {
  return rows.map(essence).toSorted((left, right) => (left.uid < right.uid ? -1 : 1));
}

type ListingState = Readonly<{
  fundingRate: number;
  fundingIntervalHours: number | null;
  volume24hUsd: number | null;
  flags: number;
}>;

/** Six listings: three assets on two exchanges. */
function rowsOf(state: readonly (ListingState | null)[]): BoardRow[] {
  return state.flatMap((one, place) => {
    if (one === null) return [];
    const { flags, ...extra } = one;
    const base = ["BTC", "ETH", "SOL"][place % 3] ?? "BTC";
    return [rowOf(place < 3 ? "okx" : "bybit", base, extra, flags)];
  });
}

/** Event loop turns in which a few short events are certain to be built and sent. */
const TURNS = 40;

/** One state of one listing; null while it is not listed. */
const listing = fc.option(
  fc.record({
    fundingRate: fc.constantFrom(-0.001, 0, 0.0003),
    fundingIntervalHours: fc.constantFrom(null, 1, 8),
    volume24hUsd: fc.constantFrom(null, 10_000, 3_000_000),
    flags: fc.constantFrom(0, flagBit("thin"), flagBit("stale")),
  }),
);

test("a client that applies the events has the rows of /api/funding/current at every snapshot, with every filter", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(listing, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
      async (states) => {
        const board = new TestBoard(allCollected(snapshotOf("1-0", [])));
        const clock = new ManualClock();
        const streams = new StreamHub({ board, clock, log: memoryLog(), data: EVENT_DATA });
        const app = testApp(board, { streams });
        const following = FILTERS.map(async (filter) => {
          const response = await app.fetch(new Request(`${ORIGIN}${STREAM}${filter}`));
          return new EventReader(response.body).rest();
        });
        const lists: Map<string, unknown>[] = FILTERS.map(() => new Map());
        for (const [step, state] of [[], ...states].entries()) {
          const id = `1-${step}`;
          if (step > 0) board.publish(allCollected(snapshotOf(id, rowsOf(state))));
          for (let turn = 0; turn < TURNS; turn += 1) await clock.advance(0);
          for (const [n, filter] of FILTERS.entries()) {
            const list = await app.fetch(new Request(`${ORIGIN}${CURRENT}${filter}`));
            lists[n]?.set(id, sorted(((await list.json()) as FundingList).rows));
          }
        }
        streams.close();
        for (const [n, events] of (await Promise.all(following)).entries()) {
          const held = new HeldRows();
          let due: unknown = null;
          for (const [id, list] of lists[n] ?? []) {
            const event = events.find((one) => one.id === id);
            if (event !== undefined) held.apply(event);
            // Without an event nothing may have changed, with one something must have.
            expect(event === undefined).toBe(Bun.deepEquals(list, due));
            expect(sorted(held.rows)).toEqual(list as ReturnType<typeof sorted>);
            due = list;
          }
          expect(events.at(-1)?.name).toBe("end");
        }
      },
    ),
    { numRuns: 40 },
  );
});

describe("a client that does not read", () => {
  /** More than the buffers of two sockets take. */
  const MANY = Array.from({ length: 20_000 }, (_, n) => rowOf("okx", `COIN${n}`));

  test("is dropped after 30 s and does not affect one that reads", async () => {
    await using service = serve(MANY);
    let received = 0;
    const closed = Promise.withResolvers<void>();
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: service.server.port ?? 0,
      socket: {
        open: (opened) => {
          opened.pause();
          opened.write(`GET ${STREAM} HTTP/1.1\r\nHost: finder.test\r\n\r\n`);
        },
        data: (_, bytes) => void (received += bytes.byteLength),
        close: () => closed.resolve(),
      },
    });
    await until(() => service.streams.stats().sent === 1);
    const healthy = await service.open("?base=COIN1");
    await healthy.next();
    expect(received).toBe(0);
    await until(async () => {
      await service.clock.advance(5_000);
      return service.streams.stats().open === 1;
    });
    expect(service.streams.stats()).toMatchObject({ filters: 1, dropped: { slow_consumer: 1 } });
    expect(service.idleLimits).toEqual([0, 0, 10]);
    service.board.publish(snapshotOf("1-2", [rowOf("okx", "COIN1", { fundingRate: 7 })]));
    expect(await healthy.next()).toMatchObject({
      id: "1-2",
      data: { rows: [{ funding_rate: 7 }] },
    });
    await healthy.close();
    // If it does read later, it finds an ended stream and no complete event.
    socket.resume();
    await until(() => received > 0);
    await until(() => service.server.pendingRequests === 0);
    expect(received).toBeLessThan(10_000_000);
    socket.end();
    await closed.promise;
  }, 20_000);

  test.each(["end", "terminate"] as const)(
    "frees its place as soon as its connection closes, also in the middle of an event (%s)",
    async (how) => {
      await using service = serve(MANY);
      const connect = () =>
        Bun.connect({
          hostname: "127.0.0.1",
          port: service.server.port ?? 0,
          socket: {
            open: (opened) => {
              opened.pause();
              opened.write(`GET ${STREAM} HTTP/1.1\r\nHost: finder.test\r\n\r\n`);
            },
            data: () => {},
          },
        });
      const sockets = await Promise.all(Array.from({ length: MAX_STREAMS_PER_ADDRESS }, connect));
      await until(() => service.streams.stats().sent === MAX_STREAMS_PER_ADDRESS);
      expect((await fetch(service.origin + STREAM)).status).toBe(429);
      for (const socket of sockets) socket[how]();
      // The clock is stopped, so nothing else could drop them.
      await until(() => service.streams.stats().open === 0);
      await (await service.open("?base=COIN1")).close();
    },
    20_000,
  );
});
