import { connect, type Socket } from "node:net";
import { expect, test } from "bun:test";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import { StreamHub } from "../../src/http/stream/hub.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { EventReader } from "../support/event-stream.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { LONG_MS } from "../support/patience.ts";
import { serveApp } from "../support/raw-http.ts";
import { until } from "../support/service.ts";

const STREAM = "/api/funding/stream";

/** Some 12 MB as one event, more than the buffers of two sockets take: five of them are retained, six are not. */
const ROWS = Array.from({ length: 20_000 }, (_, n) =>
  rowOf("okx", `COIN${n}`, { volume24hUsd: 2_000_000 }),
);

/** A connection that requests all rows, each `n` with its own filter, and reads nothing. */
function silent(port: number, address: string, n: number): Socket {
  const socket = connect({ host: "127.0.0.1", port });
  socket.pause();
  socket.on("error", () => {});
  const headers = ["Host: finder.test", `X-Forwarded-For: ${address}`];
  socket.write([`GET ${STREAM}?min_volume=${n} HTTP/1.1`, ...headers, "", ""].join("\r\n"));
  return socket;
}

test.each([
  ["one address", () => "198.51.100.1"],
  ["addresses of one IPv6 network", (n: number) => `2001:db8::${n}`],
  ["two addresses", (n: number) => `198.51.100.${n % 2}`],
])(
  "readers of %s that do not read are dropped, and others get their streams, short and long",
  async (_, addressOf) => {
    const clock = new ManualClock();
    const board = new TestBoard(snapshotOf("1-1", ROWS));
    const streams = new StreamHub({ board, clock, log: memoryLog(), data: EVENT_DATA });
    await using server = serveApp(
      testApp(board, { streams, clock, trustedProxies: ["127.0.0.1"] }),
    );
    const open = async (query: string, address: string) =>
      new EventReader(
        (await fetch(server.origin + STREAM + query, { headers: { "x-forwarded-for": address } }))
          .body,
      );
    const before = await open("?base=COIN2", "203.0.113.1");
    await before.next();
    const sockets = Array.from({ length: 10 }, (__, n) => silent(server.port, addressOf(n), n));
    const { sent } = streams.stats();
    const attempts = () => streams.stats().sent - sent + streams.stats().dropped.overloaded;
    await until(() => attempts() >= sockets.length);

    for (const [query, rows] of [
      ["?base=COIN1", 1],
      ["", ROWS.length],
    ] as const) {
      const newcomer = await open(query, "203.0.113.2");
      const event = await newcomer.next();
      expect([event.name, event.data.rows?.length]).toEqual(["reset", rows]);
      await newcomer.close();
    }
    board.publish(snapshotOf("1-2", [rowOf("okx", "COIN2", { fundingRate: 7 })]));
    expect(await before.next()).toMatchObject({ id: "1-2", data: { rows: [{ funding_rate: 7 }] } });
    await before.close();
    for (const socket of sockets) socket.destroy();
    await until(() => streams.stats().open === 0);
  },
  LONG_MS,
);
