import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { superviseCollector, threadStarter } from "../../src/collector/supervisor.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

const STUCK = new URL("../support/stuck-worker-child.ts", import.meta.url);

/** Silence is measured in seconds of this clock; slow enough that some checks are on time on any machine. */
const FASTER = 5;
const fastClock: Clock = {
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => systemClock.monotonicMs() * FASTER,
  sleep: (ms, signal) => systemClock.sleep(ms / FASTER, signal),
  after: (ms, run) => systemClock.after(ms / FASTER, run),
};

test(
  "a thread stuck in the kernel cannot be terminated: the collector is not alive until it has ended",
  async () => {
    using database = temporaryDatabasePath();
    const pipe = `${database.path}.pipe`;
    expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
    const log = memoryLog();
    const settings = {
      databasePath: database.path,
      exchanges: [],
      periodMs: 60_000,
      exchangeOrigin: null,
      logLevel: "silent",
    } as const;
    const supervisor = superviseCollector({
      settings,
      // The second one does nothing at all: its messages would not count.
      startWorker: (on) =>
        log.events().length === 0
          ? threadStarter(STUCK)(on)
          : { postMessage: () => {}, terminate: () => {} },
      clock: fastClock,
      random: () => 0,
      log,
      onMessage: () => {},
    });
    await until(() => log.events().includes("collector_ended"));
    expect(log.lines[0]?.fields["reason"]).toBe("silent");
    expect(supervisor.isAlive).toBe(true);
    await until(() => !supervisor.isAlive);
    // The disk responds again: a write goes through.
    closeSync(openSync(pipe, "w"));
    await until(() => supervisor.isAlive);
    await supervisor.stop();
  },
  LONG_MS,
);
