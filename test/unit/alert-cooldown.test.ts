import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { COOLDOWN_MS } from "../../src/services/operations/alerts.ts";
import { AlertBench } from "../support/alert-bench.ts";
import { STALE_AFTER_MS } from "../support/health-scene.ts";

const MINUTE_MS = 60_000;

let bench: AlertBench;

beforeEach(() => {
  bench = new AlertBench();
});

afterEach(() => bench[Symbol.dispose]());

describe("the cooldown", () => {
  /** Makes okx stale (as of now) or healthy. */
  function show(stale: boolean): void {
    bench.scene.allWell();
    if (!stale) return;
    bench.scene.fail("okx", "timeout", "no answer");
    bench.scene.set("okx", { lastOkAtMs: bench.clock.nowMs() - STALE_AFTER_MS - 1 });
  }

  test("delays the recovery message to its end", async () => {
    const alerts = bench.service();
    show(true);
    await bench.tick(alerts);
    await bench.clock.advance(COOLDOWN_MS - 1);
    show(false);
    await bench.tick(alerts);
    expect(bench.messenger.sent).toHaveLength(1);
    await bench.clock.advance(1);
    show(false);
    await bench.tick(alerts);
    expect(bench.messenger.sent).toEqual([
      expect.stringContaining("okx: no fresh data"),
      expect.stringContaining("okx: fresh data again"),
    ]);
  });

  test("suppresses a recovery that did not last", async () => {
    const alerts = bench.service();
    for (const stale of [true, false, true]) {
      show(stale);
      await bench.tick(alerts);
      await bench.clock.advance(MINUTE_MS);
    }
    await bench.clock.advance(2 * COOLDOWN_MS);
    show(true);
    await bench.tick(alerts);
    expect(bench.messenger.sent).toHaveLength(1);
  });

  test("of one exchange does not delay another's message", async () => {
    const alerts = bench.service();
    show(true);
    await bench.tick(alerts);
    await bench.clock.advance(1_000);
    show(true);
    bench.scene.fail("kraken", "geo_blocked", "HTTP 451");
    await bench.tick(alerts);
    expect(bench.messenger.sent).toHaveLength(2);
  });

  test("survives a restart", async () => {
    show(true);
    await bench.tick(bench.service());
    await bench.clock.advance(MINUTE_MS);
    show(false);
    const after = bench.service();
    await bench.tick(after);
    expect(bench.messenger.sent).toHaveLength(1);
    await bench.clock.advance(COOLDOWN_MS);
    show(false);
    await bench.tick(after);
    expect(bench.messenger.sent).toHaveLength(2);
  });

  test("ends on time even if the wall clock was set back", async () => {
    const alerts = bench.service();
    show(true);
    await bench.tick(alerts);
    bench.clock.setWall(bench.clock.nowMs() - 24 * 60 * MINUTE_MS);
    show(false);
    await bench.tick(alerts);
    expect(bench.rows("alert_outbox")).toBe(2);
  });

  test("however an exchange flaps, messages alternate, keep their distance and end with the true state", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 400 })), { maxLength: 30 }),
        async (steps) => {
          const db = bench.connect();
          db.run("DELETE FROM alert_states");
          db.run("DELETE FROM alert_outbox");
          bench.messenger.sent.length = 0;
          const alerts = bench.service();
          const sentAtMs: number[] = [];
          const step = async (stale: boolean, seconds: number): Promise<void> => {
            show(stale);
            const before = bench.messenger.sent.length;
            await bench.tick(alerts);
            if (bench.messenger.sent.length > before) sentAtMs.push(bench.clock.nowMs());
            await bench.clock.advance(seconds * 1000);
          };
          for (const [stale, seconds] of steps) await step(stale, seconds);
          const last = steps.at(-1)?.[0] ?? false;
          await step(last, COOLDOWN_MS / 1000);
          await step(last, 1);
          const bad = bench.messenger.sent.map((text) => text.includes("no fresh data"));
          expect(bad).toEqual(bad.map((_value, index) => index % 2 === 0));
          expect(bad.at(-1) ?? false).toBe(last);
          sentAtMs.forEach((atMs, index) => {
            expect(atMs - (sentAtMs[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
              COOLDOWN_MS,
            );
          });
        },
      ),
      { numRuns: 30 },
    );
  });
});
