import { AccrualRepository } from "../db/history/accrual-repository.ts";
import { BackfillRepository } from "../db/history/backfill-repository.ts";
import { HistoryEpochRepository } from "../db/history/epoch-repository.ts";
import { historyFile } from "../db/history/file.ts";
import { pricedHours } from "../db/history/hour-prices.ts";
import { PairFrameWriter } from "../db/history/pair-frame-repository.ts";
import { RollUp, type RollUpDeps } from "../db/history/roll-up/roll-up.ts";
import {
  type SampledTime,
  SampleWriter,
  type WrittenRefresh,
} from "../db/history/sample-writer.ts";
import type { SampledRefresh } from "../db/history/sampled-refresh.ts";
import { SampleReader } from "../db/history/sample-reader.ts";
import { SeriesRepository } from "../db/history/series-repository.ts";
import { SettlementRepository } from "../db/history/settlement-repository.ts";
import { asUnusable, databaseFailure } from "../db/failure.ts";
import { checkpoint, openDb, waitAtMost } from "../db/open.ts";
import { WriteQueue, type WriteQueueDeps } from "../db/write-queue.ts";
import type { AccruedHour } from "../domain/charges.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Log } from "../lib/log.ts";
import { PROGRAM_VERSION } from "../lib/program-version.ts";

type Db = ReturnType<typeof openDb>;

/** The history file as the collector writes it. Every write is one transaction that checks the epoch. */
export class HistoryStore {
  readonly series;
  readonly settlements;
  readonly accruals;
  readonly backfills;
  readonly pairFrames;
  /** Resolves when the file may be written: writes wait for it. Rejects as `write` does. */
  readonly takenOver: Promise<void>;
  /** Series whose payments were stored or corrected; whoever has dealt with one removes it. */
  readonly changed = new Set<number>();
  readonly #samples;
  readonly #prices;
  readonly #db: Db;
  readonly #path: string;
  readonly #epochs;
  readonly #writes: WriteQueue;
  #epoch: number | null = null;

  private constructor(db: Db, path: string, writes: WriteQueue, log: Log) {
    this.#db = db;
    this.#path = path;
    this.#writes = writes;
    this.#epochs = new HistoryEpochRepository(db);
    // The first of all writes, which are done in order.
    this.takenOver = this.#run(() => {
      this.#epoch = this.#epochs.takeOver();
    });
    // It may fail before anything waits for it.
    this.takenOver.catch(() => undefined);
    this.series = new SeriesRepository(db);
    const changed = (seriesId: number): unknown => this.changed.add(seriesId);
    this.settlements = new SettlementRepository(db, changed);
    this.accruals = new AccrualRepository(db, changed);
    this.backfills = new BackfillRepository(db);
    this.pairFrames = new PairFrameWriter(db, this.#epochs, PROGRAM_VERSION);
    this.#prices = new SampleReader(db);
    this.#samples = new SampleWriter(db, {
      epochs: this.#epochs,
      series: this.series,
      programVersion: PROGRAM_VERSION,
      onRemoved: (exchange, removed) =>
        log.warn("samples_removed", {
          exchange,
          ...removed,
          reason: "their times are in the future: the clock was ahead before",
        }),
    });
  }

  /** This collector's, which every write checks. Throws before `takenOver` has resolved. */
  get epoch(): number {
    if (this.#epoch === null) throw new Error("assertion failed: the history is not taken over");
    return this.#epoch;
  }

  /**
   * Opens the file next to the market's and starts a new epoch as soon as other writers permit, see `takenOver`: a
   * locked history delays nothing of the market. Call it only while holding the collector lock.
   */
  static async open(databasePath: string, deps: WriteQueueDeps): Promise<HistoryStore> {
    const file = historyFile(databasePath);
    const writes = new WriteQueue({ ...deps, log: deps.log.child({ file: file.name }) });
    const db = await writes.run(() => openDb(file, { mustExist: true }));
    try {
      waitAtMost(db, "collector");
      return new HistoryStore(db, file.path, writes, deps.log);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** The accrued hours of a series with fromMs <= end < toMs (unix ms), with the prices that they need. */
  accruedHours(
    series: { readonly id: number; readonly exchange: ExchangeId },
    fromMs: number,
    toMs: number,
  ): readonly AccruedHour[] {
    return pricedHours(this.#prices, series, this.accruals.range(series.id, fromMs, toMs));
  }

  /**
   * Runs `work` in one transaction, as soon as other writers permit. Throws EpochLost if another collector has taken
   * over, and UnusableDatabase if the file is damaged; nothing is stored then.
   */
  write<T>(work: () => T): Promise<T> {
    return this.#run(() => this.#epochs.write(this.epoch, work));
  }

  /** Stores the samples of one refresh as `write` stores. */
  sample(
    exchange: ExchangeId,
    atMs: number,
    refresh: SampledRefresh,
    time?: SampledTime,
  ): Promise<WrittenRefresh> {
    return this.#run(() => this.#samples.write(this.epoch, exchange, atMs, refresh, time));
  }

  /** Runs a write now; null if another writer holds the file or earlier writes still wait. Throws as `write` does. */
  attempt<T>(work: () => T): T | null {
    try {
      return this.#writes.attempt(work);
    } catch (error) {
      throw this.#described(error);
    }
  }

  /** What turns samples into smaller ones as they get older. Its slices are for `attempt`. */
  rollUp(deps: Pick<RollUpDeps, "retention" | "onDamage" | "onFailure">): RollUp {
    return new RollUp(this.#db, {
      ...deps,
      write: (work) => this.#epochs.write(this.epoch, work),
      programVersion: PROGRAM_VERSION,
    });
  }

  async #run<T>(work: () => T): Promise<T> {
    try {
      return await this.#writes.run(work);
    } catch (error) {
      throw this.#described(error);
    }
  }

  #described(error: unknown): unknown {
    const isOver = databaseFailure(error)?.running === "end";
    return isOver ? asUnusable(this.#path, error) : error;
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
