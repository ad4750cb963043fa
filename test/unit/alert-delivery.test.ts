import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createOutbound } from "../../src/gateways/outbound.ts";
import type { SendResult } from "../../src/gateways/messenger.ts";
import { createTelegram } from "../../src/gateways/telegram.ts";
import { Secret } from "../../src/lib/secret.ts";
import {
  LEASE_MS,
  MAX_ATTEMPTS,
  MAX_MESSAGE_AGE_MS,
} from "../../src/services/operations/alerts.ts";
import { AlertBench } from "../support/alert-bench.ts";
import { startBotApi } from "../support/bot-api.ts";
import { STALE_AFTER_MS } from "../support/health-scene.ts";

const MINUTE_MS = 60_000;

let bench: AlertBench;

beforeEach(() => {
  bench = new AlertBench();
});

afterEach(() => bench[Symbol.dispose]());

describe("delivery", () => {
  test("two services on one database send one message", async () => {
    const [one, two] = [bench.service(), bench.service()];
    bench.scene.allWell();
    await bench.pass(STALE_AFTER_MS + 10 * MINUTE_MS, [one, two], ["okx"]);
    await bench.pass(20 * MINUTE_MS, [two, one]);
    expect(bench.messenger.sent).toEqual([
      expect.stringContaining("okx: no fresh data"),
      expect.stringContaining("okx: fresh data again"),
    ]);
    expect(bench.rows("alert_outbox")).toBe(2);
  });

  test("two services that detect a change before either stores it create one row", async () => {
    const [one, two] = [bench.repository(), bench.repository()];
    const destinations = ["telegram:1"];
    const atMs = bench.clock.nowMs();
    const change = { key: "collector", state: "dead", text: "dead", destinations, atMs };
    const states: unknown[] = [];
    const mayReport = (stored: { readonly state: string } | null): boolean => {
      states.push(stored?.state ?? null);
      return stored?.state !== "dead";
    };
    expect([await one.queue(change, mayReport), await two.queue(change, mayReport)]).toEqual([
      "queued",
      "told_before",
    ]);
    expect(states).toEqual([null, "dead"]);
    expect(bench.rows("alert_outbox")).toBe(1);
  });

  test("a process that dies while sending loses no message: another sends it when the lease ends", async () => {
    const dying = bench.service([
      { destination: "telegram:1", send: () => new Promise<SendResult>(() => {}) },
    ]);
    await bench.queueOne(dying);
    void dying.deliver();
    const other = bench.service();
    await bench.clock.advance(LEASE_MS - 1);
    await other.deliver();
    expect(bench.messenger.sent).toEqual([]);
    await bench.clock.advance(1);
    await other.deliver();
    expect(bench.messenger.sent).toEqual([expect.stringContaining("okx: geo-blocked")]);
    await bench.clock.advance(LEASE_MS);
    await other.deliver();
    expect(bench.messenger.sent).toHaveLength(1);
  });

  test("a message queued before a crash is sent after the restart", async () => {
    await bench.queueOne(bench.service());
    await bench.service().deliver();
    expect(bench.messenger.sent).toHaveLength(1);
  });

  test("a sender whose lease has ended cannot return, give up or undo the next one's claim", async () => {
    await bench.queueOne(bench.service());
    const repository = bench.repository();
    const late = await repository.claimOldest("telegram:1", bench.clock.nowMs(), LEASE_MS);
    const next = await repository.claimOldest(
      "telegram:1",
      bench.clock.nowMs() + LEASE_MS,
      LEASE_MS,
    );
    if (late === null || next === null) throw new Error("nothing was claimed");
    expect(next).toEqual({ ...late, attempts: 2 });
    await repository.defer(late, bench.clock.nowMs(), "late");
    expect(
      await repository.claimOldest("telegram:1", bench.clock.nowMs() + LEASE_MS, LEASE_MS),
    ).toBeNull();
    await repository.park(late, bench.clock.nowMs(), "late");
    const third = await repository.claimOldest(
      "telegram:1",
      bench.clock.nowMs() + 2 * LEASE_MS,
      LEASE_MS,
    );
    expect(third).toEqual({ ...late, attempts: 3 });
    await repository.markSent(late.id, bench.clock.nowMs());
    await repository.park(third ?? late, bench.clock.nowMs(), "after it was sent");
    const rows = bench
      .connect()
      .query("SELECT sent_at, parked_at, failure FROM alert_outbox")
      .all();
    expect(rows).toEqual([{ sent_at: bench.clock.nowMs(), parked_at: null, failure: null }]);
  });

  test("overlapping deliver calls send nothing twice", async () => {
    const alerts = bench.service();
    await bench.queueOne(alerts);
    await Promise.all([alerts.deliver(), alerts.deliver()]);
    expect(bench.messenger.calls).toBe(1);
  });

  test("retry_after is honoured to the millisecond", async () => {
    const alerts = bench.service();
    await bench.queueOne(alerts);
    bench.messenger.answers.push({ kind: "retry_after", waitMs: 17_000, reason: "HTTP 429" });
    await alerts.deliver();
    await bench.clock.advance(16_999);
    await alerts.deliver();
    expect(bench.messenger.calls).toBe(1);
    await bench.clock.advance(1);
    await alerts.deliver();
    expect(bench.messenger.sent).toHaveLength(1);
  });

  test("failures back off, cause one warning, and the message arrives in the end", async () => {
    const alerts = bench.service();
    await bench.queueOne(alerts);
    for (let i = 0; i < 5; i += 1) {
      bench.messenger.answers.push({ kind: "failed", retryable: true, reason: "HTTP 502" });
    }
    const startMs = bench.clock.monotonicMs();
    while (bench.messenger.sent.length === 0) {
      await alerts.deliver();
      await bench.clock.advance(500);
    }
    // Half of 5 s, 10 s, 20 s, 40 s and 80 s: the mean of the jitter.
    expect(bench.clock.monotonicMs() - startMs).toBe(77_500 + 500);
    expect(bench.messenger.calls).toBe(6);
    expect(bench.events("alert_delayed").filter((line) => line["level"] === "warn")).toHaveLength(
      1,
    );
  });

  test("messages stay in order behind one that must wait", async () => {
    const alerts = bench.service();
    await bench.queueOne(alerts);
    bench.scene.fail("kraken", "geo_blocked", "HTTP 451");
    await alerts.observe(bench.scene.report(), bench.scene.states);
    bench.messenger.answers.push({ kind: "retry_after", waitMs: 5_000, reason: "HTTP 429" });
    await bench.tick(alerts, bench.service());
    expect(bench.messenger.calls).toBe(1);
    await bench.clock.advance(5_000);
    await alerts.deliver();
    expect(bench.messenger.sent.map((text) => text.split(":")[0])).toEqual(["okx", "kraken"]);
  });

  test("a permanently refused message is parked with one log line, and the next one is sent", async () => {
    const alerts = bench.service();
    await bench.queueOne(alerts);
    bench.scene.fail("kraken", "geo_blocked", "HTTP 451");
    await alerts.observe(bench.scene.report(), bench.scene.states);
    bench.messenger.answers.push({
      kind: "failed",
      retryable: false,
      reason: "HTTP 400: chat not found",
    });
    await alerts.deliver();
    await bench.clock.advance(LEASE_MS);
    await alerts.deliver();
    expect(bench.messenger.sent).toEqual([expect.stringContaining("kraken: geo-blocked")]);
    expect(bench.events("alert_parked")).toEqual([
      expect.objectContaining({
        level: "error",
        key: "exchange:okx",
        reason: "HTTP 400: chat not found",
      }),
    ]);
  });

  test("retries are bounded: after the last one the message is parked", async () => {
    const alerts = bench.service();
    await bench.queueOne(alerts);
    const refusal: SendResult = { kind: "retry_after", waitMs: 1, reason: "HTTP 429" };
    bench.messenger.answers.push(...Array.from({ length: MAX_ATTEMPTS + 10 }, () => refusal));
    for (let i = 0; i < MAX_ATTEMPTS + 10; i += 1) {
      await alerts.deliver();
      await bench.clock.advance(1);
    }
    expect(bench.messenger.calls).toBe(MAX_ATTEMPTS);
    expect(bench.events("alert_parked")).toHaveLength(1);
  });

  test("yesterday's message is parked, not sent", async () => {
    const alerts = bench.service();
    await bench.queueOne(alerts);
    await bench.clock.advance(MAX_MESSAGE_AGE_MS + 1);
    await alerts.deliver();
    expect(bench.messenger.calls).toBe(0);
    expect(bench.events("alert_parked")).toHaveLength(1);
  });

  test("sent messages are deleted after a week", async () => {
    const alerts = bench.service();
    await bench.queueOne(alerts);
    await alerts.deliver();
    const rowsAfter = async (ms: number): Promise<number> => {
      await bench.clock.advance(ms);
      await bench.queueOne(alerts);
      return bench.rows("alert_outbox");
    };
    expect(await rowsAfter(7 * 86_400_000)).toBe(1);
    expect(await rowsAfter(3_600_000)).toBe(0);
  });

  test("without a messenger nothing is stored", async () => {
    const silent = bench.service([]);
    await bench.queueOne(silent);
    await bench.tick(silent);
    expect(bench.rows("alert_outbox")).toBe(0);
    expect(bench.rows("alert_states")).toBe(0);
  });
});

describe("with the Bot API", () => {
  const TOKEN = "123456:a-secret-token";

  test("the message arrives after a 429, and neither the log nor a row contains the token", async () => {
    const api = startBotApi({ token: TOKEN, chatId: "42" });
    try {
      const telegram = createTelegram({
        post: createOutbound({ clock: bench.clock, random: () => 0.5, userAgent: "test" }).post,
        botToken: new Secret(TOKEN),
        chatId: "42",
        apiOrigin: api.origin,
      });
      api.answerNext(
        {
          status: 429,
          body: { ok: false, description: `no ${TOKEN}`, parameters: { retry_after: 5 } },
        },
        { status: 401, body: { ok: false, description: `/bot${TOKEN}/ is wrong` } },
      );
      const alerts = bench.service([telegram]);
      bench.scene.allWell();
      for (const id of ["okx", "kraken"] as const)
        bench.scene.fail(id, "geo_blocked", "HTTP 451 <html>&");
      await bench.tick(alerts);
      expect(api.messages).toEqual([]);
      await bench.clock.advance(5_000);
      await alerts.deliver();
      // The first was refused permanently by the scripted 401.
      expect(api.messages.map((message) => message.text)).toEqual([
        expect.stringMatching(/^kraken: geo-blocked/),
      ]);
      const rows = JSON.stringify(bench.connect().query("SELECT * FROM alert_outbox").all());
      expect(rows).toContain("is wrong");
      expect(bench.lines.join("") + rows).not.toContain("a-secret-token");
    } finally {
      await api.stop();
    }
  });
});
