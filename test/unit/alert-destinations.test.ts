import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { SendResult } from "../../src/gateways/messenger.ts";
import { AlertBench } from "../support/alert-bench.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

let bench: AlertBench;

beforeEach(() => {
  bench = new AlertBench();
});

afterEach(() => bench[Symbol.dispose]());

function about(sent: readonly string[]): readonly (string | undefined)[] {
  return sent.map((text) => text.split(":")[0]);
}

describe("two destinations", () => {
  test("each get every message once and in order, also from two services on one database", async () => {
    const both = [bench.messenger, bench.second];
    const services = [bench.service(both), bench.service(both)] as const;
    await bench.queueOne(services[0], "okx");
    await bench.queueOne(services[1], "kraken");
    for (let poll = 0; poll < 3; poll += 1) await bench.tick(...services);
    expect(about(bench.messenger.sent)).toEqual(["okx", "kraken"]);
    expect(about(bench.second.sent)).toEqual(["okx", "kraken"]);
    expect(bench.rows("alert_outbox")).toBe(4);
  });

  test("a chat that must wait for an hour delays only its own messages, and gets them in order afterwards", async () => {
    const alerts = bench.service([bench.messenger, bench.second]);
    bench.messenger.answers.push({ kind: "retry_after", waitMs: HOUR_MS, reason: "HTTP 429" });
    await bench.queueOne(alerts, "okx");
    await alerts.deliver();
    await bench.queueOne(alerts, "kraken");
    await alerts.deliver();
    expect(bench.messenger.sent).toEqual([]);
    expect(about(bench.second.sent)).toEqual(["okx", "kraken"]);
    await bench.clock.advance(HOUR_MS);
    await alerts.deliver();
    expect(about(bench.messenger.sent)).toEqual(["okx", "kraken"]);
    expect(bench.second.calls).toBe(2);
  });

  test("a chat whose calls hang does not delay the other's", async () => {
    const hanging = { destination: "telegram:0", send: () => new Promise<SendResult>(() => {}) };
    const alerts = bench.service([hanging, bench.second]);
    const [toHanging, toSecond] = alerts.deliveries;
    await bench.queueOne(alerts, "okx");
    void toHanging?.();
    await toSecond?.();
    await bench.queueOne(alerts, "kraken");
    await toSecond?.();
    expect(about(bench.second.sent)).toEqual(["okx", "kraken"]);
  });

  test("a chat that refuses permanently loses only its own messages", async () => {
    const alerts = bench.service([bench.messenger, bench.second]);
    bench.messenger.answers.push({ kind: "failed", retryable: false, reason: "HTTP 403: blocked" });
    await bench.queueOne(alerts, "okx");
    await alerts.deliver();
    expect(about(bench.second.sent)).toEqual(["okx"]);
    expect(bench.events("alert_parked")).toHaveLength(1);
  });
});

describe("a changed chat", () => {
  test("gets new messages from then on; the rows of the old chat are kept aside for a month", async () => {
    const before = bench.service([bench.messenger]);
    bench.messenger.answers.push({ kind: "retry_after", waitMs: DAY_MS, reason: "HTTP 429" });
    await bench.queueOne(before, "okx");
    await before.deliver();
    const after = bench.service([bench.second]);
    await bench.queueOne(after, "kraken");
    await after.deliver();
    expect(about(bench.second.sent)).toEqual(["kraken"]);
    expect(bench.rows("alert_outbox")).toBe(2);
    await bench.clock.advance(29 * DAY_MS);
    await bench.queueOne(after, "kraken");
    await after.deliver();
    expect(bench.messenger.calls).toBe(1);
    await bench.clock.advance(DAY_MS + HOUR_MS);
    await bench.queueOne(after, "kraken");
    const left = bench.connect().query("SELECT destination FROM alert_outbox").all();
    expect(left).not.toContainEqual({ destination: "telegram:1" });
  });

  test("a message queued by an older version for its only destination is sent once, to the first destination", async () => {
    const nowMs = bench.clock.nowMs();
    bench
      .connect()
      .run(
        `INSERT INTO alert_outbox (key, state, text, created_at, not_before) VALUES ('collector', 'dead', 'old: dead', ?1, ?1)`,
        [nowMs],
      );
    const alerts = bench.service([bench.messenger, bench.second]);
    await alerts.deliver();
    await alerts.deliver();
    expect([...bench.messenger.sent, ...bench.second.sent]).toEqual(["old: dead"]);
  });
});
