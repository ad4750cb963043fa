import { expect, test } from "bun:test";
import { start } from "../support/collecting.ts";
import { testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";
import { storedSeries } from "../support/stored-history.ts";

const MINUTE_MS = 60_000;

test("the past of a delisted instrument has an end, which is taken back if it returns", async () => {
  using database = testDatabase();
  const clock = new ManualClock(NOON_MS);
  const bases = Array.from({ length: 40 }, (_, n) => `C${n}`);
  let listed = bases;
  const okx = scriptedExchange("okx", () =>
    batchOf(listed.map((base) => quoteOf(base, { receivedAtMs: clock.nowMs() }))),
  );
  const run = start(database, [okx], clock, () => 0);
  await clock.advance(5 * MINUTE_MS);
  const lastSeenMs = database.db
    .query<{ at: number }, []>("SELECT max(last_seen) AS at FROM instruments")
    .get()?.at;
  listed = bases.slice(0, -1);
  await clock.advance(16 * MINUTE_MS);
  const endOf = (base: string) =>
    storedSeries(database.path).find(({ series }) => series.base === base)?.series.endedAt;
  expect([endOf("C39"), endOf("C0")]).toEqual([lastSeenMs, null]);
  listed = bases;
  await clock.advance(12 * MINUTE_MS);
  expect(endOf("C39")).toBeNull();
  await run.stop();
});
