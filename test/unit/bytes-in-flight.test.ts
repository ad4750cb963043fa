import { describe, expect, test } from "bun:test";
import {
  BytesInFlight,
  CHUNK_BYTES,
  type SharedBytes,
} from "../../src/http/answers/bytes-in-flight.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MB = 1024 * 1024;
const MAX_BYTES = 96 * MB;

/** Chunks without actual bytes: what counts is the size that they state. */
function sharedOf(sizeBytes: number, chunks = 2): SharedBytes {
  return { sizeBytes, chunks: Array.from({ length: chunks }, (_, n) => new Uint8Array([n])) };
}

function bench() {
  const clock = new ManualClock();
  const flight = new BytesInFlight(clock);
  const open = (shared: SharedBytes, client = "a") => flight.body(shared, client, undefined);
  return { clock, flight, open };
}

describe("the bytes of large answers", () => {
  test("are counted once, plus a chunk per reader, until they are read or abandoned", async () => {
    const { flight, open } = bench();
    const shared = sharedOf(10 * MB);
    const [first, second] = [open(shared), open(shared, "b")];
    expect(flight.bytes).toBe(10 * MB + 2 * CHUNK_BYTES);
    expect([...(await new Response(first).bytes())]).toEqual([0, 1]);
    expect(flight.bytes).toBe(10 * MB + CHUNK_BYTES);
    await second.cancel();
    await second.cancel();
    expect(flight.bytes).toBe(0);
  });

  test("never exceed the limit: later requests are refused before anything is sent", async () => {
    const { flight, open } = bench();
    const bodies: ReadableStream[] = [];
    let refused = 0;
    for (let n = 0; n < 400; n += 1) {
      try {
        bodies.push(open(sharedOf(9 * MB), `client ${n}`));
      } catch (error) {
        expect(error).toMatchObject({ code: "busy", headers: { "retry-after": "2" } });
        refused += 1;
      }
      expect(flight.bytes).toBeLessThanOrEqual(MAX_BYTES);
    }
    expect([bodies.length, refused]).toEqual([10, 390]);
    for (const body of bodies) await body.cancel();
    expect(flight.bytes).toBe(0);
    expect(() => open(sharedOf(9 * MB))).not.toThrow();
  });

  test("are not even built if there is no room for them", async () => {
    const { flight, open } = bench();
    const bodies = [open(sharedOf(20 * MB)), open(sharedOf(20 * MB)), open(sharedOf(20 * MB))];
    expect(() => flight.requireRoom(2 * MB, "a")).toThrow("3 large answers");
    expect(() => flight.requireRoom(MB, "a")).not.toThrow();
    bodies.push(open(sharedOf(30 * MB), "c"));
    expect(() => flight.requireRoom(5 * MB, "b")).not.toThrow();
    expect(() => flight.requireRoom(6 * MB, "b")).toThrow("Too many");
    for (const body of bodies) await body.cancel();
    expect(() => flight.requireRoom(2 * MAX_BYTES, "a")).not.toThrow();
  });

  test("leave the last quarter to clients that are not reading a large answer", async () => {
    const { flight, open } = bench();
    const first = open(sharedOf(40 * MB));
    const others = [open(sharedOf(30 * MB), "b"), open(sharedOf(2 * MB), "c")];
    for (const sizeBytes of [MB / 2, 2 * MB]) {
      expect(() => open(sharedOf(sizeBytes))).toThrow("Too many");
      expect(() => flight.requireRoom(sizeBytes, "a")).toThrow("Too many");
      expect(() => flight.requireRoom(sizeBytes, "d")).not.toThrow();
    }
    others.push(open(sharedOf(20 * MB), "d"));
    expect(() => flight.requireRoom(4 * MB, "e")).toThrow("Too many");
    await Promise.all(others.map((body) => body.cancel()));
    expect(() => flight.requireRoom(31 * MB, "a")).not.toThrow();
    expect(() => flight.requireRoom(32 * MB, "a")).toThrow("Too many");
    await first.cancel();
    expect(flight.bytes).toBe(0);
  });

  test("have room for one more client however many answers six others request in turn", async () => {
    const { flight, open } = bench();
    const bodies: { readonly client: string; readonly body: ReadableStream }[] = [];
    const request = (client: string): void => {
      try {
        bodies.push({ client, body: open(sharedOf(9 * MB), client) });
      } catch (error) {
        expect(error).toMatchObject({ code: "busy" });
      }
    };
    const clients = ["a", "b", "c", "d", "e", "f"];
    for (const client of [...clients, ...clients, ...clients]) request(client);
    for (let n = 0; n < 60; n += 1) {
      expect(() => flight.requireRoom(9 * MB, "another")).not.toThrow();
      const ended = bodies.shift();
      await ended?.body.cancel();
      for (const client of clients) request(client);
    }
    expect(new Set(bodies.map(({ client }) => client)).size).toBe(6);
  });

  test("one larger than the limit is sent if nothing else is being sent", async () => {
    const { flight, open } = bench();
    const body = open(sharedOf(2 * MAX_BYTES));
    expect(() => open(sharedOf(100_000), "b")).toThrow();
    await body.cancel();
    expect(flight.bytes).toBe(0);
  });

  test("one client reads 32 at once, three of them over a megabyte", async () => {
    const { open } = bench();
    const shared = sharedOf(MB + 1);
    const bodies = [open(shared), open(shared), open(shared)];
    expect(() => open(shared)).toThrow("3 large answers");
    expect(() => open(shared, "b")).not.toThrow();
    const smaller = sharedOf(MB);
    for (let n = 0; n < 29; n += 1) expect(() => open(smaller)).not.toThrow();
    expect(() => open(smaller)).toThrow("32 answers");
    expect(() => open(smaller, "b")).not.toThrow();
    await bodies[0]?.cancel();
    expect(() => open(shared)).not.toThrow();
    expect(() => open(smaller)).toThrow("32 answers");
  });

  test("that no client started to read are dropped, those in progress are not", async () => {
    const { clock, flight, open } = bench();
    open(sharedOf(10 * MB));
    const moving = open(sharedOf(5 * MB, 100)).getReader();
    for (let n = 0; n < 8; n += 1) {
      await clock.advance(9_000);
      await moving.read();
    }
    const last = open(sharedOf(MB));
    expect(flight.bytes).toBe(6 * MB + 2 * CHUNK_BYTES);
    await moving.cancel();
    await last.cancel();
    expect(flight.bytes).toBe(0);
  });

  test("a connection that reads nothing is given ten seconds", () => {
    const { flight } = bench();
    const limits: number[] = [];
    flight.body(sharedOf(MB), "a", { limitIdle: (seconds) => limits.push(seconds) });
    expect(limits).toEqual([10]);
  });

  test("pause while they are held, including the end, and resume afterwards", async () => {
    const { clock, flight, open } = bench();
    const reader = open(sharedOf(MB, 1)).getReader();
    const left = open(sharedOf(MB));
    const readWhileHeld = async () => {
      let isThere = false;
      const resume = flight.pause();
      const read = reader.read().finally(() => (isThere = true));
      await clock.advance(0);
      expect(isThere).toBe(false);
      resume();
      return (await read).value;
    };
    expect(await readWhileHeld()).toEqual(new Uint8Array([0]));
    expect(await readWhileHeld()).toBeUndefined();
    const resume = flight.pause();
    await left.cancel();
    resume();
    expect(flight.bytes).toBe(0);
  });
});
