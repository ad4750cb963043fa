import { expect, test } from "bun:test";
import { Pauses } from "../../src/lib/pauses.ts";
import { inSteps, type Stepwise } from "../../src/lib/stepwise.ts";

/** Each part takes its time on the clock; the result is their number. */
function* parts(clock: { ms: number }, tookMs: readonly number[]): Stepwise<number> {
  for (const ms of tookMs) {
    clock.ms += ms;
    yield;
  }
  return tookMs.length;
}

/** Pauses on this clock, and how long the work between two of them took, ms. */
function measured(clock: { ms: number }) {
  const ran: number[] = [];
  const pauses = new Pauses({ monotonicMs: () => clock.ms }, (step) => {
    const beganMs = clock.ms;
    const result = step();
    ran.push(clock.ms - beganMs);
    return result;
  });
  return { pauses, ran };
}

test("work pauses after every two milliseconds, and each part of it can be measured", async () => {
  const clock = { ms: 0 };
  const { pauses, ran } = measured(clock);
  const result = inSteps(parts(clock, [1, 1, 3, 0.5, 0.5, 1, 7]), pauses);
  expect(result).toBeInstanceOf(Promise);
  expect(await result).toBe(7);
  expect(ran).toEqual([2, 3, 2, 7, 0]);
});

test("short work ends immediately, in one part", () => {
  const clock = { ms: 0 };
  const { pauses, ran } = measured(clock);
  expect(inSteps(parts(clock, [0.5, 1]), pauses)).toBe(2);
  expect(ran).toEqual([1.5]);
});
