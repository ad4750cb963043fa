import { describe, expect, test } from "bun:test";
import { EpochLost } from "../../src/db/epoch-repository.ts";
import type { Quote } from "../../src/domain/quote.ts";
import {
  acceptedBatch,
  startCollecting,
  testDatabase,
  type TestDatabase,
} from "../support/database.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

interface InstrumentRow {
  uid: string;
  status: string;
  missed_batches: number;
  last_seen: number;
}

function instruments(test_: TestDatabase): InstrumentRow[] {
  return test_.db
    .query<InstrumentRow, []>(
      "SELECT uid, status, missed_batches, last_seen FROM instruments ORDER BY id",
    )
    .all();
}

function listed(test_: TestDatabase): string[] {
  const market = test_.reader.read(() => true);
  return (market?.rows.get("okx") ?? []).map((record) => record.uid);
}

/** Commits batches of okx, a minute apart, and returns the time of the last. */
function commitAll(
  test_: TestDatabase,
  epoch: number,
  batches: readonly (readonly Quote[])[],
  fromMs = NOON_MS,
): number {
  let atMs = fromMs;
  for (const quotes of batches) {
    test_.writer.commit(acceptedBatch("okx", epoch, atMs, quotes));
    atMs += MINUTE_MS;
  }
  return atMs - MINUTE_MS;
}

describe("storing a batch", () => {
  test("what is read back is what was stored, with nulls as nulls", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const quote = quoteOf("BTC", {
      predictedRate: null,
      settledRate: -0.0001,
      settledAtMs: NOON_MS - 1000,
      rateCap: 0.02,
    });
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS, [quote]));
    const market = database.reader.read(() => true);
    expect(market?.progress).toMatchObject({ epoch, seq: 1, changedAtMs: NOON_MS });
    const { exchangeTimeMs, receivedAtMs, listedAtMs, ...published } = quote;
    expect(market?.rows.get("okx")).toEqual([
      {
        ...published,
        instrumentId: 1,
        uid: `okx:BTCUSDT:${NOON_MS / 1000}`,
        exchange: "okx",
        frozen: false,
        observedAtMs: receivedAtMs,
      },
    ]);
    expect([exchangeTimeMs, listedAtMs]).toEqual([null, null]);
  });

  test("an own timestamp within a minute of ours stamps the row, another one does not", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const near = quoteOf("BTC", { exchangeTimeMs: NOON_MS - 59_000 });
    const far = quoteOf("ETH", { exchangeTimeMs: NOON_MS - 61_000 });
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS, [near, far]));
    const rows = database.reader.read(() => true)?.rows.get("okx");
    expect(rows?.map((row) => row.observedAtMs)).toEqual([NOON_MS - 59_000, NOON_MS]);
  });

  test("a batch that breaks in the middle leaves nothing, and the next one is whole", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const broken = { ...quoteOf("ETH"), fundingRate: null as unknown as number };
    expect(() =>
      database.writer.commit(acceptedBatch("okx", epoch, NOON_MS, [quoteOf("BTC"), broken])),
    ).toThrow();
    expect(instruments(database)).toEqual([]);
    expect(database.epochs.read()?.seq).toBe(0);
    commitAll(database, epoch, [[quoteOf("BTC"), quoteOf("ETH")]]);
    expect(listed(database)).toHaveLength(2);
  });

  test("a collector whose epoch is over writes nothing", () => {
    using database = testDatabase();
    const old = startCollecting(database, ["okx"], NOON_MS);
    startCollecting(database, ["okx"], NOON_MS + 1);
    expect(() =>
      database.writer.commit(acceptedBatch("okx", old, NOON_MS, [quoteOf("BTC")])),
    ).toThrow(EpochLost);
    expect(() => database.epochs.beat(old, NOON_MS)).toThrow(EpochLost);
    expect(instruments(database)).toEqual([]);
  });
});

describe("the life of an instrument", () => {
  const [btc, eth] = [quoteOf("BTC"), quoteOf("ETH")];

  test("missing from two whole batches it stays listed, from three it leaves, and comes back as itself", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth], [btc], [btc]]);
    expect(listed(database)).toHaveLength(2);
    const lastMs = commitAll(database, epoch, [[btc]], NOON_MS + 3 * MINUTE_MS);
    expect(listed(database)).toEqual([`okx:BTCUSDT:${NOON_MS / 1000}`]);
    expect(instruments(database)[1]).toMatchObject({
      status: "delisted",
      missed_batches: 3,
      last_seen: NOON_MS,
    });
    commitAll(database, epoch, [[btc, eth]], lastMs + MINUTE_MS);
    expect(listed(database)).toHaveLength(2);
    expect(instruments(database)).toHaveLength(2);
  });

  test("batches that are not whole, and unreadable rows, are no absence", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth]]);
    for (let n = 1; n <= 5; n += 1) {
      database.writer.commit(acceptedBatch("okx", epoch, NOON_MS + n, [btc], { whole: false }));
      database.writer.commit(
        acceptedBatch("okx", epoch, NOON_MS + n, [btc], { unreadable: new Set(["ETHUSDT"]) }),
      );
    }
    expect(instruments(database).map((row) => row.missed_batches)).toEqual([0, 0]);
  });

  test("back after 24 h and 20 batches it is a new instrument with a new uid", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth], ...Array.from({ length: 20 }, () => [btc])]);
    const backMs = NOON_MS + DAY_MS + MINUTE_MS;
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS + DAY_MS, [btc]));
    database.writer.commit(acceptedBatch("okx", epoch, backMs, [btc, eth]));
    expect(listed(database)).toEqual([
      `okx:BTCUSDT:${NOON_MS / 1000}`,
      `okx:ETHUSDT:${backMs / 1000}`,
    ]);
    expect(instruments(database).map((row) => row.status)).toEqual([
      "listed",
      "replaced",
      "listed",
    ]);
  });

  test("24 h away without 20 batches is our outage, and 20 batches without 24 h a pause: the same instrument", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth], ...Array.from({ length: 19 }, () => [btc])]);
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS + 3 * DAY_MS, [btc, eth]));
    commitAll(
      database,
      epoch,
      Array.from({ length: 25 }, () => [btc]),
      NOON_MS + 3 * DAY_MS + MINUTE_MS,
    );
    database.writer.commit(
      acceptedBatch("okx", epoch, NOON_MS + 3 * DAY_MS + 60 * MINUTE_MS, [btc, eth]),
    );
    expect(instruments(database)).toHaveLength(2);
  });

  test("21 batches without it before a day of our own outage are no absence of a day", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth], ...Array.from({ length: 21 }, () => [btc])]);
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS + 25 * 60 * MINUTE_MS, [btc, eth]));
    expect(instruments(database).map((row) => row.status)).toEqual(["listed", "listed"]);
  });

  test("another listing time is another instrument", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const [first, second] = [
      quoteOf("LIT", { listedAtMs: 1_000 }),
      quoteOf("LIT", { listedAtMs: 2_000 }),
    ];
    commitAll(database, epoch, [[first], [first], [second]]);
    expect(instruments(database).map((row) => row.status)).toEqual(["replaced", "listed"]);
    expect(listed(database)).toHaveLength(1);
  });

  test("what the collector remembers does not differ from what a new one reads", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth], [btc], [btc]]);
    using other = testDatabase();
    const fresh = startCollecting(other, ["okx"], NOON_MS);
    commitAll(other, fresh, [[btc, eth], [btc], [btc]]);
    expect(instruments(other)).toEqual(instruments(database));
  });
});

describe("interval changes", () => {
  test("a flip is one event; an unknown interval in between is none", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const at = (hours: number | null): Quote[] => [quoteOf("BTC", { fundingIntervalHours: hours })];
    commitAll(database, epoch, [at(8), at(8), at(null), at(8), at(1), at(1)]);
    const events = database.db
      .query("SELECT from_hours, to_hours, changed_at FROM interval_changes")
      .all();
    expect(events).toEqual([{ from_hours: 8, to_hours: 1, changed_at: NOON_MS + 4 * MINUTE_MS }]);
  });
});
