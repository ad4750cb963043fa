import { describe, expect, test } from "bun:test";
import { createMetrics } from "../../src/http/metrics/metrics.ts";
import type { BackgroundWork } from "../../src/lib/time-step.ts";
import { healthOf, noStreams } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const MINUTE_MS = 60_000;

function setUp() {
  const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")]));
  let ms = 0;
  const pass = (passed: number): void => {
    ms += passed;
  };
  const clock = {
    nowMs: () => NOON_MS,
    monotonicMs: () => ms,
    sleep: () => Promise.resolve(),
    after: () => () => {},
  };
  const metrics = createMetrics({
    board,
    clock,
    health: () => healthOf(board),
    streams: noStreams,
  });
  /** A step that takes `tookMs`. */
  const run = (work: BackgroundWork, tookMs: number): void =>
    metrics.timeStep(work, () => pass(tookMs));
  const lines = async (name: string): Promise<string[]> =>
    (await metrics.scrape()).split("\n").filter((line) => line.startsWith(name));
  return { pass, metrics, run, lines };
}

describe("background work in the metrics", () => {
  test("counts steps by duration", async () => {
    const { run, lines } = setUp();
    for (const ms of [1, 4, 5, 6, 30]) run("board", ms);
    run("groups", 2);
    expect(await lines('background_step_duration_seconds_bucket{le="0.005"')).toEqual([
      'background_step_duration_seconds_bucket{le="0.005",work="board"} 3',
      'background_step_duration_seconds_bucket{le="0.005",work="groups"} 1',
    ]);
    expect(await lines("background_step_duration_seconds_count")).toEqual([
      'background_step_duration_seconds_count{work="board"} 5',
      'background_step_duration_seconds_count{work="groups"} 1',
    ]);
  });

  test("shows the longest step by kind of work for five to ten minutes", async () => {
    const { pass, run, lines } = setUp();
    const longest = () => lines("background_step_longest_seconds{");
    expect(await longest()).toEqual([]);
    for (const ms of [3, 8, 2]) run("board", ms);
    run("stream", 1);
    const both = [
      'background_step_longest_seconds{work="board"} 0.008',
      'background_step_longest_seconds{work="stream"} 0.001',
    ];
    expect(await longest()).toEqual(both);
    pass(5 * MINUTE_MS);
    run("board", 4);
    expect(await longest()).toEqual(both);
    pass(5 * MINUTE_MS);
    expect(await longest()).toEqual(['background_step_longest_seconds{work="board"} 0.004']);
    run("board", 2);
    pass(10 * MINUTE_MS);
    expect(await longest()).toEqual([]);
  });

  test("returns the step's result, and measures a step that throws", async () => {
    const { pass, metrics, lines } = setUp();
    expect(metrics.timeStep("alerts", () => 7)).toBe(7);
    const failing = (): never => {
      pass(20);
      throw new Error("failed");
    };
    expect(() => metrics.timeStep("alerts", failing)).toThrow("failed");
    expect(await lines("background_step_longest_seconds{")).toEqual([
      'background_step_longest_seconds{work="alerts"} 0.02',
    ]);
  });
});
