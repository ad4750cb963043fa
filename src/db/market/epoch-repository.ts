import { Database } from "bun:sqlite";
import { writeTransaction } from "../open.ts";

/** How far the market tables are, and whether somebody fills them. Times are unix milliseconds. */
export interface Progress {
  readonly epoch: number;
  readonly seq: number;
  readonly changedAtMs: number;
  readonly heartbeatAtMs: number | null;
}

/** Another collector has taken over: whoever gets this must stop writing at once. */
export class EpochLost extends Error {
  constructor(mine: number, current: number) {
    super(`this collector has epoch ${mine}, the database is at ${current}`);
    this.name = "EpochLost";
  }
}

interface ProgressRow {
  epoch: number;
  seq: number;
  changed_at: number;
  heartbeat_at: number | null;
}

/** The one row that says who may write the market tables and how far they are. */
export class EpochRepository {
  readonly #db: Database;
  readonly #read;
  readonly #beat;
  readonly #raise;

  constructor(db: Database) {
    this.#db = db;
    this.#read = db.query<ProgressRow, []>(
      "SELECT epoch, seq, changed_at, heartbeat_at FROM collector_epoch WHERE id = 1",
    );
    this.#beat = db.query("UPDATE collector_epoch SET heartbeat_at = ? WHERE id = 1 AND epoch = ?");
    this.#raise = db.query("UPDATE collector_epoch SET seq = seq + 1, changed_at = ? WHERE id = 1");
  }

  /** Null before the first collector ever started. */
  read(): Progress | null {
    const row = this.#read.get();
    if (row === null) return null;
    return {
      epoch: row.epoch,
      seq: row.seq,
      changedAtMs: row.changed_at,
      heartbeatAtMs: row.heartbeat_at,
    };
  }

  /** Starts a new epoch and returns it. Call it only while holding the collector's lock. */
  takeOver(nowMs: number): number {
    return writeTransaction(this.#db, () => {
      this.#db.run(
        `INSERT INTO collector_epoch (id, epoch, seq, changed_at, heartbeat_at) VALUES (1, 1, 0, ?1, ?1)
         ON CONFLICT (id) DO UPDATE SET epoch = epoch + 1, heartbeat_at = ?1`,
        [nowMs],
      );
      return this.#read.get()?.epoch ?? 1;
    });
  }

  /** Says that the collector of `epoch` lives. Throws EpochLost when it is no longer the one. */
  beat(epoch: number, nowMs: number): void {
    if (this.#beat.run(nowMs, epoch).changes === 0) this.requireCurrent(epoch);
  }

  /** Throws EpochLost unless `epoch` is the current one. Call it inside the write's own transaction. */
  requireCurrent(epoch: number): void {
    const current = this.#read.get()?.epoch ?? 0;
    if (current !== epoch) throw new EpochLost(epoch, current);
  }

  /** Tells readers that something changed. Call it inside the write's own transaction. */
  raiseSeq(nowMs: number): void {
    this.#raise.run(nowMs);
  }
}

/**
 * The last heartbeat in the database at `path`, in unix milliseconds; null when there is none or it cannot be read
 * now. Opens the file each time and makes none: whoever waits for a database must hold none that was replaced.
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
