import { Database } from "bun:sqlite";
import { and, eq, sql } from "drizzle-orm";
import { EpochLost } from "../epoch-lost.ts";
import { writeTransaction } from "../open.ts";
import { given, queryBuilder } from "../query-builder.ts";
import { collectorEpoch } from "./schema.ts";

/** The progress of the market tables, and the last heartbeat of their collector. Times are unix milliseconds. */
export interface Progress {
  readonly epoch: number;
  readonly seq: number;
  readonly changedAtMs: number;
  readonly heartbeatAtMs: number | null;
}

/** The one row. */
const ID = 1;

/** The row that says who may write the market tables and how far they are. */
export class EpochRepository {
  readonly #db: Database;
  readonly #read;
  readonly #takeOver;
  readonly #beat;
  readonly #raise;

  constructor(db: Database) {
    this.#db = db;
    const queries = queryBuilder(db);
    const { id, epoch, seq, changedAt, heartbeatAt } = collectorEpoch;
    const isThis = eq(id, ID);
    this.#read = queries
      .select({ epoch, seq, changedAtMs: changedAt, heartbeatAtMs: heartbeatAt })
      .from(collectorEpoch)
      .where(isThis)
      .prepare();
    this.#takeOver = queries
      .insert(collectorEpoch)
      .values({
        id: ID,
        epoch: 1,
        seq: 0,
        changedAt: given("nowMs", changedAt),
        heartbeatAt: given("nowMs", heartbeatAt),
      })
      .onConflictDoUpdate({
        target: id,
        set: { epoch: sql`${epoch} + 1`, heartbeatAt: given("nowMs", heartbeatAt) },
      })
      .prepare();
    this.#beat = queries
      .update(collectorEpoch)
      .set({ heartbeatAt: given("nowMs", heartbeatAt) })
      .where(and(isThis, eq(epoch, sql.placeholder("epoch"))))
      .returning({ id })
      .prepare();
    this.#raise = queries
      .update(collectorEpoch)
      .set({ seq: sql`${seq} + 1`, changedAt: given("nowMs", changedAt) })
      .where(isThis)
      .prepare();
  }

  /** Null if no collector has ever run. */
  read(): Progress | null {
    return this.#read.get() ?? null;
  }

  /** Starts a new epoch and returns it. Call it only while holding the collector lock. */
  takeOver(nowMs: number): number {
    return writeTransaction(this.#db, () => {
      this.#takeOver.run({ nowMs });
      return this.#read.get()?.epoch ?? 1;
    });
  }

  /** Records a heartbeat of the collector of `epoch`. Throws EpochLost if another one has taken over. */
  beat(epoch: number, nowMs: number): void {
    if (this.#beat.get({ nowMs, epoch }) === undefined) this.requireCurrent(epoch);
  }

  /** Throws EpochLost unless `epoch` is the current one. Call it inside the write's own transaction. */
  requireCurrent(epoch: number): void {
    const current = this.#read.get()?.epoch ?? 0;
    if (current !== epoch) throw new EpochLost(epoch, current);
  }

  /** Notifies readers of a change. Call it inside the write's own transaction. */
  raiseSeq(nowMs: number): void {
    this.#raise.run({ nowMs });
  }
}

/**
 * The last heartbeat in the database at `path`, in unix milliseconds; null if there is none or it cannot be read now.
 * Opens the file each time without creating it: a waiting process must not keep a replaced file open.
 */
export function readHeartbeat(path: string): number | null {
  let db: Database | null = null;
  try {
    db = new Database(path, { readonly: true });
    return new EpochRepository(db).read()?.heartbeatAtMs ?? null;
  } catch {
    return null;
  } finally {
    db?.close();
  }
}
