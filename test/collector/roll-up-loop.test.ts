import { expect, test } from "bun:test";
import { rollUpForever, type RollUpLoopDeps } from "../../src/collector/roll-up-loop.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";

const MINUTE_MS = 60_000;

/** How often a slice is attempted in a minute. */
async function attemptsInMinute(changes: Partial<RollUpLoopDeps>): Promise<number> {
  const clock = new ManualClock();
  const lifetime = new AbortController();
  let attempts = 0;
  const attempt: RollUpLoopDeps["attempt"] = (work) => {
    attempts += 1;
    return changes.attempt === undefined ? work() : changes.attempt(work);
  };
  const rollUp = { step: () => "more" as const };
  const log = memoryLog();
  const isClockReliable = () => true;
  const deps = { rollUp, clock, log, isClockReliable, ...changes, attempt };
  const ended = rollUpForever(deps, lifetime.signal);
  await clock.advance(MINUTE_MS - 1);
  lifetime.abort();
  await ended;
  return attempts;
}

test("slices follow each other while there is work, none by a clock that may be wrong, and a locked file is tried every five seconds", async () => {
  expect(await attemptsInMinute({})).toBe(3_000);
  expect(await attemptsInMinute({ rollUp: { step: () => "done" } })).toBe(1);
  expect(await attemptsInMinute({ isClockReliable: () => false })).toBe(0);
  // Each blocks the thread for as long as the connection waits for the lock.
  expect(await attemptsInMinute({ attempt: () => null })).toBe(12);
});
