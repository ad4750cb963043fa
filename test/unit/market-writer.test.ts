import { describe, expect, test } from "bun:test";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import { MarketWriter } from "../../src/db/market/market-writer.ts";
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
  test("the stored values read back unchanged, nulls as nulls", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const quote = quoteOf("BTC", {
      predictedRate: null,
      settledRate: -0.0001,
      settledAtMs: NOON_MS - 1000,
      rateCap: 0.02,
      lastPrice: 99.5,
      takerFeeBps: 0.9,
    });
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS, [quote]));
    const market = database.reader.read(() => true);
    expect(market?.progress).toMatchObject({ epoch, seq: 1, changedAtMs: NOON_MS });
    const { exchangeTimeMs, receivedAtMs, ...published } = quote;
    expect(market?.rows.get("okx")).toEqual([
      {
        ...published,
        lastPrice: 99.5,
        takerFeeBps: 0.9,
        instrumentId: 1,
        uid: `okx:BTCUSDT:${NOON_MS / 1000}`,
        exchange: "okx",
        frozen: false,
        observedAtMs: receivedAtMs,
        assetId: null,
        identity: "probable",
        tickerMultiplier: 1,
        firstSeenMs: NOON_MS,
        intervalChangedAtMs: null,
        settled7dAprPct: null,
        implausible: 0,
      },
    ]);
    expect(exchangeTimeMs).toBeNull();
  });

  test("an exchange timestamp within a minute of ours is used for the row, another one is not", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const near = quoteOf("BTC", { exchangeTimeMs: NOON_MS - 59_000 });
    const far = quoteOf("ETH", { exchangeTimeMs: NOON_MS - 61_000 });
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS, [near, far]));
    const rows = database.reader.read(() => true)?.rows.get("okx");
    expect(rows?.map((row) => row.observedAtMs)).toEqual([NOON_MS - 59_000, NOON_MS]);
  });

  test("a batch that fails midway leaves nothing, and the next one is complete", () => {
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

  test("a collector with an outdated epoch writes nothing", () => {
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

  test("missing from two complete batches it stays listed, after three it is delisted, and returns as itself", () => {
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

  test("incomplete batches and unreadable rows do not count as absence", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth]]);
    for (let n = 1; n <= 5; n += 1) {
      database.writer.commit(acceptedBatch("okx", epoch, NOON_MS + n, [btc], { complete: false }));
      database.writer.commit(
        acceptedBatch("okx", epoch, NOON_MS + n, [btc], {
          isExcused: (symbol) => symbol === "ETHUSDT",
        }),
      );
    }
    expect(instruments(database).map((row) => row.missed_batches)).toEqual([0, 0]);
  });

  test("back after 24 h and 20 batches it is a new instrument with a new uid", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth]]);
    for (let ms = 5 * MINUTE_MS; ms <= DAY_MS; ms += 5 * MINUTE_MS)
      database.writer.commit(acceptedBatch("okx", epoch, NOON_MS + ms, [btc]));
    const backMs = NOON_MS + DAY_MS + MINUTE_MS;
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

  test("24 h absent without 20 batches is our outage, and 20 batches without 24 h a pause: the same instrument", () => {
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

  test("21 batches without it before a day of our own outage are not a day's absence", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    commitAll(database, epoch, [[btc, eth], ...Array.from({ length: 21 }, () => [btc])]);
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS + 25 * 60 * MINUTE_MS, [btc, eth]));
    expect(instruments(database).map((row) => row.status)).toEqual(["listed", "listed"]);
  });

  test("a day of our own outage after 20 batches without it is not a day's absence, a day of batches is", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const lastMs = commitAll(database, epoch, [
      [btc, eth],
      ...Array.from({ length: 20 }, () => [btc]),
    ]);
    const backMs = lastMs + 25 * 60 * MINUTE_MS;
    database.writer.commit(acceptedBatch("okx", epoch, backMs, [btc]));
    expect(instruments(database).map((row) => row.status)).toEqual(["listed", "delisted"]);
    const restarted = new MarketWriter(database.db, database.epochs, database.states);
    const againMs = backMs + 25 * 60 * MINUTE_MS;
    restarted.commit(acceptedBatch("okx", epoch, againMs, [btc]));
    expect(instruments(database).map((row) => row.status)).toEqual(["listed", "delisted"]);
    for (let minute = 1; minute <= 24 * 60; minute += 1)
      restarted.commit(acceptedBatch("okx", epoch, againMs + minute * MINUTE_MS, [btc]));
    expect(instruments(database).map((row) => row.status)).toEqual(["listed", "gone"]);
  });

  test("a different listing time is a different instrument", () => {
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

  test("a price five times the previous one that lasts for five batches is a different instrument", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const at = (price: number | null): Quote[] => [
      quoteOf("LIT", { markPrice: price, indexPrice: null }),
    ];
    const before = [at(0.3), at(0.31)];
    const broken = Array.from({ length: 4 }, () => at(2.7));
    const lastMs = commitAll(database, epoch, [...before, ...broken]);
    expect(instruments(database).map((row) => row.status)).toEqual(["listed"]);
    const first = listed(database);
    commitAll(database, epoch, [at(2.71), at(2.72)], lastMs + MINUTE_MS);
    expect(instruments(database).map((row) => row.status)).toEqual(["replaced", "listed"]);
    expect(listed(database)).not.toEqual(first);
  });

  test("a short price break, a missing price and a move of less than five times are not", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const at = (price: number | null): Quote[] => [
      quoteOf("LIT", { markPrice: price, indexPrice: null }),
    ];
    const spike = [at(1), at(9), at(9), at(9), at(9), at(1.1), at(9), at(9), at(9), at(9), at(1)];
    const holes = [at(null), at(1), at(4.9), at(4.9), at(4.9), at(4.9), at(4.9), at(4.9)];
    commitAll(database, epoch, [...spike, ...holes]);
    expect(instruments(database).map((row) => row.status)).toEqual(["listed"]);
  });

  test("erratic prices are not a different asset: a break must stay at its new level", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const at = (price: number): Quote[] => [quoteOf("LIT", { markPrice: price, indexPrice: null })];
    commitAll(database, epoch, [1, 10, 200, 7, 0.01, 900, 1].map(at));
    expect(instruments(database).map((row) => row.status)).toEqual(["listed"]);
  });

  test("a break is remembered across a restart of the collector, and prices are per unit", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const lit = (price: number): Quote => quoteOf("LIT", { markPrice: price, indexPrice: null });
    const lastMs = commitAll(database, epoch, [[lit(1)], [lit(9)], [lit(9)]]);
    const restarted = new MarketWriter(database.db, database.epochs, database.states);
    for (let batch = 1; batch <= 3; batch += 1) {
      const atMs = lastMs + batch * MINUTE_MS;
      restarted.commit(acceptedBatch("okx", epoch, atMs, [lit(9)]));
    }
    expect(instruments(database).map((row) => row.status)).toEqual(["replaced", "listed"]);
    const packed = quoteOf("LIT", { markPrice: 9_000, indexPrice: null, multiplier: 1_000 });
    for (let batch = 4; batch <= 14; batch += 1)
      restarted.commit(acceptedBatch("okx", epoch, lastMs + batch * MINUTE_MS, [packed]));
    expect(instruments(database)).toHaveLength(2);
  });

  test("the collector's state equals what a new one reads", () => {
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
  test("a change is one event; an unknown interval in between is none", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const at = (hours: number | null): Quote[] => [quoteOf("BTC", { fundingIntervalHours: hours })];
    commitAll(database, epoch, [at(8), at(8), at(null), at(8), at(1), at(1)]);
    const events = database.db
      .query("SELECT from_hours, to_hours, changed_at FROM interval_changes")
      .all();
    expect(events).toEqual([{ from_hours: 8, to_hours: 1, changed_at: NOON_MS + 4 * MINUTE_MS }]);
    const [record] = database.reader.read(() => true)?.rows.get("okx") ?? [];
    expect(record?.intervalChangedAtMs).toBe(NOON_MS + 4 * MINUTE_MS);
  });
});

describe("a batch that was refused as a whole", () => {
  test("is remembered with its reason across later successes; other failures are not", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const fail = (kind: "http" | "refused_batch", message: string, atMs: number): void =>
      database.writer.fail(epoch, "okx", { atMs, kind, message, retryAtMs: atMs + 1 });
    fail("refused_batch", "9 instruments, 600 trusted before", NOON_MS);
    fail("http", "HTTP 500", NOON_MS + 1_000);
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS + 2_000, [quoteOf("BTC")]));
    expect(database.states.list()[0]).toMatchObject({
      failureKind: null,
      refusedAtMs: NOON_MS,
      refusal: "9 instruments, 600 trusted before",
    });
  });
});

describe("an instrument with a changed description", () => {
  test("keeps its asset unless its base or multiplier changed", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const assetOf = (): unknown =>
      database.db.query("SELECT asset_id, identity FROM instruments").get();
    commitAll(database, epoch, [[quoteOf("BTC", { assetClass: null })]]);
    database.db.run("UPDATE instruments SET asset_id = 'BTC', identity = 'confirmed'");
    commitAll(database, epoch, [[quoteOf("BTC")]]);
    expect(assetOf()).toEqual({ asset_id: "BTC", identity: "confirmed" });
    commitAll(database, epoch, [[quoteOf("BTC", { multiplier: 1000 })]]);
    expect(assetOf()).toEqual({ asset_id: null, identity: "probable" });
  });
});
