import { expect, test } from "bun:test";
import { BoardReader } from "../../src/db/history/board-reader.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { HistoryInFolder } from "../support/history.ts";
import { expectEverySample, type StoredRefresh } from "../support/read-samples.ts";
import { batchOf, sampleOf, samplingInto } from "../support/sampled-market.ts";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
const START_S = Date.UTC(2026, 3, 1) / 1000;
/** Long after the month has been merged and thinned. */
const FAR_S = START_S + 130 * DAY_S + HOUR_S;
const EXCHANGES = ["okx", "bybit"] as const;
const BASES = ["BTC", "ETH", "SOL"];

/** Two days, every half hour: thinning leaves all of them. */
const WRITTEN: readonly StoredRefresh[] = EXCHANGES.flatMap((exchange) =>
  Array.from({ length: 96 }, (_, n) => ({ exchange, at: START_S + n * 1800 })),
);

/** A blob of okx that is damaged when everything is rolled up to `atS`; null: nothing is. */
interface Damaged {
  readonly what: string;
  readonly atS: number | null;
  readonly column: "blob" | "axis";
  /** A table and the row of the blob in it. */
  readonly row: string;
  /** What cannot be read then. */
  readonly fromS: number;
  readonly lastsS: number;
}

const HOUR_2 = START_S + 2 * HOUR_S;
const MONTH_AT_S = START_S + 75 * DAY_S;
const DAY_AT_S = START_S + DAY_S + HOUR_S;

const CASES: readonly Damaged[] = [
  {
    what: "a refresh",
    atS: null,
    column: "blob",
    row: `sample_refreshes WHERE exchange = 'okx' AND at = ${HOUR_2}`,
    fromS: HOUR_2,
    lastsS: HOUR_S,
  },
  {
    what: "an hour",
    atS: START_S + 5 * HOUR_S,
    column: "blob",
    row: `sample_hours WHERE exchange = 'okx' AND hour = ${HOUR_2}`,
    fromS: HOUR_2,
    lastsS: HOUR_S,
  },
  {
    what: "joined hours",
    atS: START_S + 7 * HOUR_S,
    column: "blob",
    row: `sample_hours WHERE exchange = 'okx' AND hour = ${START_S}`,
    fromS: START_S,
    lastsS: 6 * HOUR_S,
  },
  {
    what: "a day",
    atS: DAY_AT_S,
    column: "blob",
    row: `sample_days WHERE exchange = 'okx' AND day = ${START_S}`,
    fromS: START_S,
    lastsS: DAY_S,
  },
  {
    what: "the times of a day",
    atS: DAY_AT_S,
    column: "axis",
    row: `sample_periods WHERE exchange = 'okx' AND start = ${START_S} AND span = 'day'`,
    fromS: START_S,
    lastsS: DAY_S,
  },
  {
    what: "the times of a month",
    atS: MONTH_AT_S,
    column: "axis",
    row: `sample_periods WHERE exchange = 'okx' AND start = ${START_S} AND span = 'month'`,
    fromS: START_S,
    lastsS: 31 * DAY_S,
  },
];

function unreadable({ db }: HistoryInFolder): number {
  const reader = new SampleReader(db);
  const ids = db.query<{ id: number }, []>("SELECT id FROM series WHERE exchange = 'okx'").all();
  return ids.flatMap(({ id }) => reader.read({ id, exchange: "okx" }, 0, 4e9).damages).length;
}

/** When okx has samples that can be read, by base. */
function timesOf({ db }: HistoryInFolder): Record<string, readonly number[]> {
  const reader = new SampleReader(db);
  const series = db
    .query<{ id: number; base: string }, []>("SELECT id, base FROM series WHERE exchange = 'okx'")
    .all();
  return Object.fromEntries(
    series.map(({ id, base }) => [
      base,
      [...reader.read({ id, exchange: "okx" }, 0, 4e9).columns.times],
    ]),
  );
}

/** When it was sampled outside of a range. */
function writtenOutside(fromS: number, toS: number): Record<string, readonly number[]> {
  const times = WRITTEN.flatMap(({ exchange, at }) =>
    exchange === "okx" && (at < fromS || at >= toS) ? [at] : [],
  );
  return Object.fromEntries(
    BASES.map((base) => [base, times.filter((at) => sampleOf(`okx ${base}`, at) !== null)]),
  );
}

/** The rows of each layer, and the periods. */
function layers({ db }: HistoryInFolder, exchange: string): readonly unknown[] {
  const count = (sql: string): unknown => db.query<{ n: number }, []>(sql).get()?.n;
  const own = `exchange = '${exchange}'`;
  return [
    ...["refreshes", "hours", "days", "frames"].map((layer) =>
      count(`SELECT count(*) AS n FROM sample_${layer} WHERE ${own}`),
    ),
    count(
      `SELECT count(*) AS n FROM sample_months WHERE series_id IN (SELECT id FROM series WHERE ${own})`,
    ),
    db.query(`SELECT span, complete FROM sample_periods WHERE ${own}`).all(),
  ];
}

const ALL_THINNED = [0, 0, 0, 2, BASES.length, [{ span: "thinned", complete: 1 }]];

test.each(CASES)(
  "$what that is damaged is kept, reported once a night, and rolled up once it is restored",
  ({ atS, column, row, fromS, lastsS }) => {
    using past = new HistoryInFolder();
    const reported: string[] = [];
    const sampling = samplingInto(past.db, {
      onDamage: (exchange, { reason }) => reported.push(`${exchange}: ${reason}`),
    });
    for (const { exchange, at } of WRITTEN)
      expect(sampling.write(exchange, at, batchOf(exchange, BASES, at))).toBe("stored");
    if (atS !== null) sampling.rollUpAll(atS);
    const read = () =>
      past.db.query<{ bytes: Uint8Array }, []>(`SELECT ${column} AS bytes FROM ${row}`).get()
        ?.bytes ?? null;
    const replace = (bytes: Uint8Array) =>
      past.db.query(`UPDATE ${row.replace(" WHERE", ` SET ${column} = ? WHERE`)}`).run(bytes);
    const whole = read() ?? new Uint8Array();
    const flipped = whole.slice();
    flipped[9] = (flipped[9] ?? 0) ^ 16;
    replace(flipped);
    expect(unreadable(past)).toBeGreaterThan(0);

    sampling.rollUpAll(FAR_S);
    expect(read()).toEqual(flipped);
    expect(unreadable(past)).toBeGreaterThan(0);
    expect(timesOf(past)).toEqual(writtenOutside(fromS, fromS + lastsS));
    expect(reported).toEqual(["okx: its checksum does not match"]);
    // The other exchange is not affected, and the same night nothing is repeated.
    expect(layers(past, "bybit")).toEqual(ALL_THINNED);
    sampling.rollUpAll(FAR_S + HOUR_S);
    expect(reported).toHaveLength(1);
    sampling.rollUpAll(FAR_S + DAY_S);
    expect(reported).toHaveLength(2);
    expect(read()).toEqual(flipped);

    replace(whole);
    expectEverySample(past.db, WRITTEN);
    sampling.rollUpAll(FAR_S + 2 * DAY_S);
    expect(reported).toHaveLength(2);
    expectEverySample(past.db, WRITTEN);
    expect(layers(past, "okx")).toEqual(ALL_THINNED);
  },
);

test("a series of a month that is damaged keeps the month from being thinned, until it is restored", () => {
  using past = new HistoryInFolder();
  const reported: string[] = [];
  const sampling = samplingInto(past.db, {
    onDamage: (exchange, { reason }) => reported.push(`${exchange}: ${reason}`),
  });
  for (const { exchange, at } of WRITTEN)
    sampling.write(exchange, at, batchOf(exchange, BASES, at));
  sampling.rollUpAll(MONTH_AT_S);
  const row = "series_id = (SELECT max(id) FROM series WHERE exchange = 'okx')";
  const read = () =>
    past.db.query<{ blob: Uint8Array }, []>(`SELECT blob FROM sample_months WHERE ${row}`).get()
      ?.blob ?? null;
  const replace = past.db.query(`UPDATE sample_months SET blob = ? WHERE ${row}`);
  const whole = read() ?? new Uint8Array();
  replace.run(whole.toReversed());
  sampling.rollUpAll(FAR_S);
  expect(read()).toEqual(whole.toReversed());
  expect(reported).toEqual(["okx: its checksum does not match"]);
  expect(layers(past, "bybit")).toEqual(ALL_THINNED);
  // Its times are kept as well: without them the restored one could not be read.
  replace.run(whole);
  expectEverySample(past.db, WRITTEN);
  sampling.rollUpAll(FAR_S + DAY_S);
  expectEverySample(past.db, WRITTEN);
  expect(layers(past, "okx")).toEqual(ALL_THINNED);
});

test("everything around an hour that is not closed is read in its order, and the newest is on the board", () => {
  using past = new HistoryInFolder();
  const sampling = samplingInto(past.db, { onDamage: () => undefined });
  for (const { exchange, at } of WRITTEN)
    sampling.write(exchange, at, batchOf(exchange, BASES, at));
  const damagedS = HOUR_2 + 1800;
  past.db.run(`UPDATE sample_refreshes SET blob = zeroblob(9) WHERE at = ${damagedS}`);
  sampling.rollUpAll(START_S + 5 * HOUR_S);
  expect(timesOf(past)).toEqual(writtenOutside(damagedS, damagedS + 1));
  const at = HOUR_2 + HOUR_S + 600;
  const { samples } = new BoardReader(past.db).at(at, new Map([["okx", 2 * HOUR_S]]));
  const newest = BASES.flatMap((base) =>
    Math.max(
      ...WRITTEN.flatMap((one) =>
        one.at <= at && one.at !== damagedS && sampleOf(`okx ${base}`, one.at) !== null
          ? [one.at]
          : [],
      ),
    ),
  );
  expect([...samples.values()].map((sample) => sample.at).toSorted()).toEqual(newest.toSorted());
});

test("what is damaged is deleted when it is too old", () => {
  using past = new HistoryInFolder();
  const sampling = samplingInto(past.db, {
    retention: { samplesDays: 20, settlementsDays: null },
    onDamage: () => undefined,
  });
  for (const { exchange, at } of WRITTEN)
    sampling.write(exchange, at, batchOf(exchange, BASES, at));
  past.db.run(`UPDATE sample_refreshes SET blob = zeroblob(9) WHERE at = ${HOUR_2}`);
  sampling.rollUpAll(START_S + 20 * DAY_S);
  expect(layers(past, "okx").slice(0, 3)).toEqual([2, 23, 1]);
  sampling.rollUpAll(START_S + 22 * DAY_S);
  expect(layers(past, "okx")).toEqual([0, 0, 0, 0, 0, []]);
});

test("a series that is damaged before its month is complete is merged again from its days", () => {
  using past = new HistoryInFolder();
  const sampling = samplingInto(past.db, { mergedPerNight: 1 });
  for (const { exchange, at } of WRITTEN)
    sampling.write(exchange, at, batchOf(exchange, BASES, at));
  sampling.rollUpAll(MONTH_AT_S);
  past.db.run("UPDATE sample_months SET blob = zeroblob(length(blob))");
  expect(past.db.query("SELECT changes() AS n").get()).toEqual({ n: 1 });
  const nights = 1 + EXCHANGES.length * BASES.length;
  for (let night = 1; night <= nights; night += 1) sampling.rollUpAll(MONTH_AT_S + night * DAY_S);
  expectEverySample(past.db, WRITTEN);
  for (const exchange of EXCHANGES)
    expect(layers(past, exchange).at(-1)).toEqual([{ span: "month", complete: 1 }]);
});
