import { describe, expect, test } from "bun:test";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { start } from "../support/collecting.ts";
import { testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { paymentsEvery, withPast } from "../support/past-exchange.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";
import { storedSeries } from "../support/stored-history.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LISTED_MS = NOON_MS - 5 * 24 * HOUR_MS;
/** An accepted batch lacks one of so many. */
const BASES = Array.from({ length: 30 }, (_, n) => `C${n}`);
const ENDING = "C29";

/** What the exchange sends of the contract once it is delisted. */
type Afterwards = "its past" | "nothing" | "an error";

/**
 * okx with a past of payments every eight hours, one of whose contracts is delisted at 20:00: the last time that its
 * past was read is 12:30, and it was charged at 16:00.
 */
async function delisted(afterwards: Afterwards) {
  const database = testDatabase();
  const clock = new ManualClock(NOON_MS + 30 * MINUTE_MS);
  let isListed = true;
  const endMs = NOON_MS + 8 * HOUR_MS;
  const okx = withPast(
    scriptedExchange("okx", () =>
      batchOf(
        BASES.filter((base) => isListed || base !== ENDING).map((base) =>
          quoteOf(base, {
            receivedAtMs: clock.nowMs(),
            listedAtMs: LISTED_MS,
            nextFundingAtMs: null,
          }),
        ),
      ),
    ),
    {
      paging: { by: "time", sends: "newest" },
      rows: 20,
      payments: (symbol) => {
        if (symbol !== `${ENDING}USDT` || isListed)
          return paymentsEvery(8, LISTED_MS, clock.nowMs());
        return afterwards === "nothing" ? [] : paymentsEvery(8, LISTED_MS, endMs);
      },
      before: ({ instrument }) => {
        if (afterwards === "an error" && !isListed && instrument.exchangeSymbol === `${ENDING}USDT`)
          throw new RequestFailure("http", "HTTP 400", { status: 400 });
      },
    },
  );
  const run = start(database, [okx], clock, () => 0);
  await clock.advance(30_000);
  clock.setWall(endMs);
  await clock.advance(2 * MINUTE_MS);
  isListed = false;
  const stored = () => {
    const found = storedSeries(database.path).find(({ series }) => series.base === ENDING);
    if (found === undefined) throw new Error("it has no series");
    const hours = found.settlements.map(({ slotMs }) => (slotMs - NOON_MS) / HOUR_MS);
    return { hours, progress: found.backfill, endedAtMs: found.series.endedAt };
  };
  return {
    clock,
    stored,
    /** How often its newest payments were asked for: each reading begins now. */
    readings: () => {
      const own = okx.requests.filter(
        ({ instrument }) => instrument.exchangeSymbol === `${ENDING}USDT`,
      );
      return own.filter(({ toMs }, nth) => toMs > (own[nth - 1]?.toMs ?? 0)).length;
    },
    /** Lets days pass; every six hours it is looked whether anything is due. */
    async pass(days: number) {
      for (let nth = 0; nth < 4 * days; nth += 1) {
        clock.setWall(clock.nowMs() + 6 * HOUR_MS - 6 * MINUTE_MS);
        await clock.advance(6 * MINUTE_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      await run.stop();
      database[Symbol.dispose]();
    },
  };
}

describe("the past of a contract that is delisted", () => {
  test("is read to its end at once, a day later for what is published late, and never again", async () => {
    await using scene = await delisted("its past");
    const { clock, stored, readings, pass } = scene;
    expect(stored().hours.at(-1)).toBe(-4);
    const before = readings();
    await clock.advance(25 * MINUTE_MS);
    expect(stored().hours.slice(-2)).toEqual([-4, 4]);
    const { endedAtMs, progress } = stored();
    expect(progress?.readToMs).toBeGreaterThanOrEqual(endedAtMs ?? Number.NaN);
    expect(readings()).toBe(before + 1);
    await pass(3);
    expect(readings()).toBe(before + 2);
  });

  test.each(["nothing", "an error"] as const)(
    "is asked for six times if the exchange sends %s, and then left as unread as it is",
    async (afterwards) => {
      await using scene = await delisted(afterwards);
      const { clock, stored, readings, pass } = scene;
      const before = readings();
      await clock.advance(25 * MINUTE_MS);
      expect(readings()).toBe(before + 1);
      await pass(3);
      expect(readings()).toBe(before + 6);
      const { hours, progress, endedAtMs } = stored();
      expect(hours.at(-1)).toBe(-4);
      expect(progress?.failuresInRow).toBe(6);
      expect(progress?.readToMs).toBeLessThan(endedAtMs ?? 0);
    },
  );
});
