import { describe, expect, test } from "bun:test";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { start, storedState } from "../support/collecting.ts";
import { testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";

const MINUTE_MS = 60_000;

describe("after a failure", () => {
  test("an exchange that keeps failing is tried less and less often, finally every five minutes", async () => {
    using database = testDatabase();
    const okx = scriptedExchange("okx", () => {
      throw new RequestFailure("network", "the connection failed");
    });
    const run = start(database, [okx]);
    // 1, 1, 2, 4, 5, 5 … minutes between tries.
    for (const [minutes, refreshes] of [
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 4],
      [4, 5],
      [5, 6],
      [5, 7],
    ] as const) {
      await run.clock.advance(minutes * MINUTE_MS);
      expect(okx.refreshes).toBe(refreshes);
    }
    await run.stop();
  });

  test.each([
    ["rate_limited", 7 * MINUTE_MS, 7],
    ["rate_limited", null, 1],
    ["rate_limited", 3 * 24 * 60 * MINUTE_MS, 10],
    ["banned", 7 * MINUTE_MS, 7],
    ["banned", null, 2],
    ["geo_blocked", null, 2],
    ["geo_blocked", 24 * 60 * MINUTE_MS, 2],
  ] as const)(
    "%s with Retry-After %p waits %p minutes, also across a restart",
    async (kind, retryAfterMs, minutes) => {
      using database = testDatabase();
      const okx = scriptedExchange("okx", () => {
        throw new RequestFailure(kind, "no", { retryAfterMs });
      });
      const first = start(database, [okx]);
      await first.clock.advance(2_000);
      await first.stop();
      expect(okx.refreshes).toBe(1);
      const second = start(database, [okx], first.clock);
      await second.clock.advance(minutes * MINUTE_MS - 4_000);
      expect(okx.refreshes).toBe(1);
      await second.clock.advance(5_000);
      expect(okx.refreshes).toBe(2);
      await second.stop();
    },
  );

  test("a persistent block is retried after 2, 4, 8, 16, 30 and 30 minutes, also across a restart; a new one after 2", async () => {
    using database = testDatabase();
    let blocked = true;
    const okx = scriptedExchange("okx", () => {
      if (blocked) throw new RequestFailure("geo_blocked", "HTTP 451");
      return batchOf([quoteOf("BTC")]);
    });
    const clock = new ManualClock(NOON_MS);
    const noJitter = (): number => 0;
    let run = start(database, [okx], clock, noJitter);
    await clock.advance(1);
    for (const [minutes, refreshes] of [
      [2, 2],
      [4, 3],
      [8, 4],
      [16, 5],
      [30, 6],
      [30, 7],
    ] as const) {
      if (minutes === 8) {
        await run.stop();
        run = start(database, [okx], clock, noJitter);
      }
      await clock.advance(minutes * MINUTE_MS - 2);
      expect([minutes, okx.refreshes]).toEqual([minutes, refreshes - 1]);
      await clock.advance(2);
      expect([minutes, okx.refreshes]).toEqual([minutes, refreshes]);
    }
    blocked = false;
    await clock.advance(30 * MINUTE_MS);
    expect(storedState(database, "okx")?.failureKind).toBeNull();
    blocked = true;
    await clock.advance(MINUTE_MS);
    const state = storedState(database, "okx");
    expect(state?.failureKind).toBe("geo_blocked");
    expect(state?.retryAtMs).toBe((state?.lastAttemptAtMs ?? 0) + 2 * MINUTE_MS);
    await run.stop();
  });
});

describe("one bad instrument list", () => {
  const BASES = ["A", "B", "C", "D", "E", "F", "G", "H"];

  /** Rates are complete, but only what the list names is shown, and the list is requested once an hour. */
  function listed(listNow: () => readonly string[]) {
    const okx = scriptedExchange("okx", () => batchOf([]));
    const requestedIn: number[] = [];
    okx.refresh = async (source) => {
      okx.refreshes += 1;
      const list = await source.instruments("list", 60 * MINUTE_MS, () => {
        requestedIn.push(okx.refreshes);
        return Promise.resolve(listNow());
      });
      const quotes = list.value.map((base) => quoteOf(base));
      return { ...batchOf(quotes, { expected: BASES.length }), explain: () => null };
    };
    return { okx, requestedIn };
  }

  test("that causes a batch to be refused is fetched again immediately, not after its hour", async () => {
    using database = testDatabase();
    let list = BASES.slice(0, 1);
    const { okx, requestedIn } = listed(() => list);
    const run = start(database, [okx]);
    await run.clock.advance(2_000);
    expect(storedState(database, "okx")?.failureKind).toBe("refused_batch");
    list = BASES;
    await run.clock.advance(MINUTE_MS + 5_000);
    expect(storedState(database, "okx")).toMatchObject({ failureKind: null, symbols: 8 });
    await run.clock.advance(30 * MINUTE_MS);
    expect(requestedIn).toEqual([1, 2]);
    await run.stop();
  });

  test("that leaves an exchange with only some of its instruments is fetched again once", async () => {
    using database = testDatabase();
    let list = BASES.slice(0, 6);
    const { okx, requestedIn } = listed(() => list);
    const run = start(database, [okx]);
    await run.clock.advance(2_000);
    expect(storedState(database, "okx")).toMatchObject({ failureKind: null, symbols: 6 });
    list = BASES.slice(0, 7);
    await run.clock.advance(10 * MINUTE_MS);
    expect(storedState(database, "okx")?.symbols).toBe(7);
    expect(requestedIn).toEqual([1, 2]);
    await run.stop();
  });
});
