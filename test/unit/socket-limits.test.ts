import { dlopen } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { startServer } from "../../src/http/server.ts";
import { limitSockets, makeRoomInSockets } from "../../src/http/socket-limits.ts";
import { memoryLog } from "../support/memory-log.ts";
import { askAtPace } from "../support/paced-reader.ts";
import { until } from "../support/service.ts";

/** Level and number of an option. */
const USER_TIMEOUT = [6, 18] as const;
const UNSENT = [6, 25] as const;
const SEND_BUFFER = [1, 7] as const;

/** Of each the kernel takes another part before it has no more room; one in a hundred is then left with its end. */
const READERS = 300;
/** More than the kernel takes on both sides. */
const PIECES = 16;
const END = "\r\n0\r\n\r\n";

/** Pieces as the service has them, and a short rest, which is written when the last piece was taken. */
function sizesOf(n: number): number[] {
  const most = Array.from({ length: 1 + (n % PIECES) }, () => 57_000 + ((n * 97) % 2_000));
  return [...most, 20_000 + ((n * 7_919) % 30_000), 6_000 + (n % 200)];
}

function inPieces(sizes: readonly number[]): Response {
  let next = 0;
  const pull = (controller: ReadableStreamDefaultController): void => {
    const bytes = sizes[next];
    next += 1;
    if (bytes === undefined) controller.close();
    else controller.enqueue(new Uint8Array(bytes));
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
}

const { symbols } = dlopen("libc.so.6", {
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
});

/** What each socket of this process says, by its descriptor. */
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

describe("what the kernel holds for a connection is bounded, in bytes and time", () => {
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
      const values = (option: readonly [number, number]): (number | undefined)[] =>
        sockets.map((socket) => optionOf(option).get(socket));
      expect(values(USER_TIMEOUT)).toEqual([40_000, 40_000]);
      expect(values(UNSENT)).toEqual([128 * 1024, 128 * 1024]);
      const [before] = [values(SEND_BUFFER)];

      makeRoomInSockets(bounded.port, log);
      expect(values(UNSENT)).toEqual([0x7f_ff_ff_ff, 0x7f_ff_ff_ff]);
      const largest = 2 * Number(readFileSync("/proc/sys/net/core/wmem_max", "utf8"));
      expect(values(SEND_BUFFER)).toEqual(before.map((bytes) => Math.max(bytes ?? 0, largest)));
      expect(log.events()).toEqual([]);
    },
  );

  test("there is room for the rest of every answer before a server stops", async () => {
    const sizes = Array.from({ length: READERS }, (_, n) => sizesOf(n));
    let arrived = 0;
    const server = startServer(
      {
        fetch: (request) => {
          arrived += 1;
          return inPieces(sizes[Number(new URL(request.url).searchParams.get("n"))] ?? []);
        },
      },
      { host: "127.0.0.1", port: 0 },
      memoryLog(),
    );
    const port = server.port ?? 0;
    const readers = sizes.map((_, n) => askAtPace(port, `/?n=${n}`));
    await until(() => arrived === READERS);
    makeRoomInSockets(port, memoryLog());
    await Bun.sleep(1);
    const stopped = server.stop();
    const whole = readers.map(async (reader, n) => {
      await until(() => reader.tail.endsWith(END) || !reader.take(1024 * 1024));
      const expected = (sizes[n] ?? []).reduce((sum, bytes) => sum + bytes, 0);
      return reader.tail.endsWith(END) && reader.takenBytes > expected;
    });
    expect((await Promise.all(whole)).filter((isWhole) => !isWhole)).toEqual([]);
    await stopped;
    for (const reader of readers) reader[Symbol.dispose]();
  });

  test("where it cannot be done the service runs without, and says so once", async () => {
    const log = memoryLog();
    const server = serveOn("127.0.0.1");
    await server[Symbol.asyncDispose]();
    limitSockets(server.port, log);
    expect(log.events()).toEqual(["socket_limits_not_set"]);
  });
});
