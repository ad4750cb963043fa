import { expect, test } from "bun:test";
import { CHUNK_BYTES } from "../../src/http/answers/bytes-in-flight.ts";
import { startServer } from "../../src/http/server.ts";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { memoryLog } from "../support/memory-log.ts";
import { LONG_MS } from "../support/patience.ts";
import { askAtPace } from "../support/paced-reader.ts";
import { askSlowly } from "../support/slow-reader.ts";
import { until } from "../support/service.ts";

/** A full list of 7 MB: more than the kernel would accept if permitted. */
const ROWS = 12_000;
const FULL_LIST = "/api/funding/current";

/** Of just under a megabyte: the kernel would accept all of it. */
const SMALLER_LIST = "/api/funding/current?limit=1400";

const STALLED_READERS = 8;

/** Within the time allowed for a stalled reader it reads three times what the kernel holds unsent. */
const STEADY_BYTES_PER_SECOND = 48 * 1024;
const SIP_EVERY_MS = 50;

/** Longer than a stalled reader is given, in the steps in which the runtime checks. */
const STEADY_FOR_SECONDS = 16;

/** Then it reads the rest at once. */
const REST_BYTES = 1024 * 1024;

/** As the service listens. */
function listen() {
  const rows = Array.from({ length: ROWS }, (_, n) =>
    rowOf(EXCHANGE_IDS[n % EXCHANGE_IDS.length] ?? "okx", `C${n}`),
  );
  const app = testApp(new TestBoard(snapshotOf("1-1", rows)));
  const log = memoryLog();
  const server = startServer(app, { host: "127.0.0.1", port: 0 }, log);
  const origin = server.url.origin;
  return {
    origin,
    port: server.port ?? 0,
    log,
    async bytesInFlight(): Promise<number> {
      const metrics = await (await fetch(`${origin}/metrics`)).text();
      return Number(/^http_answer_bytes_in_flight (\d+)/m.exec(metrics)?.[1]);
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

test.concurrent(
  "a reader that reads nothing of an answer under a megabyte is counted, and cut off",
  async () => {
    await using service = listen();
    const readers = Array.from({ length: STALLED_READERS }, () =>
      askSlowly(service.origin, SMALLER_LIST),
    );
    await Promise.all(readers.map(({ sent }) => sent));
    // By the time others have read all of theirs, the kernel has accepted what it accepts at once.
    let listBytes = 0;
    for (const _ of readers) {
      const list = await (await fetch(service.origin + SMALLER_LIST)).bytes();
      listBytes = list.byteLength;
    }
    expect(await service.bytesInFlight()).toBe(listBytes + STALLED_READERS * CHUNK_BYTES);

    await until(async () => (await service.bytesInFlight()) === 0);
    for (const { read } of readers) read();
    const flaws = await Promise.all(readers.map(({ flaw }) => flaw));
    expect(flaws.filter((flaw) => flaw === null)).toEqual([]);
    expect(service.log.events()).toEqual([]);
  },
  LONG_MS,
);

test.concurrent(
  "a reader that reads a large answer slowly but steadily gets all of it",
  async () => {
    await using service = listen();
    using reader = askAtPace(service.port, FULL_LIST);
    const { promise: paced, resolve } = Promise.withResolvers<void>();
    const startedMs = performance.now();
    const timer = setInterval(() => {
      const seconds = (performance.now() - startedMs) / 1000;
      const due = Math.floor(seconds * STEADY_BYTES_PER_SECOND) - reader.takenBytes;
      if (due > 0) reader.take(due);
      if (seconds > STEADY_FOR_SECONDS) resolve();
    }, SIP_EVERY_MS);
    await paced;
    clearInterval(timer);
    await until(() => !reader.take(REST_BYTES));
    expect(reader.tail).toEndWith("\r\n0\r\n\r\n");
  },
  LONG_MS,
);
