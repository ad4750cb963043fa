import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import { AccrualRepository } from "./accrual-repository.ts";
import { type Backfill, BackfillRepository } from "./backfill-repository.ts";
import { type Series, SERIES_COLUMNS } from "./series-repository.ts";
import { type SettledSlot, SettlementRepository } from "./settlement-repository.ts";

/** A slot of the ledger; the hours of a continuous contract are its slots and have no origin. */
export type LedgerSlot = Omit<SettledSlot, "origin"> & {
  readonly origin: SettledSlot["origin"] | null;
};

/** What the gap ledger of one instrument is made of. */
export interface LedgerRecord {
  readonly series: Series;
  /** Oldest first. */
  readonly slots: readonly LedgerSlot[];
  /** Null if nothing was tried: the exchange may have no history. */
  readonly backfill: Backfill | null;
}

const ACCRUED_HOURS = 1;

/**
 * Reads what the gap ledger is made of, one series at a time, so that a walk over all of them holds no more than one in
 * memory and no transaction open. Synchronous; a read-only connection suffices.
 */
export class LedgerReader {
  readonly #settlements;
  readonly #accruals;
  readonly #backfills;
  readonly #next;
  readonly #nextOfExchange;
  readonly #byUid;

  constructor(db: Database) {
    this.#settlements = new SettlementRepository(db);
    this.#accruals = new AccrualRepository(db);
    this.#backfills = new BackfillRepository(db);
    this.#next = db.query<Series, [number]>(
      `SELECT ${SERIES_COLUMNS} FROM series WHERE id > ? ORDER BY id LIMIT 1`,
    );
    this.#nextOfExchange = db.query<Series, [number, string]>(
      `SELECT ${SERIES_COLUMNS} FROM series WHERE id > ? AND exchange = ? ORDER BY id LIMIT 1`,
    );
    this.#byUid = db.query<Series, [string]>(`SELECT ${SERIES_COLUMNS} FROM series WHERE uid = ?`);
  }

  /** The record of one instrument; null for an unknown uid. */
  of(uid: string): LedgerRecord | null {
    const series = this.#byUid.get(uid);
    return series === null ? null : this.#recordOf(series);
  }

  /** The records of an exchange, or of all, in the order of their series' ids; each is read when it is asked for. */
  *all(exchange: ExchangeId | null = null): Generator<LedgerRecord, void, void> {
    let id = 0;
    for (;;) {
      const series =
        exchange === null ? this.#next.get(id) : this.#nextOfExchange.get(id, exchange);
      if (series === null) return;
      yield this.#recordOf(series);
      ({ id } = series);
    }
  }

  #recordOf(series: Series): LedgerRecord {
    const slots =
      series.accrual === "continuous"
        ? this.#accruals
            .hoursMs(series.id)
            .map((slotMs) => ({ slotMs, intervalHours: ACCRUED_HOURS, origin: null }))
        : this.#settlements.slots(series.id);
    return { series, slots, backfill: this.#backfills.of(series.id) };
  }
}
