import { describe, expect, test } from "bun:test";
import { marketFile } from "../../src/db/market/file.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { openDb } from "../../src/db/open.ts";
import { OpportunityRepository } from "../../src/db/market/opportunity-repository.ts";
import { NO_OPPORTUNITIES, type OpportunityBook } from "../../src/domain/opportunity.ts";
import { NO_COLUMNS } from "../../src/domain/opportunity-columns.ts";
import { Board } from "../../src/services/board/board.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { OpportunityTracker } from "../../src/services/opportunities/tracker.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { snapshotAt } from "../support/opportunity-scene.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const BOTH = [
  { id: 1, exchange: "okx", pct: 2 },
  { id: 2, exchange: "bybit", pct: 12 },
] as const;

function setUp() {
  const database = testDatabase();
  const clock = new ManualClock(NOON_MS);
  const log = memoryLog();
  const store = new OpportunityRepository(database.db, database.epochs);
  return {
    database,
    clock,
    log,
    store,
    /** A tracker as a process has it from its start. */
    start: () =>
      new OpportunityTracker({ groups: new AssetGroups(), store, clock, log, storeEveryMs: 0 }),
    takeOver: () => startCollecting(database, ["okx", "bybit"], clock.nowMs()),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

function bookIn(reader: MarketReader): OpportunityBook {
  return reader.read(() => false)?.opportunities ?? expect.unreachable();
}

describe("stored opportunities", () => {
  test("are read by every process, and raise the number by which snapshots are named", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const elsewhere = openDb(marketFile(database.path));
    const readers = [database.reader, new MarketReader(elsewhere)];
    const tracker = setup.start();
    tracker.begin(setup.takeOver());
    for (const reader of readers) expect(bookIn(reader).find(1, 2)).toBeNull();
    const before = database.reader.progress()?.seq ?? Number.NaN;
    await clock.advance(7_000);
    await tracker.observe(snapshotAt(5, BOTH));
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
    expect([progress?.seq, progress?.changedAtMs]).toEqual([before + 1, NOON_MS + 7_000]);
    await clock.advance(1_000);
    await tracker.observe(snapshotAt(6, [...BOTH, { id: 3, exchange: "gate", pct: 30 }]));
    expect(database.db.query("SELECT stored_at, pairs FROM opportunity_book").all()).toEqual([
      { stored_at: NOON_MS + 8_000, pairs: 3 },
    ]);
    elsewhere.close();
  });

  test("are read again when they were written, and not in between", async () => {
    using setup = setUp();
    const { database } = setup;
    const tracker = setup.start();
    const epoch = setup.takeOver();
    tracker.begin(epoch);
    await tracker.observe(snapshotAt(5, BOTH));
    const first = bookIn(database.reader);
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS, [quoteOf("BTC")]));
    expect(bookIn(database.reader)).toBe(first);
    await tracker.observe(snapshotAt(10, BOTH));
    const second = bookIn(database.reader);
    expect(second.find(1, 2)?.lastSeenMs).toBe(NOON_MS + 10_000);
    // What a snapshot of before holds stays as it was.
    expect(first.find(1, 2)?.lastSeenMs).toBe(NOON_MS + 5_000);
  });

  test("are in the snapshots of the board", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const board = new Board({ reader: database.reader, clock, staleAfterMs: 900_000 });
    const tracker = setup.start();
    let working = Promise.resolve();
    board.onPublish((snapshot) => {
      working = tracker.observe(snapshot);
    });
    const epoch = setup.takeOver();
    tracker.begin(epoch);
    const rates = [
      ["okx", 0.0001],
      ["bybit", 0.0009],
    ] as const;
    for (let second = 0; second <= 12; second += 6) {
      for (const [exchange, fundingRate] of rates) {
        const quote = quoteOf("BTC", { fundingRate, receivedAtMs: clock.nowMs() });
        database.writer.commit(acceptedBatch(exchange, epoch, clock.nowMs(), [quote]));
      }
      // Prices have told that both are one asset.
      database.db.run("UPDATE instruments SET asset_id = base, identity = 'confirmed'");
      board.poll();
      await working;
      await clock.advance(6_000);
    }
    const snapshot = board.current();
    const idOf = (exchange: string) =>
      snapshot?.rows.find(({ record }) => record.exchange === exchange)?.record.instrumentId ?? 0;
    const opportunity = snapshot?.opportunities.find(idOf("okx"), idOf("bybit"));
    expect(opportunity?.firstSeenMs).toBe(NOON_MS);
    expect(opportunity?.peakGrossPct).toBe(87.6);
  });

  test("outlive the process: the next one goes on with the age, and tells how long nobody looked", async () => {
    using setup = setUp();
    const { database, clock } = setup;
    const first = setup.start();
    first.begin(setup.takeOver());
    await first.observe(snapshotAt(5, BOTH));
    await clock.advance(300_000);
    const second = setup.start();
    second.begin(setup.takeOver());
    await second.observe(snapshotAt(305, BOTH));
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
    const tracker = setup.start();
    tracker.begin(setup.takeOver());
    setup.takeOver();
    const before = database.reader.progress();
    await tracker.observe(snapshotAt(5, BOTH));
    expect(bookIn(database.reader)).toBe(NO_OPPORTUNITIES);
    expect(database.reader.progress()).toEqual(before);
    expect(await setup.store.store(1, NO_COLUMNS, () => NOON_MS)).toBe(false);
    expect(setup.log.events()).toEqual([]);
  });

  test("that are damaged are none, until the process that collects has written its own", async () => {
    using setup = setUp();
    const { database } = setup;
    const before = setup.start();
    before.begin(setup.takeOver());
    await before.observe(snapshotAt(5, BOTH));
    database.db.run("UPDATE opportunity_book SET version = version + 1, body = x'01ff00ff'");
    expect(bookIn(database.reader).find(1, 2)).toBeNull();
    const after = setup.start();
    after.begin(setup.takeOver());
    expect(setup.log.events()).toEqual(["opportunities_unreadable"]);
    await after.observe(snapshotAt(60, BOTH));
    expect(bookIn(database.reader).find(1, 2)?.firstSeenMs).toBe(NOON_MS + 60_000);
  });

  test("a write that the database refuses is logged and made up for", async () => {
    using setup = setUp();
    const { database } = setup;
    const tracker = setup.start();
    tracker.begin(setup.takeOver());
    database.db.run(
      "CREATE TRIGGER full BEFORE INSERT ON opportunity_book BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    await tracker.observe(snapshotAt(5, BOTH));
    expect(setup.log.events()).toEqual(["opportunities_not_stored"]);
    expect(bookIn(database.reader)).toBe(NO_OPPORTUNITIES);
    database.db.run("DROP TRIGGER full");
    await tracker.close();
    expect(bookIn(database.reader).find(1, 2)?.firstSeenMs).toBe(NOON_MS + 5_000);
  });
});
