import type { Database } from "bun:sqlite";
import type { FlagBits } from "../../domain/flags.ts";

/** What changes rarely about a series, from a time on. */
interface EventState {
  readonly flags: string | null;
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
  at(seriesId: number, at: number): { flags: FlagBits | null; assetId: string | null } {
    const flags = this.#newest.get(seriesId, "flags", at)?.value ?? null;
    const assetId = this.#newest.get(seriesId, "asset_id", at)?.value ?? null;
    return { flags: flags === null ? null : Number(flags), assetId };
  }

  /** Stores what differs from the event before. Call it inside the transaction of the sample. */
  note(seriesId: number, at: number, flags: FlagBits, assetId: string | null): void {
    const known = this.#known.get(seriesId) ?? this.#stored(seriesId, at);
    const now = { flags: String(flags), assetId };
    if (known.flags !== now.flags) this.#insert.run(seriesId, "flags", at, now.flags);
    if (known.assetId !== now.assetId) this.#insert.run(seriesId, "asset_id", at, now.assetId);
    this.#known.set(seriesId, now);
  }

  /** Drops the memory, which may be ahead of the file after a rollback. */
  forget(): void {
    this.#known.clear();
  }

  #stored(seriesId: number, at: number): EventState {
    return {
      flags: this.#newest.get(seriesId, "flags", at)?.value ?? null,
      assetId: this.#newest.get(seriesId, "asset_id", at)?.value ?? null,
    };
  }
}
