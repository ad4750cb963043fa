import { Database } from "bun:sqlite";
import { historyFile } from "../../src/db/history/file.ts";
import { BoardStore } from "../../src/db/history/board-store.ts";
import { HistoryEpochRepository } from "../../src/db/history/epoch-repository.ts";
import { PairFrameReader, PairFrameWriter } from "../../src/db/history/pair-frame-repository.ts";
import { PastReader } from "../../src/db/history/past-reader.ts";
import {
  SeriesRepository,
  type SeriesDescription,
} from "../../src/db/history/series-repository.ts";
import { storedDecimal } from "../../src/db/history/stored-decimal.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { SampleWriter } from "../../src/db/history/sample-writer.ts";
import { refreshOf } from "../../src/db/history/sampled-refresh.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { makePairFrame, yieldStepOf } from "../../src/domain/pair-frame.ts";
import type { BoardRow, MarketRecord } from "../../src/domain/market.ts";
import {
  type AccrualUnit,
  SETTLEMENT_ORIGINS,
  type SettlementOrigin,
} from "../../src/domain/settlement.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { answerTo } from "../../src/reader/answers.ts";
import { type Question, transferOf } from "../../src/reader/protocol.ts";
import type { HistoryReader } from "../../src/services/history/history-reader.ts";
import { NOON_MS } from "./quote.ts";

/** Histories in databases with the real schema, and a reader on the test's own thread. */

const IN_MEMORY = { ...historyFile("x.db"), path: ":memory:" };

/** A history in memory: migrated once per process, because that takes longer than everything else here. */
let migrated: Uint8Array | undefined;

export function historyInMemory(): Database {
  migrated ??= migratedBytes();
  return Database.deserialize(migrated);
}

function migratedBytes(): Uint8Array {
  const db = new Database(":memory:");
  migrateDb(db, IN_MEMORY);
  const bytes = db.serialize();
  db.close();
  return bytes;
}

/** A payment as the tables have it; everything but the slot (unix seconds) and the rate is optional. */
export interface Paid {
  readonly slot: number;
  readonly rate: string | number;
  readonly offset?: number;
  readonly hours?: number | null;
  readonly mark?: number | null;
  readonly origin?: SettlementOrigin;
  readonly estimate?: number | null;
}

/** Writes rows of the history file. */
export class HistoryWriter {
  readonly db: Database;
  readonly #series: SeriesRepository;
  readonly #pay;
  readonly #accrue;

  constructor(db: Database) {
    this.db = db;
    this.#series = new SeriesRepository(db);
    this.#pay = db.query("INSERT INTO settlements VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#accrue = db.query("INSERT INTO accruals VALUES (?, ?, ?, ?)");
  }

  add(description: SeriesDescription, payments: readonly Paid[] = []): number {
    const { id } = this.#series.ensure(description);
    for (const { slot, offset = 0, rate, hours = null, mark = null, ...more } of payments) {
      const origin = SETTLEMENT_ORIGINS.indexOf(more.origin ?? "exchange");
      this.#pay.run(
        id,
        slot,
        offset,
        storedDecimal(String(rate)),
        hours,
        mark,
        origin,
        more.estimate ?? null,
      );
    }
    return id;
  }

  accrue(seriesId: number, hour: number, amount: string | number, unit: AccrualUnit): void {
    this.#accrue.run(seriesId, hour, storedDecimal(String(amount)), unit);
  }

  /** Unix seconds, half-open. */
  backfilled(seriesId: number, from: number, to: number, isComplete: boolean): void {
    this.db.run(
      "INSERT INTO backfills (series_id, read_from, read_to, complete) VALUES (?, ?, ?, ?)",
      [seriesId, from, to, isComplete ? 1 : 0],
    );
  }
}

/** The reader's answers without its thread; what crosses the border is copied as between threads. */
export function readerOn(db: Database, withHistory: readonly ExchangeId[] = []): HistoryReader {
  const known = {
    past: new PastReader(db),
    samples: new SampleReader(db),
    boards: new BoardStore(db),
    frames: new PairFrameReader(db),
    withHistory: new Set(withHistory),
  };
  return {
    ask: async (kind, query) => {
      const answer = atOnce(answerTo(known, structuredClone({ kind, query }) as Question));
      return structuredClone(answer, { transfer: transferOf(answer) });
    },
  };
}

/**
 * A history with three payments of each row, the newest at noon, live rates before them, and spreads that last; written
 * when it is first asked.
 */
export function historyOf(rows: () => readonly BoardRow[]): HistoryReader {
  let reader: HistoryReader | null = null;
  return {
    ask: (kind, query, signal) => {
      reader ??= readerOn(paidByAll(rows()));
      return reader.ask(kind, query, signal);
    },
  };
}

const EIGHT_HOURS = 8 * 3600;

function paidByAll(rows: readonly BoardRow[]): Database {
  const db = historyInMemory();
  const writer = new HistoryWriter(db);
  const ids = new Map<ExchangeId, number>();
  for (const [place, { record }] of rows.entries()) {
    const paid = [2, 1, 0].map((ago): Paid => ({
      slot: NOON_MS / 1000 - ago * EIGHT_HOURS,
      offset: ago,
      rate: ago === 1 ? "-0.00010000" : record.fundingRate,
      mark: ago === 0 ? null : 100.5 + place,
      origin: ago === 0 ? "estimated" : "exchange",
      estimate: ago === 2 ? 0.000_123 : null,
    }));
    ids.set(record.exchange, writer.add(seriesOf(record), paid));
  }
  sampleBefore(db, rows);
  spreadBetween(db, [...ids.values()]);
  return db;
}

/** The live rate of each row an hour before each of its payments. */
function sampleBefore(db: Database, rows: readonly BoardRow[]): void {
  const epochs = new HistoryEpochRepository(db);
  const epoch = epochs.takeOver();
  const series = new SeriesRepository(db);
  const writer = new SampleWriter(db, {
    epochs,
    series,
    programVersion: "1.2.3",
    onRemoved: () => undefined,
  });
  for (const [exchange, own] of Map.groupBy(rows, ({ record }) => record.exchange)) {
    const instruments = own.map(({ record }) => ({
      series: seriesOf(record),
      sample: {
        rate: record.fundingRate,
        intervalHours: 8,
        nextFundingAtMs: null,
        markPrice: null,
        indexPrice: null,
        openInterestUsd: null,
        volume24hUsd: null,
      },
      flags: 0,
      assetId: null,
    }));
    for (const hoursAgo of [17, 9, 1])
      writer.write(epoch, exchange, NOON_MS - hoursAgo * 3_600_000, refreshOf(instruments));
  }
}

/** A spread of 1,000 % a year between each two of these series, both ways, open for the last hours before noon. */
function spreadBetween(db: Database, ids: readonly number[]): void {
  const epochs = new HistoryEpochRepository(db);
  const epoch = epochs.takeOver();
  const writer = new PairFrameWriter(db, epochs, "1.2.3");
  const ordered = ids.toSorted((one, other) => one - other);
  const pairs = ordered.flatMap((long) =>
    ordered.flatMap((short) => (long === short ? [] : [[long, short] as const])),
  );
  for (const hoursAgo of [3, 2, 1]) {
    const frame = makePairFrame(NOON_MS / 1000 - hoursAgo * 3600, pairs.length);
    for (const [index, [long, short]] of pairs.entries()) {
      frame.longIds[index] = long;
      frame.shortIds[index] = short;
      frame.firstSeen[index] = NOON_MS / 1000 - 3 * 3600;
      frame.steps[index] = yieldStepOf(1_000);
    }
    writer.write(epoch, frame);
  }
}

function seriesOf(of: MarketRecord): SeriesDescription {
  const { uid, exchange, exchangeSymbol, base, quote, settle, assetClass, accrual } = of;
  const names = { uid, exchange, exchangeSymbol, base, quote, settle, assetClass, accrual };
  const multiplier = of.multiplier ?? of.tickerMultiplier;
  return { ...names, multiplier, listedAt: null, firstSeen: of.firstSeenMs, endedAt: null };
}
