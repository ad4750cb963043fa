import type { Database } from "bun:sqlite";
import { eq } from "drizzle-orm";
import type { ExchangeId } from "../../domain/exchange.ts";
import { queryBuilder } from "../query-builder.ts";
import { backfills, series } from "./schema.ts";

/** How far the past of a series has been read from its exchange. Times are unix ms. */
export interface Backfill {
  /** Everything from here … null before the first page. */
  readonly readFromMs: number | null;
  /** … to here (exclusive) has been read and was published by then. */
  readonly readToMs: number | null;
  /** The page to continue with, where the exchange pages by number. */
  readonly page: number | null;
  /** Whether nothing older than `readFromMs` is to be read. */
  readonly complete: boolean;
  /** The oldest payment that the exchange still has, if it is not known to be the first one; null before the end. */
  readonly availableFromMs: number | null;
  readonly requests: number;
  readonly failuresInRow: number;
  /** Our own wording, null after a success. */
  readonly failure: string | null;
  readonly attemptedAtMs: number | null;
}

export const NOT_STARTED: Backfill = {
  readFromMs: null,
  readToMs: null,
  page: null,
  complete: false,
  availableFromMs: null,
  requests: 0,
  failuresInRow: 0,
  failure: null,
  attemptedAtMs: null,
};

const STORED_BACKFILLS = `SELECT series_id AS seriesId, read_from AS readFrom, read_to AS readTo, page, complete,
    available_from AS availableFrom, requests, failures_in_row AS failuresInRow, failure, attempted_at AS attemptedAt
  FROM backfills`;

/** The progress of the backfills. Synchronous. */
export class BackfillRepository {
  readonly #queries;
  readonly #of;
  readonly #among;

  constructor(db: Database) {
    this.#queries = queryBuilder(db);
    this.#of = db.query<BackfillRow, [number]>(`${STORED_BACKFILLS} WHERE series_id = ?`);
    this.#among = db.query<BackfillRow, [string]>(
      `${STORED_BACKFILLS} WHERE series_id IN (SELECT value FROM json_each(?))`,
    );
  }

  /** Null before the first attempt. */
  of(seriesId: number): Backfill | null {
    const row = this.#of.get(seriesId);
    return row === null ? null : storedBackfill(row);
  }

  /** Of several series, by their ids; none before the first attempt. */
  among(seriesIds: readonly number[]): ReadonlyMap<number, Backfill> {
    const rows = this.#among.all(JSON.stringify(seriesIds));
    return new Map(rows.map((row) => [row.seriesId, storedBackfill(row)]));
  }

  /** The progress of the series of an exchange that have any, by uid. */
  ofExchange(exchange: ExchangeId): ReadonlyMap<string, Backfill & { readonly seriesId: number }> {
    const rows = this.#queries
      .select({ uid: series.uid, backfill: backfills })
      .from(series)
      .innerJoin(backfills, eq(backfills.seriesId, series.id))
      .where(eq(series.exchange, exchange))
      .all();
    return new Map(
      rows.map(({ uid, backfill }) => [
        uid,
        { seriesId: backfill.seriesId, ...backfillOf(backfill) },
      ]),
    );
  }

  /** Stores the progress of a series. Call it inside the transaction of the rows that it is about. */
  save(seriesId: number, backfill: Backfill): void {
    const { complete, page, requests, failuresInRow, failure } = backfill;
    const row = {
      readFrom: secondsOf(backfill.readFromMs),
      readTo: secondsOf(backfill.readToMs),
      page,
      complete,
      availableFrom: secondsOf(backfill.availableFromMs),
      requests,
      failuresInRow,
      failure,
      attemptedAt: secondsOf(backfill.attemptedAtMs),
    };
    this.#queries
      .insert(backfills)
      .values({ seriesId, ...row })
      .onConflictDoUpdate({ target: backfills.seriesId, set: row })
      .run();
  }
}

interface BackfillFields {
  readonly readFrom: number | null;
  readonly readTo: number | null;
  readonly page: number | null;
  readonly complete: boolean;
  readonly availableFrom: number | null;
  readonly requests: number;
  readonly failuresInRow: number;
  readonly failure: string | null;
  readonly attemptedAt: number | null;
}

interface BackfillRow extends Omit<BackfillFields, "complete"> {
  readonly seriesId: number;
  readonly complete: number;
}

function storedBackfill(row: BackfillRow): Backfill {
  return backfillOf({ ...row, complete: row.complete === 1 });
}

function backfillOf(row: BackfillFields): Backfill {
  const { page, complete, requests, failuresInRow, failure } = row;
  return {
    readFromMs: msOf(row.readFrom),
    readToMs: msOf(row.readTo),
    page,
    complete,
    availableFromMs: msOf(row.availableFrom),
    requests,
    failuresInRow,
    failure,
    attemptedAtMs: msOf(row.attemptedAt),
  };
}

const secondsOf = (ms: number | null) => (ms === null ? null : Math.floor(ms / 1000));
const msOf = (seconds: number | null) => (seconds === null ? null : seconds * 1000);
