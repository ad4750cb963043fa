import { describe, expect, test } from "bun:test";
import { ApiError } from "../../src/http/protocol/problem.ts";
import { type WorkLimits, WorkQueue } from "../../src/http/answers/work-queue.ts";
import type { Release } from "../../src/lib/semaphore.ts";
import { ManualClock } from "../support/manual-clock.ts";

const LIMITS = { concurrent: 2, waiting: 4, waitMs: 10_000 };

/** A client that does not leave. */
const STAYS = new AbortController().signal;
const A = { client: "a", disconnected: STAYS };

/** A queue whose turns are recorded as they come. */
function bench(limits: WorkLimits = LIMITS) {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock, limits);
  const began: string[] = [];
  const refused: string[] = [];
  const details = new Set<string>();
  const releases: Release[] = [];
  const ask = async (client: string, name: string, left: AbortSignal): Promise<void> => {
    try {
      const release = await queue.enter({ client, disconnected: left });
      began.push(name);
      releases.push(release);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused.push(name);
      details.add(error.message);
      expect([error.code, error.headers["retry-after"]]).toEqual(["busy", "2"]);
    }
  };
  /** Requests a turn without waiting for it, and lets runnable tasks run. */
  const start = async (client: string, name = client, left = STAYS): Promise<void> => {
    void ask(client, name, left);
    await clock.advance(0);
  };
  /** Ends the oldest turn in progress. */
  const end = async (): Promise<void> => {
    releases.shift()?.();
    await clock.advance(0);
    await clock.advance(0);
  };
  return { clock, queue, began, refused, details, start, end };
}

describe("answers that are not cached", () => {
  test("are built two at a time, the others in order of arrival", async () => {
    const { queue, began, start, end } = bench();
    for (const name of ["1", "2", "3", "4"]) await start("a", name);
    expect([began, queue.running, queue.waiting]).toEqual([["1", "2"], 2, 2]);
    await end();
    expect(began).toEqual(["1", "2", "3"]);
    await end();
    expect([began, queue.running, queue.waiting]).toEqual([["1", "2", "3", "4"], 2, 0]);
    await end();
    await end();
    expect(queue.running).toBe(0);
  });

  test("yield to the event loop before the next turn starts", async () => {
    const { queue, start } = bench();
    await start("a");
    const release = await queue.enter(A);
    let isNext = false;
    void Promise.resolve(queue.enter(A)).then(() => (isNext = true));
    release();
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
    expect(isNext).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isNext).toBe(true);
  });

  test("are refused if the queue is full, and if their turn does not come in time", async () => {
    const { clock, queue, refused, details, start } = bench();
    for (let n = 0; n < 6; n += 1) await start("a", `${n}`);
    await start("a", "one too many");
    expect([refused, queue.waiting]).toEqual([["one too many"], 4]);
    await clock.advance(LIMITS.waitMs - 1);
    expect(queue.waiting).toBe(4);
    await clock.advance(1);
    expect([refused.length, queue.waiting, queue.running]).toEqual([5, 0, 2]);
    expect([...details]).toEqual([
      "4 answers are already waiting to be computed.",
      "The request waited 10 s without getting a turn.",
    ]);
    expect(clock.sleeping).toBe(0);
  });

  test("are not built if their client has left, and free their place immediately", async () => {
    const { clock, queue, began, refused, start, end } = bench();
    const leaving = new AbortController();
    await start("a");
    await start("a");
    await start("b", "leaves while it waits", leaving.signal);
    await start("c");
    leaving.abort();
    await clock.advance(0);
    expect([refused, queue.waiting]).toEqual([["leaves while it waits"], 1]);
    await end();
    await end();
    await end();
    expect([began, queue.running, queue.waiting]).toEqual([["a", "a", "c"], 0, 0]);
    expect(clock.sleeping).toBe(0);
    leaving.abort();
    expect(queue.running).toBe(0);
  });

  test("of a client with few in progress come before those of one with many", async () => {
    const { began, start, end } = bench();
    for (const name of ["a1", "a2", "a3", "a4"]) await start("a", name);
    await start("b", "b1");
    await end();
    expect(began).toEqual(["a1", "a2", "b1"]);
  });

  test("one client cannot keep others out of a full queue, nor can two equal ones displace each other", async () => {
    const { queue, refused, details, start } = bench();
    for (const name of ["a1", "a2", "a3", "a4", "a5", "a6"]) await start("a", name);
    await start("b", "b1");
    await start("b", "b2");
    expect(refused).toEqual(["a6", "a5"]);
    expect([...details]).toEqual(["Clients with fewer waiting requests come first."]);
    await start("b", "b3");
    expect([refused, queue.waiting]).toEqual([["a6", "a5", "b3"], 4]);
  });

  test("of one client are built so many at a time, though others would be free", async () => {
    const { queue, began, start, end } = bench({ ...LIMITS, concurrent: 3, perClient: 2 });
    await start("b", "b1");
    for (const name of ["a1", "a2", "a3", "a4"]) await start("a", name);
    expect([began, queue.running, queue.waiting]).toEqual([["b1", "a1", "a2"], 3, 2]);
    // The turn of the other client is not theirs.
    await end();
    await start("a", "a5");
    expect([began, queue.running, queue.waiting]).toEqual([["b1", "a1", "a2"], 2, 3]);
    await start("b", "b2");
    expect(began).toEqual(["b1", "a1", "a2", "b2"]);
    await end();
    expect(began).toEqual(["b1", "a1", "a2", "b2", "a3"]);
  });

  test("a turn released twice counts as one", async () => {
    const { queue, clock } = bench();
    const [first] = [await queue.enter(A), await queue.enter(A)];
    first();
    first();
    await clock.advance(0);
    await clock.advance(0);
    expect(queue.running).toBe(1);
  });
});
