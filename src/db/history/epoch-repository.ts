import type { Database } from "bun:sqlite";
import { eq, sql } from "drizzle-orm";
import { EpochLost } from "../epoch-lost.ts";
import { writeTransaction } from "../open.ts";
import { queryBuilder } from "../query-builder.ts";
import { historyEpoch } from "./schema.ts";

/** How far the history file is: who may write it, and how many changes readers can have seen. */
export interface HistoryProgress {
  readonly epoch: number;
  readonly seq: number;
}

/** The one row. */
const ID = 1;

/** The row of the history file that says who may write it and how far it is. */
export class HistoryEpochRepository {
  readonly #db: Database;
  readonly #read;
  readonly #takeOver;
  readonly #raise;

  constructor(db: Database) {
    this.#db = db;
    const queries = queryBuilder(db);
    const { id, epoch, seq } = historyEpoch;
    this.#read = queries.select({ epoch, seq }).from(historyEpoch).where(eq(id, ID)).prepare();
    this.#takeOver = queries
      .insert(historyEpoch)
      .values({ id: ID, epoch: 1, seq: 0 })
      .onConflictDoUpdate({ target: id, set: { epoch: sql`${epoch} + 1` } })
      .prepare();
    this.#raise = queries
      .update(historyEpoch)
      .set({ seq: sql`${seq} + 1` })
      .where(eq(id, ID))
      .prepare();
  }

  /** Null if no collector has ever written this file. */
  read(): HistoryProgress | null {
    return this.#read.get() ?? null;
  }

  /** Starts a new epoch and returns it. Call it only while holding the collector lock. */
  takeOver(): number {
    return writeTransaction(this.#db, () => {
      this.#takeOver.run();
      return this.#read.get()?.epoch ?? 1;
    });
  }

  /** Runs `work` in one IMMEDIATE transaction that readers see as one change. Throws EpochLost if another one took over. */
  write<T>(epoch: number, work: () => T): T {
    return this.writeUncounted(epoch, () => {
      const result = work();
      this.#raise.run();
      return result;
    });
  }

  /** As `write`, for what has a time by itself: the count would be a quarter of all that is written to disk. */
  writeUncounted<T>(epoch: number, work: () => T): T {
    return writeTransaction(this.#db, () => {
      const current = this.#read.get()?.epoch ?? 0;
      if (current !== epoch) throw new EpochLost(epoch, current);
      return work();
    });
  }
}
