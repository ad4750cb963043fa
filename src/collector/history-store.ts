import { AccrualRepository } from "../db/history/accrual-repository.ts";
import { BackfillRepository } from "../db/history/backfill-repository.ts";
import { HistoryEpochRepository } from "../db/history/epoch-repository.ts";
import { historyFile } from "../db/history/file.ts";
import { SeriesRepository } from "../db/history/series-repository.ts";
import { SettlementRepository } from "../db/history/settlement-repository.ts";
import { asUnusable, databaseFailure } from "../db/failure.ts";
import { checkpoint, openDb, waitAtMost } from "../db/open.ts";
import { WriteQueue, type WriteQueueDeps } from "../db/write-queue.ts";

type Db = ReturnType<typeof openDb>;

/** The history file as the collector writes it. Every write is one transaction that checks the epoch. */
export class HistoryStore {
  readonly series;
  readonly settlements;
  readonly accruals;
  readonly backfills;
  readonly #db: Db;
  readonly #path: string;
  readonly #epochs;
  readonly #epoch: number;
  readonly #writes: WriteQueue;

  private constructor(db: Db, path: string, epoch: number, writes: WriteQueue) {
    this.#db = db;
    this.#path = path;
    this.#epoch = epoch;
    this.#writes = writes;
    this.#epochs = new HistoryEpochRepository(db);
    this.series = new SeriesRepository(db);
    this.settlements = new SettlementRepository(db);
    this.accruals = new AccrualRepository(db);
    this.backfills = new BackfillRepository(db);
  }

  /**
   * Opens the file next to the market's and starts a new epoch. Call it only while holding the collector lock. It waits
   * for other writers by itself: a locked history delays no write of the market.
   */
  static async open(databasePath: string, deps: WriteQueueDeps): Promise<HistoryStore> {
    const file = historyFile(databasePath);
    const writes = new WriteQueue({ ...deps, log: deps.log.child({ file: file.name }) });
    const db = await writes.run(() => openDb(file, { mustExist: true }));
    try {
      waitAtMost(db, "collector");
      const epochs = new HistoryEpochRepository(db);
      const epoch = await writes.run(() => epochs.takeOver());
      return new HistoryStore(db, file.path, epoch, writes);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /**
   * Runs `work` in one transaction, as soon as other writers permit. Throws EpochLost if another collector has taken
   * over, and UnusableDatabase if the file is damaged; nothing is stored then.
   */
  async write<T>(work: () => T): Promise<T> {
    try {
      return await this.#writes.run(() => {
        try {
          return this.#epochs.write(this.#epoch, work);
        } catch (error) {
          this.series.forget();
          throw error;
        }
      });
    } catch (error) {
      if (databaseFailure(error)?.running === "end") throw asUnusable(this.#path, error);
      throw error;
    }
  }

  /** Never throws: what is not in the file is in its log, which the next start reads. */
  close(): void {
    try {
      checkpoint(this.#db);
    } catch (error) {
      if (databaseFailure(error) === null) throw error;
    }
    this.#db.close();
  }
}
