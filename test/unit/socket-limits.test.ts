import { dlopen } from "bun:ffi";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { limitSockets } from "../../src/http/socket-limits.ts";
import { memoryLog } from "../support/memory-log.ts";

/** Level and number of TCP_USER_TIMEOUT. */
const USER_TIMEOUT = [6, 18] as const;

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

describe("what the kernel holds for a connection is held for a bounded time", () => {
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
      for (const descriptor of limited())
        expect(optionOf(USER_TIMEOUT).get(descriptor)).toBe(40_000);
    },
  );

  test("where it cannot be done the service runs without, and says so once", async () => {
    const log = memoryLog();
    const server = serveOn("127.0.0.1");
    await server[Symbol.asyncDispose]();
    limitSockets(server.port, log);
    expect(log.events()).toEqual(["socket_limits_not_set"]);
  });
});
