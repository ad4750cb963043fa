import { describe, expect, test } from "bun:test";
import { BoardReader } from "../../src/db/history/board-reader.ts";
import { HistoryEpochRepository } from "../../src/db/history/epoch-repository.ts";
import { RETENTION_DEFAULTS, RollUp } from "../../src/db/history/roll-up/roll-up.ts";
import { EVENT_KINDS } from "../../src/db/history/sample-schema.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import type { SampledTime } from "../../src/db/history/sample-writer.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { expectEverySample, type StoredRefresh } from "../support/read-samples.ts";
import { batchOf, plainSample, PROGRAM_VERSION, samplingInto } from "../support/sampled-market.ts";

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const YEAR_S = 365 * DAY_S;
const START_S = Date.UTC(2026, 3, 1) / 1000;
const BASES = ["BTC", "ETH", "SOL"];

/** Samples of okx every so many seconds. */
function sampled(
  sampling: ReturnType<typeof samplingInto>,
  { fromS, toS, everyS }: { readonly fromS: number; readonly toS: number; readonly everyS: number },
): readonly StoredRefresh[] {
  const times = Array.from({ length: (toS - fromS) / everyS }, (_, n) => fromS + n * everyS);
  return times.map((at) => {
    expect(sampling.write("okx", at, batchOf("okx", BASES, at))).toBe("stored");
    return { exchange: "okx", at };
  });
}

/** The roll-up of a collector that starts now, with the settings of the service. */
function rollUpOf({ db }: HistoryInFolder): { readonly at: (nowS: number) => void } {
  const epochs = new HistoryEpochRepository(db);
  const epoch = epochs.takeOver();
  const rollUp = new RollUp(db, {
    write: (work) => epochs.write(epoch, work),
    programVersion: PROGRAM_VERSION,
    retention: RETENTION_DEFAULTS,
    onDamage: (exchange, { reason }) => {
      throw new Error(`${exchange}: ${reason}`);
    },
    onFailure: (_, error) => {
      throw error;
    },
  });
  return {
    at: (nowS) => {
      while (rollUp.step(nowS * 1000) === "more");
    },
  };
}

test("a clock that is years ahead for a moment has nothing merged, thinned or deleted", () => {
  using past = new HistoryInFolder();
  const toS = START_S + 40 * DAY_S;
  const stored = sampled(samplingInto(past.db), { fromS: START_S, toS, everyS: 2 * HOUR_S });
  const rollUp = rollUpOf(past);
  rollUp.at(toS);
  const years = toS + 5 * YEAR_S;
  // While it runs, and before its first night.
  rollUp.at(years);
  expectEverySample(past.db, stored);
  const restarted = rollUpOf(past);
  restarted.at(years);
  expectEverySample(past.db, stored);
  restarted.at(toS + DAY_S);
  expectEverySample(past.db, stored);
  // In the next night it is the time.
  restarted.at(toS + 2 * DAY_S);
  restarted.at(years);
  restarted.at(years + DAY_S);
  expect(past.db.query("SELECT * FROM sample_months").all()).toEqual([]);
});

test("a day that is complete is not replaced by a few samples of a clock that was wrong", () => {
  using past = new HistoryInFolder();
  const sampling = samplingInto(past.db);
  const day = { fromS: START_S, toS: START_S + DAY_S, everyS: HOUR_S };
  const stored = sampled(sampling, day);
  sampling.rollUpAll(START_S + 2 * DAY_S);
  using other = new HistoryInFolder();
  const few = samplingInto(other.db);
  sampled(few, { fromS: START_S, toS: START_S + HOUR_S, everyS: 5 * MINUTE_S });
  few.rollUpAll(START_S + 2 * HOUR_S);
  const columns = "exchange, hour, hours, blob";
  past.db.run(`ATTACH '${other.file.path}' AS other`);
  past.db.run(`INSERT INTO sample_hours (${columns}) SELECT ${columns} FROM other.sample_hours`);
  past.db.run("DETACH other");
  expect(past.db.query("SELECT count(*) AS n FROM sample_hours").get()).toEqual({ n: 1 });
  sampling.rollUpAll(START_S + 3 * DAY_S);
  expectEverySample(past.db, stored);
  expect(past.db.query("SELECT count(*) AS n FROM sample_hours").get()).toEqual({ n: 0 });
});

test("after a failed write, a clock that went back does not put samples between those stored", () => {
  using past = new HistoryInFolder();
  const sampling = samplingInto(past.db);
  const series = seriesOf("BTC");
  const write = (second: number) => {
    const sample = plainSample({ rate: second / 1e6 });
    const refresh = [{ series, sample, flags: 0, assetId: null }];
    return sampling.write("okx", START_S + second, refresh);
  };
  expect([write(0), write(60)]).toEqual(["stored", "stored"]);
  past.db.run(
    "CREATE TEMP TRIGGER full BEFORE INSERT ON main.sample_refreshes BEGIN SELECT raise(ABORT, 'disk full'); END",
  );
  expect(() => write(120)).toThrow("disk full");
  past.db.run("DROP TRIGGER full");
  expect([write(30), write(120)]).toEqual(["late", "stored"]);
  const { columns } = new SampleReader(past.db).read({ id: 1, exchange: "okx" }, 0, START_S + 1e6);
  expect([...columns.rates]).toEqual([0, 60e-6, 120e-6]);
});

describe("samples with a time that is still to come", () => {
  const CONFIRMED = { isTimeConfirmed: true };

  /** Ten right minutes of okx and bybit, then ten of each by a clock that is three hours ahead. */
  function sampledAhead(past: HistoryInFolder) {
    const sampling = samplingInto(past.db);
    const right: StoredRefresh[] = [];
    const aheadS = START_S + 3 * HOUR_S;
    for (const from of [START_S, aheadS])
      for (let minute = 0; minute < 10; minute += 1)
        for (const exchange of ["okx", "bybit"] as const) {
          const at = from + minute * MINUTE_S;
          expect(sampling.write(exchange, at, batchOf(exchange, BASES, at))).toBe("stored");
          if (from === START_S) right.push({ exchange, at });
        }
    /** Stores one more right refresh, if it is not refused. */
    const write = (at: number, time?: SampledTime) => {
      const written = sampling.write("okx", at, batchOf("okx", BASES, at), time);
      if (written === "stored") right.push({ exchange: "okx", at });
      return written;
    };
    return { sampling, right, aheadS, write };
  }

  const ofOkx = (refreshes: readonly StoredRefresh[]) =>
    refreshes.filter(({ exchange }) => exchange === "okx");

  const eventsAfter = ({ db }: HistoryInFolder, at: number, exchange: string): unknown =>
    db
      .query<{ n: number }, [number, string]>(
        `SELECT count(*) AS n FROM series_events
         WHERE at > ? AND series_id IN (SELECT id FROM series WHERE exchange = ?)`,
      )
      .get(at, exchange)?.n;

  test("are removed once the time is confirmed, of that exchange, and the right ones go on in their order", () => {
    using past = new HistoryInFolder();
    const { sampling, right, aheadS, write } = sampledAhead(past);
    const nowS = START_S + 12 * MINUTE_S;
    expect(write(nowS)).toBe("late");
    expect(sampling.removed).toEqual([]);
    expect(eventsAfter(past, nowS, "okx")).not.toBe(0);
    expect(write(nowS, CONFIRMED)).toBe("stored");
    expect(sampling.removed).toEqual([
      { exchange: "okx", from: nowS + 2 * MINUTE_S, to: aheadS + 9 * MINUTE_S },
    ]);
    expect(eventsAfter(past, nowS, "okx")).toBe(0);
    expect(eventsAfter(past, nowS, "bybit")).not.toBe(0);
    // Through the hours of the removed ones, closed as they pass.
    for (let at = nowS + MINUTE_S; at < aheadS + HOUR_S; at += MINUTE_S) {
      expect(write(at, CONFIRMED)).toBe("stored");
      sampling.rollUp.step(at * 1000);
    }
    sampling.rollUpAll(aheadS + HOUR_S);
    expect(sampling.removed).toHaveLength(1);
    past.db.run("DELETE FROM series WHERE exchange = 'bybit'");
    expectEverySample(past.db, ofOkx(right));
    const nobody = new BoardReader(past.db).at(START_S + 11 * MINUTE_S, new Map([["okx", 100]]));
    expect([...nobody.samples.values()].every(({ at }) => at <= START_S + 9 * MINUTE_S)).toBe(true);
  });

  test("leave no event behind, of any kind: it would hold from its time on", () => {
    using past = new HistoryInFolder();
    const sampling = samplingInto(past.db);
    const write = (at: number, multiplier: number, flags: number, assetId: string) =>
      sampling.write(
        "okx",
        at,
        [{ series: seriesOf("BTC", { multiplier }), sample: plainSample(), flags, assetId }],
        CONFIRMED,
      );
    expect(write(START_S, 1, 0, "BTC")).toBe("stored");
    expect(write(START_S + HOUR_S, 1000, 1, "BTC~2")).toBe("stored");
    expect(eventsAfter(past, START_S, "okx")).toBe(EVENT_KINDS.length);
    expect(write(START_S + MINUTE_S, 1, 0, "BTC")).toBe("stored");
    expect(eventsAfter(past, START_S, "okx")).toBe(0);
  });

  test("of hours that were closed too early are removed as well, but no hour that has begun", () => {
    using past = new HistoryInFolder();
    const { sampling, right, aheadS, write } = sampledAhead(past);
    sampling.rollUpAll(aheadS + HOUR_S + 5 * MINUTE_S);
    expect(write(START_S + 12 * MINUTE_S, CONFIRMED)).toBe("late");
    expect(sampling.removed).toHaveLength(1);
    expect(write(START_S + 13 * MINUTE_S, CONFIRMED)).toBe("late");
    expect(sampling.removed).toHaveLength(1);
    expect(write(START_S + HOUR_S, CONFIRMED)).toBe("stored");
    past.db.run("DELETE FROM series WHERE exchange = 'bybit'");
    expectEverySample(past.db, ofOkx(right));
  });

  test("are kept if they are no further ahead than two right clocks can differ", () => {
    using past = new HistoryInFolder();
    const sampling = samplingInto(past.db);
    const write = (at: number) => sampling.write("okx", at, batchOf("okx", BASES, at), CONFIRMED);
    expect(write(START_S + 2 * MINUTE_S)).toBe("stored");
    expect(write(START_S)).toBe("late");
    expect(sampling.removed).toEqual([]);
    expectEverySample(past.db, [{ exchange: "okx", at: START_S + 2 * MINUTE_S }]);
  });
});
