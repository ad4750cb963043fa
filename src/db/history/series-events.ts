import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { FlagBits } from "../../domain/flags.ts";
import { lastEvent } from "./board-series.ts";
import type { EventKind } from "./sample-schema.ts";
import type { Series } from "./series-repository.ts";
import { termsText } from "./series-terms.ts";

/** What was last stored of a series; null: nothing. */
export interface NotedSeries {
  readonly id: number;
  readonly flags: FlagBits | null;
  readonly assetId: string | null;
  /** As `termsText` writes them. */
  readonly terms: string | null;
}

/** Writes the flags, assets and terms of series when they change. Times are unix seconds. Keeps nothing in memory. */
export class SeriesEvents {
  readonly #noted;
  readonly #insert;

  constructor(db: Database) {
    this.#noted = db.query<NotedSeries, [string, number]>(
      `SELECT id, CAST(${lastEvent("flags")} AS INTEGER) AS flags, ${lastEvent("asset_id")} AS assetId,
         ${lastEvent("terms")} AS terms
       FROM series s WHERE exchange = ?1`,
    );
    this.#insert = db.query<void, [number, EventKind, number, string | null]>(
      "INSERT OR REPLACE INTO series_events (series_id, kind, at, value) VALUES (?, ?, ?, ?)",
    );
  }

  /** What was stored of each series of an exchange up to a time, by id. */
  noted(exchange: ExchangeId, at: number): ReadonlyMap<number, NotedSeries> {
    return new Map(this.#noted.all(exchange, at).map((noted) => [noted.id, noted]));
  }

  /** Stores what a series stands for, as far as that is not what was noted before. Call it inside a transaction. */
  describe(
    series: Series,
    assetId: string | null,
    at: number,
    noted: Pick<NotedSeries, "assetId" | "terms"> = NOTHING,
  ): void {
    if (noted.assetId !== assetId) this.#insert.run(series.id, "asset_id", at, assetId);
    const terms = termsText(series);
    if (noted.terms !== terms) this.#insert.run(series.id, "terms", at, terms);
  }

  /** Stores the flags of a series from a time on. Call it inside a transaction. */
  setFlags(seriesId: number, at: number, flags: FlagBits): void {
    this.#insert.run(seriesId, "flags", at, String(flags));
  }
}

const NOTHING = { assetId: null, terms: null };
