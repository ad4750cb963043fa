import { describe, expect, test } from "bun:test";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import { HistoryInFolder } from "../support/history.ts";
import { expectEverySample, type StoredRefresh } from "../support/read-samples.ts";
import { batchOf, samplingInto } from "../support/sampled-market.ts";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
const START_S = Date.UTC(2026, 3, 1) / 1000;
const FAR_S = START_S + 130 * DAY_S + HOUR_S;
const EXCHANGES = ["bybit", "okx"] as const;
const BASES = ["BTC", "ETH", "SOL"];

/** Two days, every half hour: thinning leaves all of them. */
const WRITTEN: readonly StoredRefresh[] = EXCHANGES.flatMap((exchange) =>
  Array.from({ length: 96 }, (_, n) => ({ exchange, at: START_S + n * 1800 })),
);

function writtenInto(sampling: ReturnType<typeof samplingInto>): void {
  for (const { exchange, at } of WRITTEN)
    sampling.write(exchange, at, batchOf(exchange, BASES, at));
}

function thinned({ db }: HistoryInFolder): readonly unknown[] {
  return db
    .query("SELECT exchange FROM sample_periods WHERE span = 'thinned' AND complete = 1")
    .values()
    .flat();
}

/** What fails for bybit alone, in each step. */
const FAILING = [
  ["an hour", "INSERT ON main.sample_hours WHEN new.exchange = 'bybit'"],
  ["a day", "INSERT ON main.sample_days WHEN new.exchange = 'bybit'"],
  ["a frame", "INSERT ON main.sample_frames WHEN new.exchange = 'bybit'"],
  [
    "a month",
    "INSERT ON main.sample_months WHEN new.series_id IN (SELECT id FROM series WHERE exchange = 'bybit')",
  ],
  [
    "a thinned month",
    "INSERT ON main.sample_periods WHEN new.exchange = 'bybit' AND new.span = 'thinned'",
  ],
] as const;

test.each(FAILING)("%s of one exchange that cannot be stored stops no other one", (_, event) => {
  using past = new HistoryInFolder();
  const failures: string[] = [];
  const sampling = samplingInto(past.db, {
    onFailure: ({ exchange }, error) => failures.push(`${exchange}: ${String(error)}`),
  });
  writtenInto(sampling);
  past.db.run(
    `CREATE TEMP TRIGGER failing BEFORE ${event} BEGIN SELECT raise(ABORT, 'failing'); END`,
  );
  sampling.rollUpAll(FAR_S);
  expect(thinned(past)).toEqual(["okx"]);
  expectEverySample(past.db, WRITTEN);
  expect(failures).toEqual(["bybit: SQLiteError: failing"]);
  // Once a night, until it succeeds.
  sampling.rollUpAll(FAR_S + HOUR_S);
  expect(failures).toHaveLength(1);
  sampling.rollUpAll(FAR_S + DAY_S);
  expect(failures).toHaveLength(2);
  past.db.run("DROP TRIGGER failing");
  sampling.rollUpAll(FAR_S + 2 * DAY_S);
  expect(failures).toHaveLength(2);
  expect(thinned(past).toSorted()).toEqual(["bybit", "okx"]);
  expectEverySample(past.db, WRITTEN);
});

describe("a failure that is not of one exchange ends the step, and nothing is put off", () => {
  const locked = Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" });
  const damaged = Object.assign(new Error("malformed"), { code: "SQLITE_CORRUPT" });

  test.each([
    ["another collector", new EpochLost(1, 2)],
    ["a locked file", locked],
    ["a damaged file", damaged],
  ])("%s", (_, error) => {
    using past = new HistoryInFolder();
    let failing = false;
    const write = <T>(work: () => T): T => {
      if (failing) throw error;
      return sampling.epochs.write(sampling.epoch, work);
    };
    const sampling: ReturnType<typeof samplingInto> = samplingInto(past.db, { write });
    writtenInto(sampling);
    failing = true;
    expect(() => sampling.rollUpAll(FAR_S)).toThrow(error);
    failing = false;
    sampling.rollUpAll(FAR_S);
    expect(thinned(past).toSorted()).toEqual(["bybit", "okx"]);
    expectEverySample(past.db, WRITTEN);
  });
});
