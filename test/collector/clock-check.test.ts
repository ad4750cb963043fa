import { expect, test } from "bun:test";
import { ClockCheck } from "../../src/collector/clock-check.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function checked() {
  const clock = new ManualClock();
  const check = new ClockCheck(clock);
  /** An exchange states a time that is so far from that of its receipt; older rows do not count. */
  const stated = (awayMs: number, exchange: ExchangeId = "okx"): void => {
    const receivedAtMs = clock.nowMs();
    check.note(exchange, [
      { exchangeTimeMs: receivedAtMs + awayMs - HOUR_MS, receivedAtMs },
      { exchangeTimeMs: receivedAtMs + awayMs, receivedAtMs },
      { exchangeTimeMs: null, receivedAtMs },
    ]);
  };
  return { clock, check, stated, state: () => [check.isConfirmed, check.isReliable] };
}

test("is confirmed by the only exchange that states a time if it is the same to a minute, and relied on then", () => {
  const { check, stated, state } = checked();
  expect(state()).toEqual([false, false]);
  stated(MINUTE_MS + 1);
  expect(state()).toEqual([false, false]);
  check.note("bybit", []);
  check.note("bybit", [{ exchangeTimeMs: null, receivedAtMs: 0 }]);
  stated(-MINUTE_MS);
  expect(state()).toEqual([true, true]);
});

test("is confirmed by two of several, and by more than contradict", () => {
  const { clock, stated, state } = checked();
  stated(0, "okx");
  stated(-HOUR_MS, "bybit");
  expect(state()).toEqual([false, false]);
  stated(0, "gate");
  expect(state()).toEqual([true, true]);
  // An old time that happens to be that of a clock which is behind.
  clock.setWall(clock.nowMs() - HOUR_MS);
  stated(0, "bybit");
  expect(state()).toEqual([false, false]);
  stated(HOUR_MS, "okx");
  stated(0, "gate");
  expect(state()).toEqual([true, true]);
  stated(HOUR_MS, "htx");
  expect(state()).toEqual([false, false]);
});

test("is neither after a jump by more than a minute, until it is confirmed again", () => {
  const { clock, stated, state } = checked();
  stated(0);
  clock.setWall(clock.nowMs() + MINUTE_MS);
  expect(state()).toEqual([true, true]);
  clock.setWall(clock.nowMs() + 1);
  expect(state()).toEqual([false, false]);
  clock.setWall(clock.nowMs() - HOUR_MS);
  stated(HOUR_MS);
  expect(state()).toEqual([false, false]);
  stated(0);
  expect(state()).toEqual([true, true]);
});

test("is relied on after ten steady minutes if no exchange states a time, and after six hours if they contradict", async () => {
  const { clock, stated, state } = checked();
  await clock.advance(10 * MINUTE_MS - 1);
  expect(state()).toEqual([false, false]);
  await clock.advance(1);
  expect(state()).toEqual([false, true]);
  clock.setWall(clock.nowMs() + HOUR_MS);
  expect(state()).toEqual([false, false]);
  stated(-HOUR_MS);
  await clock.advance(6 * HOUR_MS - 1);
  expect(state()).toEqual([false, false]);
  await clock.advance(1);
  expect(state()).toEqual([false, true]);
});
