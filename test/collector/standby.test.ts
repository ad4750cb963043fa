import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import type { FromWorker } from "../../src/collector/protocol.ts";
import { waitForLock } from "../../src/collector/standby.ts";
import { readHeartbeat } from "../../src/db/market/epoch-repository.ts";
import { tryFileLock } from "../../src/db/file-lock.ts";
import { startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { temporaryDatabasePath } from "../support/service.ts";

const MINUTE_MS = 60_000;

/** A waiting collector, and the lock as held by another process. */
function setUp() {
  const database = temporaryDatabasePath();
  const path = `${database.path}.collector-lock`;
  const held = tryFileLock(path);
  const clock = new ManualClock();
  const log = memoryLog();
  const messages: FromWorker[] = [];
  const lifetime = new AbortController();
  const holder = { beats: true, heartbeatAtMs: clock.nowMs() };
  let got: boolean | null = null;
  const waiting = waitForLock(path, {
    clock,
    log,
    lifetime: lifetime.signal,
    post: (message) => void messages.push(message),
    heartbeatAtMs: () => holder.heartbeatAtMs,
  }).then((lock) => {
    got = lock !== null;
    lock?.release();
  });
  return {
    clock,
    log,
    messages,
    holder,
    path,
    release: () => held?.release(),
    got: () => got,
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += 1_000) {
        if (holder.beats) holder.heartbeatAtMs = clock.nowMs();
        await clock.advance(1_000);
      }
    },
    async [Symbol.asyncDispose]() {
      lifetime.abort();
      await clock.advance(0);
      await waiting;
      held?.release();
      database[Symbol.dispose]();
    },
  };
}

describe("the heartbeat of the collecting process", () => {
  test("is read from the database, which is not created for that", async () => {
    using database = testDatabase();
    expect(readHeartbeat(database.path)).toBeNull();
    startCollecting(database, ["okx"], 1_000);
    expect(readHeartbeat(database.path)).toBe(1_000);
    const missing = `${database.path}.missing`;
    expect(readHeartbeat(missing)).toBeNull();
    expect(existsSync(missing)).toBe(false);
    writeFileSync(missing, "no database");
    expect(readHeartbeat(missing)).toBeNull();
  });
});

describe("a waiting collector", () => {
  test("logs once which lock it waits for, and is alive; it collects as soon as the lock is free", async () => {
    await using standby = setUp();
    const { clock, log, messages, path } = standby;
    const sinceMs = clock.nowMs();
    await standby.pass(10 * MINUTE_MS);
    expect(log.lines).toEqual([
      {
        level: "info",
        event: "standby",
        fields: {
          reason: "another process, or a hung thread of this one, holds the right to collect",
          lock: path,
          waiting_seconds: 0,
          heartbeat_age_seconds: 0,
        },
      },
    ]);
    expect(messages.filter(({ type }) => type === "heartbeat").length).toBeGreaterThan(600);
    expect(messages.findLast(({ type }) => type === "standby")).toMatchObject({
      lock: path,
      sinceMs,
    });
    standby.release();
    await clock.advance(1_000);
    expect(standby.got()).toBe(true);
  });

  test("warns when the holder hangs, again every five minutes, and logs when it is back", async () => {
    await using standby = setUp();
    const { log, holder } = standby;
    await standby.pass(MINUTE_MS);
    holder.beats = false;
    await standby.pass(20_000);
    expect(log.events()).toEqual(["standby"]);
    await standby.pass(MINUTE_MS);
    expect(log.events()).toEqual(["standby", "collector_hung"]);
    const { level, fields } = log.lines[1] ?? {};
    expect([level, fields?.["lock"]]).toEqual(["warn", standby.path]);
    expect(fields?.["heartbeat_age_seconds"]).toBeGreaterThanOrEqual(30);
    await standby.pass(10 * MINUTE_MS);
    expect(log.events().filter((event) => event === "collector_hung")).toHaveLength(3);
    holder.beats = true;
    await standby.pass(10_000);
    expect(log.events().at(-1)).toBe("collector_back");
  });

  test("does not mistake a step of the wall clock for a hang", async () => {
    await using standby = setUp();
    const { clock, log } = standby;
    await standby.pass(10_000);
    clock.setWall(clock.nowMs() + 60 * MINUTE_MS);
    await standby.pass(MINUTE_MS);
    expect(log.events()).toEqual(["standby"]);
  });

  test("stops waiting with the collector", async () => {
    await using standby = setUp();
    await standby.pass(2_000);
    await standby[Symbol.asyncDispose]();
    expect(standby.got()).toBe(false);
  });
});
