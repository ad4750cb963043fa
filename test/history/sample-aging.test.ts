import { afterAll, describe, expect, test } from "bun:test";
import { BoardReader } from "../../src/db/history/board-reader.ts";
import { NotAsWritten } from "../../src/db/history/roll-up/context.ts";
import { RETENTION_DEFAULTS } from "../../src/db/history/roll-up/roll-up.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { HistoryInFolder } from "../support/history.ts";
import { expectEverySample, rowOf, type StoredRefresh } from "../support/read-samples.ts";
import { batchOf, sampleOf, samplingInto } from "../support/sampled-market.ts";

const DAY_S = 86_400;
const START_S = Date.UTC(2026, 3, 1) / 1000;
const BASES = ["BTC", "ETH", "SOL"];

/** Samples okx every so many seconds and rolls up now and then. */
function sample(
  sampling: ReturnType<typeof samplingInto>,
  from: number,
  to: number,
  everyS: number,
): StoredRefresh[] {
  const stored: StoredRefresh[] = [];
  for (let at = from; at < to; at += everyS) {
    sampling.write("okx", at, batchOf("okx", BASES, at));
    stored.push({ exchange: "okx", at });
    if (stored.length % 100 === 0) sampling.rollUpAll(at);
  }
  return stored;
}

function count(history: HistoryInFolder, table: string): number {
  return history.db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
}

const LAYERS = ["refreshes", "hours", "days", "months", "frames"].map((layer) => `sample_${layer}`);

describe("a damaged blob", () => {
  // In each layer: the last hour is not closed.
  const history = new HistoryInFolder();
  afterAll(() => history[Symbol.dispose]());
  const endS = START_S + 70 * DAY_S + 39_100;
  const sampling = samplingInto(history.db);
  const stored = sample(sampling, START_S, endS, 3000);
  sampling.rollUpAll(endS);

  test.each(LAYERS)("in %s is named and left out, everything else is read", (table) => {
    expectEverySample(history.db, stored);
    const [{ blob } = { blob: new Uint8Array() }] = history.db
      .query<{ blob: Uint8Array }, []>(`SELECT blob FROM ${table}`)
      .all();
    const flipped = blob.slice();
    flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 16;
    const replace = history.db.query(`UPDATE ${table} SET blob = ? WHERE blob = ?`);
    replace.run(flipped, blob);
    const reader = new SampleReader(history.db);
    const damages = new Set<string>();
    for (let id = 1; id <= BASES.length; id += 1) {
      const read = reader.read({ id, exchange: "okx" }, 0, 4e9);
      for (const { reason } of read.damages) damages.add(reason);
      read.columns.times.forEach((at, index) => {
        const original = sampleOf(`okx ${BASES[id - 1]}`, at);
        expect(original).not.toBeNull();
        if (original !== null) expect(read.columns.rates[index]).toBe(rowOf(at, original)[1]);
      });
    }
    for (let at = START_S; at < endS; at += 10_000) {
      const board = new BoardReader(history.db).at(at, new Map([["okx", 4000]]));
      for (const { reason } of board.damages) damages.add(reason);
    }
    expect([...damages]).toContain("its checksum does not match");
    replace.run(blob, flipped);
  });
});

describe("what is stored in another form than it was written", () => {
  const SPOILED = ["sample_hours", "sample_days", "sample_months", "sample_frames"];

  test.each(SPOILED)("in %s fails before anything is deleted", (table) => {
    using past = new HistoryInFolder();
    const sampling = samplingInto(past.db);
    past.db.run(`CREATE TEMP TRIGGER spoil AFTER INSERT ON main.${table} BEGIN
      UPDATE ${table} SET blob = zeroblob(length(blob)) WHERE rowid = new.rowid; END`);
    const written: StoredRefresh[] = [];
    for (let at = START_S; at < START_S + 2 * DAY_S; at += 1800) {
      sampling.write("okx", at, batchOf("okx", BASES, at));
      written.push({ exchange: "okx", at });
    }
    const end = START_S + 70 * DAY_S;
    expect(() => sampling.rollUpAll(end)).toThrow(NotAsWritten);
    expectEverySample(past.db, written);
    past.db.run("DROP TRIGGER spoil");
    // In the next night.
    sampling.rollUpAll(end + DAY_S);
    expectEverySample(past.db, written);
    expect(LAYERS.map((layer) => count(past, layer))).toEqual([0, 0, 0, BASES.length, 2]);
  });
});

describe("old samples", () => {
  const history = new HistoryInFolder();
  afterAll(() => history[Symbol.dispose]());
  const until = START_S + 30 * DAY_S;
  const stored = sample(samplingInto(history.db), START_S, until, 120);

  test("are thinned after 90 days to the first of each five minutes, prices to one an hour", () => {
    const sampling = samplingInto(history.db);
    const bytes = () =>
      history.db.query<{ n: number }, []>("SELECT sum(length(blob)) AS n FROM sample_months").get()
        ?.n ?? 0;
    sampling.rollUpAll(until + 80 * DAY_S);
    expectEverySample(history.db, stored);
    const full = bytes();
    sampling.rollUpAll(until + 100 * DAY_S);
    const periods = new Set<number>();
    const kept = stored.filter(({ at }) => {
      const period = Math.floor(at / 300);
      const isFirst = !periods.has(period);
      periods.add(period);
      return isFirst;
    });
    expectEverySample(history.db, kept);
    expect(bytes()).toBeLessThan(full / 1.5);
    const { columns } = new SampleReader(history.db).read({ id: 1, exchange: "okx" }, 0, 4e9);
    const hours = [...columns.market.at].map((index) =>
      Math.floor((columns.times[index] ?? 0) / 3600),
    );
    expect(new Set(hours).size).toBe(hours.length);
    expect(hours.length).toBeGreaterThan(500);
    // A second time there is nothing to do.
    expect(samplingInto(history.db).rollUp.step((until + 100 * DAY_S) * 1000)).toBe("done");
  });

  test("are deleted when they are too old, and the space is given back", () => {
    const pages = () =>
      history.db.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count ?? 0;
    const before = pages();
    const sampling = samplingInto(history.db, {
      retention: { ...RETENTION_DEFAULTS, samplesDays: 120 },
      keptFreePages: 0,
    });
    sampling.rollUpAll(until + 119 * DAY_S);
    expect(count(history, "sample_months")).toBe(BASES.length);
    sampling.rollUpAll(until + 122 * DAY_S);
    for (const table of [...LAYERS, "sample_periods"]) expect(count(history, table)).toBe(0);
    // What was known last about each series is still what is known.
    expect(count(history, "series_events")).toBeLessThanOrEqual(3 * BASES.length);
    expect(count(history, "series_events")).toBeGreaterThan(0);
    expect(history.db.query("PRAGMA freelist_count").get()).toEqual({ freelist_count: 0 });
    expect(pages()).toBeLessThan(before / 2);
    expect(history.db.query("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
  });

  test("settlements are kept for as long as is set, by default for ever", () => {
    const add = history.db.query(
      "INSERT INTO settlements (series_id, slot, offset_seconds, rate, origin) VALUES (1, ?, 0, 0.1, 0)",
    );
    history.db.run(
      `INSERT INTO series (uid, exchange, exchange_symbol, base, quote, settle, multiplier, accrual, first_seen)
       VALUES ('okx:BTC:1', 'okx', 'BTC', 'BTC', 'USDT', 'USDT', 1, 'periodic', 0)`,
    );
    history.db.run(
      `INSERT INTO backfills (series_id, read_from, read_to, complete) VALUES (1, ${START_S}, ${START_S}, 1)`,
    );
    for (let day = 0; day < 300; day += 1) add.run(START_S + day * DAY_S);
    const today = START_S + 300 * DAY_S;
    samplingInto(history.db, { retention: RETENTION_DEFAULTS }).rollUpAll(today);
    expect(count(history, "settlements")).toBe(300);
    const retention = { samplesDays: null, settlementsDays: 30 };
    samplingInto(history.db, { retention }).rollUpAll(today);
    expect(count(history, "settlements")).toBe(30);
    // What was deleted is not expected any more.
    expect(history.db.query("SELECT read_from FROM backfills").get()).toEqual({
      read_from: today - 30 * DAY_S,
    });
  });
});
