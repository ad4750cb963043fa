import { dlopen } from "bun:ffi";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { BytesInFlight } from "../../src/http/answers/bytes-in-flight.ts";
import { startServer } from "../../src/http/server.ts";
import { limitSockets, liftSocketLimits } from "../../src/http/protocol/socket-limits.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { askAtPace, isListening } from "../support/paced-reader.ts";
import { until } from "../support/service.ts";

/** Level and number of an option. */
const USER_TIMEOUT = [6, 18] as const;
const UNSENT = [6, 25] as const;
const SEND_BUFFER = [1, 7] as const;

/** The kernel accepts another part of each before it has no room; one in a hundred is then left with its end. */
const READERS = 300;
/** More than the kernel buffers on both sides. */
const PIECES = 16;
const END = "\r\n0\r\n\r\n";

/** Chunks like the service's, and a short remainder, which is written when the last chunk was accepted. */
function sizesOf(n: number): number[] {
  const chunks = Array.from({ length: 1 + (n % PIECES) }, () => 57_000 + ((n * 97) % 2_000));
  return [...chunks, 20_000 + ((n * 7_919) % 30_000), 6_000 + (n % 200)];
}

const { symbols } = dlopen("libc.so.6", {
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
});

/** The options of each socket of this process, by descriptor. */
function optionOf([level, option]: readonly [number, number]): Map<number, number> {
  const values = new Map<number, number>();
  for (const descriptor of readdirSync("/proc/self/fd").map(Number)) {
    const value = new Int32Array(1);
    if (symbols.getsockopt(descriptor, level, option, value, new Uint32Array([4])) === 0)
      values.set(descriptor, value[0] ?? 0);
  }
  return values;
}

const limited = (): number[] =>
  [...optionOf(USER_TIMEOUT)].flatMap(([descriptor, value]) => (value === 0 ? [] : [descriptor]));

function serveOn(hostname: string) {
  const server = Bun.serve({ hostname, port: 0, fetch: () => new Response("here") });
  return { port: server.port ?? 0, [Symbol.asyncDispose]: () => server.stop(true) };
}

describe("what the kernel buffers for a connection is limited, in bytes and time", () => {
  test.each(["127.0.0.1", "0.0.0.0", "localhost", "::"])(
    "on every connection that a server on %s accepts, and on no other",
    async (hostname) => {
      await using bounded = serveOn(hostname);
      await using other = serveOn(hostname);
      const log = memoryLog();
      limitSockets(bounded.port, log);
      expect(log.events()).toEqual([]);
      expect(limited()).toHaveLength(1);
      // Both ends stay open, here in this process.
      await fetch(`http://localhost:${bounded.port}`);
      await fetch(`http://localhost:${other.port}`);
      expect(limited()).toHaveLength(2);
      const sockets = limited();
      const values = (option: readonly [number, number]): number[] =>
        sockets.map((socket) => optionOf(option).get(socket) ?? Number.NaN);
      expect(values(USER_TIMEOUT)).toEqual([40_000, 40_000]);
      expect(values(UNSENT)).toEqual([128 * 1024, 128 * 1024]);
      const before = values(SEND_BUFFER);

      liftSocketLimits(bounded.port, log);
      expect(values(UNSENT)).toEqual([0x7f_ff_ff_ff, 0x7f_ff_ff_ff]);
      // The kernel may have let one grow beyond what a program may request; it stays as it is.
      const after = values(SEND_BUFFER);
      const smallest = Math.min(...after);
      expect(smallest).toBeGreaterThan(Math.min(...before));
      expect(after).toEqual(before.map((bytes) => Math.max(bytes, smallest)));
      expect(log.events()).toEqual([]);
    },
  );

  test("a stopping server truncates no answer, however little room the kernel had for its remainder", async () => {
    const flight = new BytesInFlight(systemClock);
    const sizes = Array.from({ length: READERS }, (_, n) => sizesOf(n));
    let arrived = 0;
    const app = {
      fetch: (request: Request) => {
        arrived += 1;
        const of = Number(new URL(request.url).searchParams.get("n"));
        const chunks = (sizes[of] ?? []).map((bytes) => new Uint8Array(bytes));
        return new Response(flight.body({ chunks, sizeBytes: 0 }, `client ${of}`, undefined));
      },
      pauseBodies: () => flight.pause(),
    };
    const server = startServer(app, { host: "127.0.0.1", port: 0 }, memoryLog());
    const readers = sizes.map((_, n) => askAtPace(Number(server.port), `/?n=${n}`));
    await until(() => arrived === READERS);
    const stopped = server.stop();
    // Nothing is read before the stop: what does not fit into the kernel stays with the runtime.
    await until(() => !isListening(Number(server.port)));
    const whole = readers.map(async (reader, n) => {
      await until(() => reader.tail.endsWith(END) || !reader.take(1024 * 1024));
      const expected = (sizes[n] ?? []).reduce((sum, bytes) => sum + bytes, 0);
      return reader.tail.endsWith(END) && reader.takenBytes > expected;
    });
    expect((await Promise.all(whole)).filter((isWhole) => !isWhole)).toEqual([]);
    await stopped;
    for (const reader of readers) reader[Symbol.dispose]();
  });

  test("where it is not possible the service runs without, and logs that once", async () => {
    const log = memoryLog();
    const server = serveOn("127.0.0.1");
    await server[Symbol.asyncDispose]();
    limitSockets(server.port, log);
    expect(log.events()).toEqual(["socket_limits_not_set"]);
  });
});
