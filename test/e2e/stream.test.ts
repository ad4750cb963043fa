import { expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";
import { EventReader, HeldRows } from "../support/event-stream.ts";
import { allShown, fundingAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath } from "../support/service.ts";
import { END_WITHIN_MS, LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

/** Events that may pass before a change shows: refreshes come every two seconds, snapshots at most every five. */
const PATIENCE_EVENTS = 5;

/** MEXC publishes the interval with the rate: a change shows in the next refresh. */
const EXCHANGE = "mexc";

function essence(rows: readonly FundingRow[]) {
  return rows
    .map(({ uid, funding_rate, funding_interval_hours, next_funding_time, flags }) => ({
      uid,
      funding_rate,
      funding_interval_hours,
      next_funding_time,
      flags,
    }))
    .toSorted((left, right) => (left.uid < right.uid ? -1 : 1));
}

test(
  "a change on an exchange reaches streaming clients; SIGTERM ends the streams and the service in time",
  async () => {
    using database = temporaryDatabasePath();
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: PART });
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGE,
      REFRESH_SECONDS: "2",
    });
    await allShown(service.origin, [EXCHANGE]);
    // From here on only the test changes anything.
    simulator.market.freeze();

    const address = `${service.origin}/api/funding/stream?exchange=${EXCHANGE}`;
    const stream = new EventReader((await fetch(address)).body);
    const held = new HeldRows();
    held.apply(await stream.next());
    expect(held.rows.length).toBeGreaterThan(10);
    const eightHours = held.rows.find((row) => row.funding_interval_hours === 8);
    if (eightHours === undefined) throw new Error("no contract of eight hours");

    const { uid, exchange_symbol: symbol } = eightHours;
    simulator.market.setInterval(EXCHANGE, symbol, 1);
    const intervalOf = () => held.rows.find((row) => row.uid === uid)?.funding_interval_hours;
    for (let events = 0; intervalOf() !== 1; events += 1) {
      expect(events).toBeLessThan(PATIENCE_EVENTS);
      held.apply(await stream.next());
    }
    simulator.market.step(10 * 60_000);
    const before = held.snapshot;
    held.apply(await stream.next());
    expect(held.snapshot).not.toBe(before);
    // If the list is ahead of the events one is coming, and the market is frozen.
    const listed = async () =>
      essence((await fundingAt(service.origin, `?exchange=${EXCHANGE}`)).rows);
    for (let events = 0; !Bun.deepEquals(await listed(), essence(held.rows)); events += 1) {
      expect(events).toBeLessThan(PATIENCE_EVENTS);
      held.apply(await stream.next());
    }

    // A reader that never reads must not keep the process alive.
    const idle = await Bun.connect({
      hostname: "127.0.0.1",
      port: Number(new URL(service.origin).port),
      socket: {
        open: (socket) => {
          socket.pause();
          socket.write("GET /api/funding/stream HTTP/1.1\r\nHost: finder.test\r\n\r\n");
        },
        data: () => {},
      },
    });
    const resumed = new EventReader(
      (await fetch(address, { headers: { "last-event-id": held.snapshot ?? "" } })).body,
    );
    await resumed.sees("retry: 5000");
    const signalledAtMs = performance.now();
    service.kill("SIGTERM");
    expect((await stream.rest()).at(-1)).toMatchObject({
      name: "end",
      data: { reason: "shutting_down" },
    });
    // It had the latest rows: they were not sent again.
    const names = (await resumed.rest()).map(({ name }) => name);
    expect([names.includes("reset"), names.at(-1)]).toEqual([false, "end"]);
    expect(await service.exited).toBe(0);
    expect(performance.now() - signalledAtMs).toBeLessThan(END_WITHIN_MS);
    idle.end();
  },
  LONG_MS,
);
