import { describe, expect, test } from "bun:test";
import { Pacer } from "../../src/lib/pacer.ts";
import { type Release, Semaphore } from "../../src/lib/semaphore.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("a semaphore", () => {
  test("admits up to the limit, and the rest in the order of arrival", async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    const releases: Release[] = [];
    const entries = [0, 1, 2, 3].map(async (n) => {
      releases.push(await semaphore.acquire());
      order.push(n);
    });
    await Promise.all(entries.slice(0, 2));
    expect(order).toEqual([0, 1]);
    releases[0]?.();
    await entries[2];
    expect(order).toEqual([0, 1, 2]);
    releases[1]?.();
    await entries[3];
    expect(semaphore.held).toBe(2);
  });

  test("admits those that wait by their rank, equal ones in the order of arrival", async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire(undefined, 9);
    const order: string[] = [];
    const ranks = [5, 0, 7, 5, 0, 5];
    const entries = ranks.map(async (rank, place) => {
      const next = await semaphore.acquire(undefined, rank);
      order.push(`${rank} ${place}`);
      next();
    });
    release();
    await Promise.all(entries);
    expect(order).toEqual(["0 1", "0 4", "5 0", "5 3", "5 5", "7 2"]);
  });

  test("a slot released twice counts as one", async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    release();
    release();
    expect(semaphore.held).toBe(0);
    await semaphore.acquire();
    expect(semaphore.held).toBe(1);
  });

  test("a waiter that gives up takes no slot", async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    const abort = new AbortController();
    const waiting = semaphore.acquire(abort.signal).catch((error: unknown) => error);
    const next = semaphore.acquire();
    abort.abort(new Error("gave up"));
    expect(await waiting).toBeInstanceOf(Error);
    release();
    (await next)();
    expect(semaphore.held).toBe(0);
  });
});

test("a pacer starts at most its number of requests in any window, however they arrive", async () => {
  for (const [requests, perMs] of [
    [1, 500],
    [3, 1_000],
    [10, 2_000],
  ] as const) {
    const clock = new ManualClock();
    const pacer = new Pacer(clock, { requests, perMs });
    const starts: number[] = [];
    const start = async (): Promise<void> => {
      await pacer.turn();
      starts.push(clock.monotonicMs());
    };
    const all: Promise<void>[] = [];
    for (let n = 0; n < 40; n += 1) {
      all.push(start());
      if (n % 4 === 3) await clock.advance(perMs / 3);
    }
    await clock.advance(100 * perMs);
    await Promise.all(all);
    expect(starts).toHaveLength(40);
    for (let n = requests; n < starts.length; n += 1) {
      expect((starts[n] ?? 0) - (starts[n - requests] ?? 0)).toBeGreaterThanOrEqual(perMs - 1e-6);
    }
    expect(starts[0]).toBe(0);
  }
});
