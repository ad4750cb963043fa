import { describe, expect, test } from "bun:test";
import { createWatchdog } from "../../src/services/operations/watchdog.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";

function setUp(deadlineMs: number | null) {
  const clock = new ManualClock();
  const log = memoryLog();
  const sent: string[] = [];
  const state = { isAlive: true, doing: "collecting", reachable: true };
  const manager = {
    send(assignments: readonly string[]): boolean {
      if (state.reachable) sent.push(...assignments);
      return state.reachable;
    },
  };
  const watchdog = createWatchdog({ manager, deadlineMs, clock, log, collector: state });
  /** Seconds pass, with a check in each. */
  const pass = async (seconds: number): Promise<void> => {
    for (let n = 0; n < seconds; n += 1) {
      await clock.advance(1_000);
      watchdog.observe();
    }
  };
  const pings = (): number => sent.filter((line) => line === "WATCHDOG=1").length;
  return { watchdog, state, sent, pings, pass, log };
}

describe("the service manager", () => {
  test("is notified once that the service is ready, of its status, and every ten seconds that it is alive", async () => {
    const { watchdog, state, sent, pings, pass } = setUp(60_000);
    watchdog.observe();
    expect(sent).toEqual(["READY=1", "STATUS=collecting", "WATCHDOG=1"]);
    await pass(9);
    expect(sent).toHaveLength(3);
    await pass(51);
    expect(pings()).toBe(7);
    state.doing = "waiting";
    await pass(1);
    expect(sent.at(-1)).toBe("STATUS=waiting");
    watchdog.stopping();
    expect(sent).toContain("STOPPING=1");
    expect(sent.filter((line) => line === "READY=1")).toHaveLength(1);
  });

  test("gets three pings within a shorter deadline, and none if it does not watch", async () => {
    const short = setUp(6_000);
    await short.pass(60);
    expect(short.pings()).toBe(30);
    const none = setUp(null);
    await none.pass(60);
    expect(none.sent).toEqual(["READY=1", "STATUS=collecting"]);
  });

  test("gets no ping while the collector hangs, with the reason; one immediately when it is alive again", async () => {
    const { state, sent, pings, pass, log } = setUp(60_000);
    await pass(1);
    state.isAlive = false;
    await pass(120);
    expect(pings()).toBe(1);
    expect(sent.at(-1)).toStartWith("STATUS=the collector thread hangs");
    expect(log.events()).toEqual(["collector_hangs"]);
    state.isAlive = true;
    await pass(1);
    expect(pings()).toBe(2);
    expect(sent).toContain("STATUS=collecting");
  });

  test("is notified again if a message could not be delivered", async () => {
    const { state, sent, pass } = setUp(60_000);
    state.reachable = false;
    await pass(3);
    expect(sent).toEqual([]);
    state.reachable = true;
    await pass(1);
    expect(sent).toEqual(["READY=1", "STATUS=collecting", "WATCHDOG=1"]);
  });

  test("may be absent: nothing is sent and nothing fails", () => {
    const parts = { deadlineMs: null, clock: new ManualClock(), log: memoryLog() };
    const collector = { isAlive: true, doing: "collecting" };
    const watchdog = createWatchdog({ manager: null, ...parts, collector });
    watchdog.observe();
    watchdog.stopping();
    expect(parts.log.events()).toEqual([]);
  });
});
