import type { Database } from "bun:sqlite";
import type { FlagBits } from "../../domain/flags.ts";
import { lastEvent } from "./board-series.ts";

/** What was last known of a series. */
export interface SeriesState {
  readonly id: number;
  /** 0 if none are stored. */
  readonly flags: FlagBits;
  /** Null: no price had identified it. */
  readonly assetId: string | null;
}

/** The flags of a series from a moment on, unix seconds. */
export interface FlagChange {
  readonly at: number;
  readonly flags: FlagBits;
}

/** Reads the flags and assets of series over time, in whole unix seconds. */
export class SeriesStates {
  readonly #states;
  readonly #changes;

  constructor(db: Database) {
    this.#states = db.query<SeriesState, [string, number]>(
      `SELECT id, CAST(coalesce(${lastEvent("flags")}, 0) AS INTEGER) AS flags, ${lastEvent("asset_id")} AS assetId
       FROM series s WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id`,
    );
    this.#changes = db.query<FlagChange, [number, number, number]>(
      `SELECT at, CAST(value AS INTEGER) AS flags FROM series_events
       WHERE series_id = ?1 AND kind = 'flags' AND at < ?3 AND at >= coalesce((SELECT max(at) FROM series_events
         WHERE series_id = ?1 AND kind = 'flags' AND at <= ?2), 0)
       ORDER BY at`,
    );
  }

  /** What was known at a moment, ordered by id. */
  at(ids: readonly number[], at: number): readonly SeriesState[] {
    return this.#states.all(JSON.stringify(ids), at);
  }

  /** The flags from the last change up to `from` on, ascending, until `to`. */
  flagChanges(id: number, from: number, to: number): readonly FlagChange[] {
    return this.#changes.all(id, from, to);
  }
}
