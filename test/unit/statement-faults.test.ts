import type { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { MarketReview } from "../../src/collector/market-review.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { EpochRepository } from "../../src/db/market/epoch-repository.ts";
import { ExchangeStateRepository } from "../../src/db/market/exchange-state-repository.ts";
import { databaseFailure } from "../../src/db/failure.ts";
import { MarketWriter } from "../../src/db/market/market-writer.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { openDb, writeTransaction } from "../../src/db/open.ts";
import { OpportunityRepository } from "../../src/db/market/opportunity-repository.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import { WriteQueue } from "../../src/db/write-queue.ts";
import { NO_COLUMNS } from "../../src/domain/opportunity-columns.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { acceptedBatch } from "../support/database.ts";
import { type Fault, FaultyDatabase } from "../support/faulty-database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

/** A migrated database as bytes: a fresh copy of it for each fault. */
const EMPTY = ((): Uint8Array => {
  const db = openDb(marketFile(":memory:"));
  migrateDb(db, marketFile(":memory:"));
  const bytes = db.serialize();
  db.close();
  return bytes;
})();

const CODES = ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_BUSY", "SQLITE_CORRUPT"] as const;
const MINUTE_MS = 60_000;

/** What the collector and the main thread write with, on a separate database. */
function world() {
  const faulty = new FaultyDatabase(copyOfEmpty());
  const { db } = faulty;
  const epochs = new EpochRepository(db);
  const states = new ExchangeStateRepository(db);
  const clock = new ManualClock(NOON_MS);
  const writes = new WriteQueue({ clock, log: memoryLog(), until: new AbortController().signal });
  return {
    faulty,
    db,
    clock,
    writes,
    epochs,
    states,
    writer: new MarketWriter(db, epochs, states),
    review: new MarketReview(new ReviewRepository(db, epochs)),
    opportunities: new OpportunityRepository(db, epochs),
  };
}

type World = ReturnType<typeof world>;

function copyOfEmpty(): Database {
  const db = openDb(marketFile(":memory:"));
  db.close();
  return (db.constructor as typeof Database).deserialize(EMPTY, { strict: true });
}

/** Everything that is stored. */
function contents({ faulty, db }: World): Record<string, unknown[]> {
  faulty.plan(null);
  const tables = db
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
    )
    .all();
  return Object.fromEntries(
    tables.map(({ name }) => [name, db.query(`SELECT * FROM "${name}"`).all()]),
  );
}

/** A write, the state before it, and what shows afterwards that memory and database agree. */
interface Scenario {
  readonly before: (world: World) => void;
  readonly write: (world: World) => Promise<unknown>;
  readonly after: (world: World) => void;
}

const enable = ({ db, epochs, states }: World): void => {
  epochs.takeOver(NOON_MS);
  writeTransaction(db, () =>
    states.enableOnly(
      new Map([
        ["okx", MINUTE_MS],
        ["bybit", MINUTE_MS],
        ["gate", MINUTE_MS],
      ]),
    ),
  );
};

const commit = (
  { writer }: World,
  minute: number,
  quotes: readonly Quote[],
  exchange: "okx" | "bybit" | "gate" = "okx",
): void => {
  const atMs = NOON_MS + minute * MINUTE_MS;
  const observed = quotes.map((quote) => ({ ...quote, receivedAtMs: atMs }));
  writer.commit(acceptedBatch(exchange, 1, atMs, observed));
};

const lit = (price: number): Quote => quoteOf("LIT", { markPrice: price, indexPrice: price });
const coin = (base: string, extra: Partial<Quote> = {}): Quote => quoteOf(base, extra);

/** After these, the fifth batch of a price break relists LIT, and GONE is missing for the third time. */
const FIVE_BATCHES = [
  [coin("BTC"), lit(1), coin("A", { listedAtMs: 1 }), coin("B"), coin("C"), coin("GONE")],
  ...[9, 9.1, 9.2, 9.3].map((price) => [
    coin("BTC"),
    lit(price),
    coin("A", { listedAtMs: 1 }),
    coin("B", { fundingIntervalHours: null }),
    coin("C"),
    ...(price < 9.2 ? [coin("GONE")] : []),
  ]),
];
/** A new one, a relisting by price and one by date, another interval, another description, a missing one. */
const EVENTFUL = [
  coin("BTC", { fundingIntervalHours: 4 }),
  lit(9.4),
  coin("A", { listedAtMs: 2 }),
  coin("B"),
  coin("C", { multiplier: 1_000 }),
  coin("NEW"),
];

const SCENARIOS: Record<string, Scenario> = {
  "an accepted batch": {
    before: (one) => {
      enable(one);
      FIVE_BATCHES.forEach((quotes, minute) => commit(one, minute, quotes));
    },
    // Half an hour after the last one: the outage is left out of absences as well.
    write: (one) => one.writes.run(() => commit(one, 30, EVENTFUL)),
    after: (one) => {
      commit(one, 31, EVENTFUL);
      commit(one, 32, [...EVENTFUL.slice(1), coin("GONE")]);
    },
  },
  "a first batch": {
    before: enable,
    write: (one) => one.writes.run(() => commit(one, 0, [coin("BTC"), lit(1)])),
    after: (one) => commit(one, 1, [coin("BTC", { fundingIntervalHours: 1 })]),
  },
  "a failed refresh with its pending size": {
    before: enable,
    write: ({ writer, writes }) =>
      writes.run(() =>
        writer.fail(1, "okx", {
          atMs: NOON_MS,
          kind: "refused_batch",
          message: "9 instruments, 600 trusted before",
          retryAtMs: NOON_MS + MINUTE_MS,
          pending: { size: 9, batches: 1, sinceMs: NOON_MS },
        }),
      ),
    after: (one) => commit(one, 1, [coin("BTC")]),
  },
  "taking over": {
    before: enable,
    write: ({ epochs, writes }) => writes.run(() => epochs.takeOver(NOON_MS + 1)),
    after: ({ epochs }) => epochs.beat(2, NOON_MS + 2),
  },
  "enabling exchanges": {
    before: enable,
    write: ({ db, epochs, states, writes }) =>
      writes.run(() =>
        writeTransaction(db, () => {
          states.enableOnly(new Map([["kraken", MINUTE_MS]]));
          epochs.raiseSeq(NOON_MS);
        }),
      ),
    after: () => {},
  },
  "a review in which a listing leaves its asset after the tenth disagreement": {
    before: (one) => {
      enable(one);
      for (const id of ["okx", "bybit", "gate"] as const) commit(one, 0, [lit(1)], id);
      one.review.run(1, NOON_MS);
      for (let minute = 1; minute <= 9; minute += 1) {
        commit(one, minute, [lit(2)], "okx");
        for (const id of ["bybit", "gate"] as const) commit(one, minute, [lit(1)], id);
        one.review.run(1, NOON_MS + minute * MINUTE_MS);
      }
      commit(one, 10, [lit(2)], "okx");
      for (const id of ["bybit", "gate"] as const) commit(one, 10, [lit(1)], id);
    },
    write: ({ review, writes }) => writes.run(() => review.run(1, NOON_MS + 10 * MINUTE_MS)),
    after: (one) => {
      commit(one, 11, [lit(1)], "okx");
      one.review.run(1, NOON_MS + 11 * MINUTE_MS);
    },
  },
  "the opportunities": {
    before: enable,
    write: ({ opportunities, writes }) =>
      writes.run(() => opportunities.store(1, NO_COLUMNS, NOON_MS)),
    after: () => {},
  },
};

/** The end state without a fault, and how many statements the write takes. */
async function faultless(scenario: Scenario) {
  const one = world();
  scenario.before(one);
  const before = contents(one);
  one.faulty.plan(null);
  await scenario.write(one);
  const statements = one.faulty.executed;
  const written = contents(one);
  scenario.after(one);
  return { statements, before, written, after: contents(one) };
}

/** Applies one fault to the write, and checks every state on the way. */
async function meet(
  fault: Fault,
  scenario: Scenario,
  right: Awaited<ReturnType<typeof faultless>>,
): Promise<void> {
  const one = world();
  scenario.before(one);
  one.faulty.plan(fault);
  let failure: unknown = null;
  const written = scenario.write(one).catch((error: unknown) => {
    failure = error;
  });
  const isPending = (): boolean => Bun.peek.status(written) === "pending";
  if (fault.code === "SQLITE_CORRUPT") {
    await written;
    expect(databaseFailure(failure)?.running).toBe("end");
    expect(contents(one)).toEqual(right.before);
    await scenario.write(one);
  } else {
    // What is packed before it is written takes some turns of the event loop.
    while (one.clock.sleeping === 0 && isPending()) await Bun.sleep(0);
    expect(isPending()).toBe(true);
    expect(contents(one)).toEqual(right.before);
    await one.clock.advance(250);
    await written;
    expect(failure).toBeNull();
  }
  expect(contents(one)).toEqual(right.written);
  scenario.after(one);
  expect(contents(one)).toEqual(right.after);
}

describe.each(Object.entries(SCENARIOS))("%s", (_, scenario) => {
  test.each(CODES)("ends the same if any of its statements fails with %s", async (code) => {
    const right = await faultless(scenario);
    expect(right.statements).toBeGreaterThan(3);
    expect(right.written).not.toEqual(right.before);
    for (let at = 1; at <= right.statements; at += 1) {
      for (const rolledBack of [false, true]) await meet({ at, code, rolledBack }, scenario, right);
    }
  });
});
