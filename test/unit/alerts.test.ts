import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { COLLECTOR_START_GRACE_MS, COOLDOWN_MS } from "../../src/services/operations/alerts.ts";
import { AlertBench } from "../support/alert-bench.ts";
import { STALE_AFTER_MS } from "../support/health-scene.ts";

const MINUTE_MS = 60_000;

let bench: AlertBench;

beforeEach(() => {
  bench = new AlertBench();
});

afterEach(() => bench[Symbol.dispose]());

describe("exchange alerts", () => {
  test("a fresh start after which all exchanges answer sends nothing", async () => {
    const alerts = bench.service();
    await bench.tick(alerts);
    await bench.clock.advance(COLLECTOR_START_GRACE_MS - 1);
    await bench.tick(alerts);
    bench.scene.allWell();
    await bench.tick(alerts);
    await bench.pass(MINUTE_MS, [alerts]);
    expect(bench.messenger.sent).toEqual([]);
    expect(bench.rows("alert_outbox")).toBe(0);
  });

  test("a start after a long downtime reports nothing as stale before it was requested", async () => {
    bench.scene.allWell();
    await bench.clock.advance(2 * STALE_AFTER_MS);
    const alerts = bench.service();
    bench.scene.heartbeatMs = bench.clock.nowMs();
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([]);
    bench.scene.accept("binance", "okx");
    bench.scene.fail("kraken", "http", "HTTP 503");
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([
      expect.stringContaining("kraken: no fresh data for 30 min (http: HTTP 503)"),
    ]);
  });

  test("an exchange that fails between the start and the first check is judged by the first check", async () => {
    bench.scene.allWell();
    const alerts = bench.service();
    await bench.clock.advance(1_000);
    bench.scene.fail("kraken", "geo_blocked", "HTTP 451");
    await bench.clock.advance(1_000);
    bench.scene.heartbeatMs = bench.clock.nowMs();
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([expect.stringContaining("kraken: geo-blocked")]);
  });

  test("an exchange that is never requested after a start is stale after the threshold", async () => {
    bench.scene.allWell();
    await bench.clock.advance(2 * STALE_AFTER_MS);
    const alerts = bench.service();
    bench.scene.heartbeatMs = bench.clock.nowMs();
    await bench.tick(alerts);
    await bench.clock.advance(STALE_AFTER_MS + 1);
    bench.scene.heartbeatMs = bench.clock.nowMs();
    bench.scene.accept("binance", "okx");
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([
      expect.stringContaining("kraken: no fresh data for 45 min"),
    ]);
  });

  test("an exchange that sends nothing is reported once, at the threshold, with the cause, the cure and the others", async () => {
    const alerts = bench.service();
    bench.scene.allWell();
    await bench.pass(STALE_AFTER_MS, [alerts], ["okx"]);
    expect(bench.messenger.sent).toEqual([]);
    await bench.pass(60 * MINUTE_MS, [alerts], ["okx"]);
    expect(bench.messenger.sent).toEqual([
      "okx: no fresh data for 15 min (timeout: no complete answer within 10 s). Other exchanges: 2 of 2 fresh." +
        " It is retried automatically; check its status page if this persists. (2026-11-02 12:15 UTC)",
    ]);
  });

  test("its recovery is reported once", async () => {
    const alerts = bench.service();
    bench.scene.allWell();
    await bench.pass(STALE_AFTER_MS + COOLDOWN_MS, [alerts], ["okx"]);
    await bench.pass(60 * MINUTE_MS, [alerts]);
    expect(bench.messenger.sent).toEqual([
      expect.stringContaining("okx: no fresh data"),
      expect.stringContaining("okx: fresh data again. Other exchanges: 2 of 2 fresh."),
    ]);
  });

  test("a few failures within the threshold are not reported", async () => {
    const alerts = bench.service();
    bench.scene.allWell();
    await bench.pass(5 * MINUTE_MS, [alerts], ["okx"]);
    expect(bench.scene.report().exchanges[1]?.status).toBe("down");
    expect(bench.messenger.sent).toEqual([]);
  });

  test("frozen timestamps, geo-blocking and never having had data have their own texts", async () => {
    const alerts = bench.service();
    bench.scene.accept("binance");
    bench.scene.heartbeatMs = bench.clock.nowMs();
    bench.scene.frozen.add("binance");
    bench.scene.fail("okx", "geo_blocked", "HTTP 451");
    for (let i = 0; i < 3; i += 1) bench.scene.fail("kraken", "network", "connection refused");
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([
      expect.stringMatching(/^binance: it responds, but its own timestamps have stopped/),
      expect.stringMatching(/^okx: geo-blocked, it has never delivered data\. .*EXCHANGES/),
      expect.stringMatching(/^kraken: no data yet \(network: connection refused\)/),
    ]);
  });

  test("a refused batch is reported with how to accept it, and again when batches are accepted", async () => {
    const alerts = bench.service();
    bench.scene.allWell();
    await bench.tick(alerts);
    bench.scene.fail("okx", "refused_batch", "100 of 500 instruments");
    await bench.tick(alerts);
    await bench.clock.advance(COOLDOWN_MS);
    bench.scene.allWell();
    bench.scene.fail("okx", "timeout", "no answer");
    await bench.tick(alerts);
    expect(bench.messenger.sent).toHaveLength(1);
    bench.scene.allWell();
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([
      expect.stringMatching(
        /^okx: a batch was refused \(100 of 500 instruments\).*`cli accept okx`/,
      ),
      expect.stringMatching(/^okx: batches are accepted again \(500 instruments\)/),
    ]);
  });

  test("a first failure before any data still counts as startup", async () => {
    const alerts = bench.service();
    bench.scene.allWell();
    bench.scene.set("okx", { lastOkAtMs: null });
    bench.scene.fail("okx", "timeout", "no answer");
    await bench.tick(alerts);
    expect(bench.scene.report().exchanges[1]?.status).toBe("starting");
    expect(bench.messenger.sent).toEqual([]);
  });

  test("a stale exchange that is disabled has not recovered", async () => {
    const alerts = bench.service();
    bench.scene.allWell();
    await bench.pass(STALE_AFTER_MS + MINUTE_MS, [alerts], ["okx"]);
    bench.scene.set("okx", { enabled: false });
    await bench.clock.advance(COOLDOWN_MS);
    bench.scene.heartbeatMs = bench.clock.nowMs();
    bench.scene.accept("binance", "kraken");
    await bench.tick(alerts);
    expect(bench.messenger.sent).toHaveLength(1);
  });

  test("a disabled exchange is not reported", async () => {
    const alerts = bench.service();
    bench.scene.set("okx", { enabled: false, lastOkAtMs: 0, lastAttemptAtMs: bench.clock.nowMs() });
    bench.scene.heartbeatMs = bench.clock.nowMs();
    bench.scene.accept("binance", "kraken");
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([]);
  });
});

describe("the collector", () => {
  test("its death is one message, not one per exchange; its return is another", async () => {
    const alerts = bench.service();
    bench.scene.allWell();
    await bench.tick(alerts);
    for (let minute = 0; minute < 40; minute += 1) {
      await bench.clock.advance(MINUTE_MS);
      await bench.tick(alerts);
    }
    bench.scene.heartbeatMs = bench.clock.nowMs();
    await bench.tick(alerts);
    bench.scene.allWell();
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([
      expect.stringMatching(
        /^collector: dead, no exchange is being refreshed \(newest data: 60 s old\)/,
      ),
      expect.stringMatching(/^collector: alive again/),
    ]);
  });

  test("one that never starts is reported after the grace period", async () => {
    const alerts = bench.service();
    await bench.clock.advance(COLLECTOR_START_GRACE_MS);
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([
      expect.stringMatching(/^collector: dead.*\(no data yet\)/),
    ]);
  });
});
