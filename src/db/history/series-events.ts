import type { Database } from "bun:sqlite";
import type { FlagBits } from "../../domain/flags.ts";
import type { EventKind } from "./sample-schema.ts";
import type { Series } from "./series-repository.ts";
import { termsText } from "./series-terms.ts";

/** What changes rarely about a series; null: not known. */
interface EventState {
  readonly flags: FlagBits | null;
  readonly assetId: string | null;
}

/** What was last noted of a series. */
interface Noted extends EventState {
  /** The same object as long as nothing about the series changes; null if its terms were not compared yet. */
  readonly series: Series | null;
}

const NEWEST =
  "SELECT value FROM series_events WHERE series_id = ? AND kind = ? AND at <= ? ORDER BY at DESC LIMIT 1";

/** The flags, assets and terms of series, stored when they change. Times are unix seconds. */
export class SeriesEvents {
  readonly #newest;
  readonly #insert;
  readonly #known = new Map<number, Noted>();

  constructor(db: Database) {
    this.#newest = db.query<{ value: string | null }, [number, EventKind, number]>(NEWEST);
    this.#insert = db.query(
      "INSERT OR REPLACE INTO series_events (series_id, kind, at, value) VALUES (?, ?, ?, ?)",
    );
  }

  /** What held at a time; null if it was not known. */
  at(seriesId: number, at: number): EventState {
    const flags = this.#newest.get(seriesId, "flags", at)?.value ?? null;
    const assetId = this.#newest.get(seriesId, "asset_id", at)?.value ?? null;
    return { flags: flags === null ? null : Number(flags), assetId };
  }

  /** Stores what differs from the event before. Call it inside the transaction of the sample. */
  note(series: Series, at: number, flags: FlagBits, assetId: string | null): void {
    const { id } = series;
    const known = this.#known.get(id) ?? { ...this.at(id, at), series: null };
    const isSame = known.flags === flags && known.assetId === assetId;
    if (isSame && known.series === series) return;
    if (known.flags !== flags) this.#insert.run(id, "flags", at, String(flags));
    if (known.assetId !== assetId) this.#insert.run(id, "asset_id", at, assetId);
    if (known.series !== series) this.#noteTerms(series, at);
    this.#known.set(id, { flags, assetId, series });
  }

  #noteTerms(series: Series, at: number): void {
    const terms = termsText(series);
    if (this.#newest.get(series.id, "terms", at)?.value !== terms)
      this.#insert.run(series.id, "terms", at, terms);
  }

  /** Drops the memory, which may be ahead of the file after a rollback. */
  forget(): void {
    this.#known.clear();
  }
}
