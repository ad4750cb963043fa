import type { Database } from "bun:sqlite";
import type { FlagBits } from "../../domain/flags.ts";

/** What changes rarely about a series; null: not known. */
interface EventState {
  readonly flags: FlagBits | null;
  readonly assetId: string | null;
}

type EventKind = "flags" | "asset_id";

const NEWEST =
  "SELECT value FROM series_events WHERE series_id = ? AND kind = ? AND at <= ? ORDER BY at DESC LIMIT 1";

/** The flags and assets of series, stored when they change. Times are unix seconds. */
export class SeriesEvents {
  readonly #newest;
  readonly #insert;
  readonly #known = new Map<number, EventState>();

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
  note(seriesId: number, at: number, flags: FlagBits, assetId: string | null): void {
    const known = this.#known.get(seriesId) ?? this.at(seriesId, at);
    if (known.flags === flags && known.assetId === assetId) {
      if (!this.#known.has(seriesId)) this.#known.set(seriesId, known);
      return;
    }
    if (known.flags !== flags) this.#insert.run(seriesId, "flags", at, String(flags));
    if (known.assetId !== assetId) this.#insert.run(seriesId, "asset_id", at, assetId);
    this.#known.set(seriesId, { flags, assetId });
  }

  /** Drops the memory, which may be ahead of the file after a rollback. */
  forget(): void {
    this.#known.clear();
  }
}
