import { describe, expect, test } from "bun:test";
import { marketFile } from "../../src/db/market/file.ts";
import { OpportunityTracker } from "../../src/collector/opportunity-tracker.ts";
import { LegRepository } from "../../src/db/market/leg-repository.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { openDb } from "../../src/db/open.ts";
import { OpportunityRepository } from "../../src/db/market/opportunity-repository.ts";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import { WriteQueue } from "../../src/db/write-queue.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { NO_OPPORTUNITIES, type OpportunityBook } from "../../src/domain/opportunity.ts";
import { NO_COLUMNS } from "../../src/domain/opportunity-columns.ts";
import { Board } from "../../src/services/board/board.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

/** Yearly rates of 2 and 12 percent: a pair that yields 10. */
const BOTH: readonly (readonly [ExchangeId, number])[] = [
  ["okx", 2],
  ["bybit", 12],
];
const HOURS_PER_YEAR = 8_760;
const INTERVAL_HOURS = 8;

function setUp() {
  const database = testDatabase();
  const clock = new ManualClock(NOON_MS);
  const log = memoryLog();
  const store = new OpportunityRepository(database.db, database.epochs);
  const legs = new LegRepository(database.db);
  const writes = new WriteQueue({ clock, log, until: new AbortController().signal });
  return {
    database,
    clock,
    log,
    store,
    /** A tracker like the collector's at its start, which writes after each observation. */
    start: (epoch: number) =>
      new OpportunityTracker({
        epoch,
        market: {
          enabled: () => database.states.list().filter(({ enabled }) => enabled),
          legs: (exchange) => legs.of(exchange),
        },
        store,
        writes,
        clock,
        log,
        onStats: () => {},
        storeEveryMs: 0,
      }),
    takeOver: () => startCollecting(database, ["okx", "bybit", "gate"], clock.nowMs()),
    /** Commits these yearly rates, all of one asset. */
    commit: (epoch: number, rates = BOTH) => {
      for (const [exchange, pct] of rates) {
        const fundingRate = (pct / 100) * (INTERVAL_HOURS / HOURS_PER_YEAR);
        const quote = quoteOf("BTC", { fundingRate, receivedAtMs: clock.nowMs() });
        database.writer.commit(acceptedBatch(exchange, epoch, clock.nowMs(), [quote]));
      }
      // Prices have shown that they are one asset.
      database.db.run("UPDATE instruments SET asset_id = base, identity = 'confirmed'");
    },
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

function bookIn(reader: MarketReader): OpportunityBook {
  return reader.read(() => false)?.opportunities ?? expect.unreachable();
}

describe("stored opportunities", () => {
  test("are read by every process, and increase the number in the snapshots' ids", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const elsewhere = openDb(marketFile(database.path));
    const readers = [database.reader, new MarketReader(elsewhere)];
    const epoch = setup.takeOver();
    const tracker = setup.start(epoch);
    for (const reader of readers) expect(bookIn(reader).find(1, 2)).toBeNull();
    await clock.advance(5_000);
    setup.commit(epoch);
    const before = database.reader.progress()?.seq ?? Number.NaN;
    tracker.check();
    for (const reader of readers) {
      expect(bookIn(reader).find(1, 2)).toEqual({
        firstSeenMs: NOON_MS + 5_000,
        lastSeenMs: NOON_MS + 5_000,
        peakGrossPct: 10,
        unobservedMs: 0,
      });
      expect(bookIn(reader).find(2, 1)).toBeNull();
    }
    const progress = database.reader.progress();
    expect([progress?.seq, progress?.changedAtMs]).toEqual([before + 1, NOON_MS + 5_000]);
    await clock.advance(3_000);
    setup.commit(epoch, [...BOTH, ["gate", 30]]);
    tracker.check();
    expect(database.db.query("SELECT stored_at, pairs FROM opportunity_book").all()).toEqual([
      { stored_at: NOON_MS + 8_000, pairs: 3 },
    ]);
    elsewhere.close();
  });

  test("are read again when they were written, and not in between", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const epoch = setup.takeOver();
    const tracker = setup.start(epoch);
    await clock.advance(5_000);
    setup.commit(epoch);
    tracker.check();
    const first = bookIn(database.reader);
    await clock.advance(5_000);
    setup.commit(epoch);
    expect(bookIn(database.reader)).toBe(first);
    tracker.check();
    const second = bookIn(database.reader);
    expect(second.find(1, 2)?.lastSeenMs).toBe(NOON_MS + 10_000);
    // What an earlier snapshot holds does not change.
    expect(first.find(1, 2)?.lastSeenMs).toBe(NOON_MS + 5_000);
  });

  test("are in the snapshots of the board", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const board = new Board({ reader: database.reader, clock, staleAfterMs: 900_000 });
    const epoch = setup.takeOver();
    const tracker = setup.start(epoch);
    for (let second = 0; second <= 12; second += 6) {
      setup.commit(epoch, [
        ["okx", 10.95],
        ["bybit", 98.55],
      ]);
      tracker.check();
      board.poll();
      await clock.advance(6_000);
    }
    const snapshot = board.current();
    const idOf = (exchange: string) =>
      snapshot?.rows.find(({ record }) => record.exchange === exchange)?.record.instrumentId ?? 0;
    const opportunity = snapshot?.opportunities.find(idOf("okx"), idOf("bybit"));
    expect(opportunity?.firstSeenMs).toBe(NOON_MS);
    expect(opportunity?.peakGrossPct).toBe(87.6);
  });

  test("are unpacked in a poll of their own, and the rows of an exchange in the next", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const { reader } = database;
    const epoch = setup.takeOver();
    const tracker = setup.start(epoch);
    setup.commit(epoch);
    const steps: string[] = [];
    let book = NO_OPPORTUNITIES;
    const noting = {
      progress: () => reader.progress(),
      knowsBase: () => true,
      readExchange: (exchange: ExchangeId) => {
        steps.push(exchange);
        return reader.readExchange(exchange);
      },
      read: (wants: Parameters<typeof reader.read>[0]) => {
        const market = reader.read(wants);
        if (market !== null && market.opportunities !== book) steps.push("book");
        book = market?.opportunities ?? book;
        return market;
      },
    };
    const board = new Board({ reader: noting, clock, staleAfterMs: 900_000 });
    board.poll();
    setup.commit(epoch);
    tracker.check();
    const perLook: string[][] = [];
    for (let poll = 0; poll < 4; poll += 1) {
      await clock.advance(250);
      board.poll();
      perLook.push(steps.splice(0));
    }
    expect(perLook).toEqual([["book"], ["bybit"], ["okx"], []]);
    await clock.advance(5_000);
    board.poll();
    expect(steps).toEqual([]);
    expect(board.current()?.opportunities).toBe(book);
  });

  test("survive the process: the next one continues with the age, and states the unobserved time", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const first = setup.takeOver();
    const before = setup.start(first);
    await clock.advance(5_000);
    setup.commit(first);
    before.check();
    await clock.advance(300_000);
    const second = setup.takeOver();
    const after = setup.start(second);
    setup.commit(second);
    after.check();
    expect(bookIn(database.reader).find(1, 2)).toEqual({
      firstSeenMs: NOON_MS + 5_000,
      lastSeenMs: NOON_MS + 305_000,
      peakGrossPct: 10,
      unobservedMs: 300_000,
    });
  });

  test("are not written by a process that no longer collects", async () => {
    using setup = setUp();
    const { database } = setup;
    const epoch = setup.takeOver();
    const tracker = setup.start(epoch);
    setup.commit(epoch);
    setup.takeOver();
    const before = database.reader.progress();
    expect(() => tracker.check()).toThrow(EpochLost);
    expect(bookIn(database.reader)).toBe(NO_OPPORTUNITIES);
    expect(database.reader.progress()).toEqual(before);
    expect(() => setup.store.store(epoch, NO_COLUMNS, NOON_MS)).toThrow(EpochLost);
    await tracker.close();
    expect(setup.log.events()).toEqual([]);
  });

  test("count as none if damaged, until the collecting process has written its own", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const first = setup.takeOver();
    const before = setup.start(first);
    setup.commit(first);
    before.check();
    database.db.run("UPDATE opportunity_book SET version = version + 1, body = x'01ff00ff'");
    expect(bookIn(database.reader).find(1, 2)).toBeNull();
    await clock.advance(60_000);
    const second = setup.takeOver();
    const after = setup.start(second);
    expect(setup.log.events()).toEqual(["opportunities_unreadable"]);
    setup.commit(second);
    after.check();
    expect(bookIn(database.reader).find(1, 2)?.firstSeenMs).toBe(NOON_MS + 60_000);
  });

  test("a write refused by the database is logged and made up for", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const epoch = setup.takeOver();
    const tracker = setup.start(epoch);
    await clock.advance(5_000);
    setup.commit(epoch);
    database.db.run(
      "CREATE TRIGGER full BEFORE INSERT ON opportunity_book BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    tracker.check();
    expect(setup.log.events()).toEqual(["opportunities_not_stored"]);
    expect(bookIn(database.reader)).toBe(NO_OPPORTUNITIES);
    database.db.run("DROP TRIGGER full");
    await tracker.close();
    expect(bookIn(database.reader).find(1, 2)?.firstSeenMs).toBe(NOON_MS + 5_000);
  });
});
