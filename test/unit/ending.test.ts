import { describe, expect, test } from "bun:test";
import { end, type EndingParts } from "../../src/services/operations/ending.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";

/** How long the unit file allows for the whole shutdown. */
const TIMEOUT_STOP_MS = 25_000;

const never = (): Promise<never> => new Promise(() => {});

/** A shutdown whose steps are recorded; `parts` replaces some of them. */
function setUp(parts: Partial<EndingParts> = {}) {
  const clock = new ManualClock();
  const log = memoryLog();
  const steps: string[] = [];
  const note =
    (step: string) =>
    async (force = false): Promise<void> =>
      void steps.push(force ? `${step} by force` : step);
  let isOver = false;
  const ended = end(
    {
      begin: () => void steps.push("begin"),
      server: { stop: note("stop") },
      finish: { collector: () => note("collector")() },
      close: () => void steps.push("close"),
      ...parts,
    },
    { clock, log },
  ).then(() => {
    isOver = true;
  });
  return { clock, log, steps, ended, isOver: () => isOver };
}

describe("the shutdown of the service", () => {
  test("runs its steps in order, and leaves no timer behind", async () => {
    const { clock, steps, isOver } = setUp();
    await clock.advance(1_000);
    expect(isOver()).toBe(true);
    expect(steps).toEqual(["begin", "collector", "stop", "stop by force", "close"]);
    expect(clock.sleeping).toBe(0);
  });

  test("waits for the answers and the worker, fifteen seconds at most", async () => {
    const stuck = {
      server: { stop: never },
      finish: { collector: never, alerts: async () => {} },
    };
    const { clock, steps, log, isOver } = setUp(stuck);
    await clock.advance(14_900);
    expect(steps).toEqual(["begin"]);
    await clock.advance(TIMEOUT_STOP_MS - 14_900);
    expect([steps, isOver()]).toEqual([["begin", "close"], true]);
    expect(log.lines.find(({ event }) => event === "cut_short")?.fields).toEqual({
      steps: ["answers", "collector"],
    });
  });

  test("a failing step is logged by name and does not prevent the others", async () => {
    const full = (): never => {
      throw new Error("database or disk is full");
    };
    const failing = {
      begin: full,
      finish: { alerts: async () => full(), collector: full },
      close: full,
    };
    const { clock, steps, log, isOver } = setUp(failing);
    await clock.advance(1_000);
    expect([steps, isOver()]).toEqual([["stop", "stop by force"], true]);
    const failed = log.lines.filter(({ event }) => event === "ending_step_failed");
    expect(failed.map(({ fields }) => fields["step"]).toSorted()).toEqual([
      "alerts",
      "begin",
      "close",
      "collector",
    ]);
  });
});
