import type { Database } from "bun:sqlite";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseFile } from "../../src/db/database-file.ts";
import { historyFile } from "../../src/db/history/file.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { EpochRepository } from "../../src/db/market/epoch-repository.ts";
import {
  type AcceptedState,
  ExchangeStateRepository,
} from "../../src/db/market/exchange-state-repository.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { type AcceptedBatch, MarketWriter } from "../../src/db/market/market-writer.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { openDb, writeTransaction } from "../../src/db/open.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Quote } from "../../src/domain/quote.ts";

/** A database file in a separate folder, with the real schema. */
export interface TestDatabase {
  readonly path: string;
  readonly db: Database;
  readonly epochs: EpochRepository;
  readonly states: ExchangeStateRepository;
  readonly writer: MarketWriter;
  readonly reader: MarketReader;
  [Symbol.dispose](): void;
}

export function testDatabase(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), "funding-finder-test-"));
  const path = join(folder, "test.db");
  migrated ??= migratedFiles(folder);
  writeFileSync(path, migrated.market);
  writeFileSync(historyFile(path).path, migrated.history);
  const db = openDb(marketFile(path));
  // No test survives a power failure: nothing waits for the disk.
  db.run("PRAGMA synchronous = OFF");
  const epochs = new EpochRepository(db);
  const states = new ExchangeStateRepository(db);
  return {
    path,
    db,
    epochs,
    states,
    writer: new MarketWriter(db, epochs, states),
    reader: new MarketReader(db),
    [Symbol.dispose]() {
      db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Files with the real schema and no rows, migrated once per process: that takes longer than everything else here. */
let migrated: Readonly<Record<"market" | "history", Uint8Array>> | undefined;

function migratedFiles(folder: string) {
  const path = join(folder, "migrated.db");
  return { market: migratedFile(marketFile(path)), history: migratedFile(historyFile(path)) };
}

function migratedFile(file: DatabaseFile): Uint8Array {
  const db = openDb(file);
  migrateDb(db, file);
  // The last connection moves everything from the WAL into the file.
  db.close();
  return readFileSync(file.path);
}

/** Makes `test` the collecting process and enables `exchanges`; returns the epoch. */
export function startCollecting(
  test: TestDatabase,
  exchanges: readonly ExchangeId[],
  nowMs: number,
  periodMs = 60_000,
): number {
  const epoch = test.epochs.takeOver(nowMs);
  writeTransaction(test.db, () =>
    test.states.enableOnly(new Map(exchanges.map((id) => [id, periodMs]))),
  );
  return epoch;
}

/** An accepted batch around `quotes`, all of it overridable. */
export function acceptedBatch(
  exchange: ExchangeId,
  epoch: number,
  atMs: number,
  quotes: readonly Quote[],
  extra: Partial<Omit<AcceptedBatch, "state">> & { readonly state?: Partial<AcceptedState> } = {},
): AcceptedBatch {
  return {
    exchange,
    epoch,
    atMs,
    quotes,
    frozen: new Set(),
    isExcused: () => false,
    complete: true,
    ...extra,
    state: {
      atMs,
      symbols: quotes.length,
      trustedSize: quotes.length,
      expected: null,
      degradedBy: null,
      rejects: {},
      cycleMs: 10,
      pending: null,
      ...extra.state,
    },
  };
}
