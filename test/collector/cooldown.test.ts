import { describe, expect, test } from "bun:test";
import { Cooldown, RequestCooldown } from "../../src/collector/cooldown.ts";
import { ExchangeSource } from "../../src/collector/source.ts";
import type { ExchangeHttp } from "../../src/exchanges/exchange.ts";
import { NotSent, RequestFailure } from "../../src/lib/request-failure.ts";
import { start, storedState } from "../support/collecting.ts";
import { testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const KEYS = ["A", "B", "C", "D"];
const ANSWERS = [
  ["geo_blocked", 451, 10 * SECOND_MS],
  ["geo_blocked", 451, null],
  ["banned", 418, 10 * SECOND_MS],
  ["rate_limited", 429, 10 * SECOND_MS],
  ["rate_limited", 429, null],
] as const;

describe("a single request by the exchange to wait", () => {
  test.each(ANSWERS)(
    "%s (%p, Retry-After %p) expires after a minute",
    async (kind, status, statedMs) => {
      const clock = new ManualClock();
      const cooldown = new Cooldown(clock);
      const request = new RequestCooldown(cooldown, clock, MINUTE_MS);
      request.failed(new RequestFailure(kind, "no", { status, retryAfterMs: statedMs }));
      for (let second = 0; second < 60; second += 1) {
        const refused = cooldown.refusal();
        if (refused !== null) {
          // While a client waits as requested, no request is refused.
          expect(request.leftMs()).toBe(cooldown.blockedMs());
          request.failed(refused);
          cooldown.note(refused);
        }
        await clock.advance(SECOND_MS);
      }
      expect([request.leftMs(), cooldown.leftMs(), cooldown.refusal()]).toEqual([0, 0, null]);
    },
  );

  test.each(ANSWERS)(
    "%s (%p, Retry-After %p), received by a rotation: rates are requested again afterwards, and always then",
    async (kind, status, statedMs) => {
      const clock = new ManualClock();
      const lifetime = new AbortController();
      let requests = 0;
      const during = (_signal: AbortSignal, refusal: () => unknown = () => null): ExchangeHttp => ({
        get: async (path) => {
          const refused = refusal();
          if (refused !== null) throw refused;
          if (path === "interest") requests += 1;
          if (path === "interest" && requests === 2)
            throw new RequestFailure(kind, "no", { status, retryAfterMs: statedMs });
          return JSON.parse("1");
        },
        postRead: () => Promise.reject(new Error("not requested")),
      });
      const from = new ExchangeSource({
        requests: { during, inFlight: 2, timeoutMs: 10 * SECOND_MS },
        clock,
        rotationMode: "background",
        periodMs: MINUTE_MS,
        sweepMs: 0,
        deadline: true,
        lifetime: lifetime.signal,
      });
      const statuses: string[] = [];
      for (let minute = 0; minute < 12; minute += 1) {
        const waited = from.ready();
        await clock.advance(MINUTE_MS);
        await waited;
        const { source } = from.cycle(lifetime.signal);
        const [rates] = await Promise.allSettled([
          source.essential("rates", (http) => http.get("rates", () => 1)),
          source.rotation("interest", KEYS, 4 * MINUTE_MS, (http) => http.get("interest", () => 1)),
        ]);
        statuses.push(rates.status);
        await clock.advance(MINUTE_MS);
      }
      lifetime.abort();
      expect(new Set(statuses)).toEqual(new Set(["fulfilled"]));
      expect(requests).toBeGreaterThan(12);
    },
  );

  test("for one path is identified by its type while the request is skipped, with the answer that caused it", async () => {
    const clock = new ManualClock();
    const request = new RequestCooldown(new Cooldown(clock), clock, MINUTE_MS);
    const answer = new RequestFailure("banned", "HTTP 403", { status: 403 });
    request.failed(answer);
    const { reason } = request;
    expect(reason).toBeInstanceOf(NotSent);
    expect(reason).toMatchObject({ answer, kind: "banned", retryAfterMs: 2 * MINUTE_MS });
    request.failed(reason);
    await clock.advance(2 * MINUTE_MS);
    expect([request.leftMs(), request.reason]).toEqual([0, null]);
  });

  test("lengthens the exchange's pause once, however many refreshes are skipped because of it", async () => {
    using database = testDatabase();
    const answer = new RequestFailure("geo_blocked", "HTTP 451", { status: 451 });
    let isOver = false;
    const okx = scriptedExchange("okx", () => {
      if (isOver) return batchOf([quoteOf("BTC")]);
      throw new NotSent(answer, "left out", 10 * SECOND_MS);
    });
    const run = start(database, [okx], new ManualClock(NOON_MS), () => 0);
    await run.clock.advance(1);
    expect(storedState(database, "okx")).toMatchObject({ failureKind: "geo_blocked" });
    // Two minutes for the answer itself, then the period.
    for (const [minutes, refreshes] of [
      [2, 2],
      [1, 3],
      [1, 4],
      [1, 5],
    ] as const) {
      await run.clock.advance(minutes * MINUTE_MS);
      expect([minutes, okx.refreshes]).toEqual([minutes, refreshes]);
    }
    isOver = true;
    await run.clock.advance(MINUTE_MS);
    expect(storedState(database, "okx")?.failureKind).toBeNull();
    await run.stop();
  });
});
