import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import { DamagedBlob, decoding } from "./codec/envelope.ts";
import { openSections } from "./codec/sections.ts";
import { SampleStore } from "./sample-store.ts";
import { blockOf, monthOf } from "./sample-times.ts";
import { AxisCache } from "./stored-axes.ts";

/** Reads when exchanges were refreshed, on a connection that may be read-only. Times are unix seconds. */
export class RefreshTimes {
  readonly #db: Database;
  readonly #store: SampleStore;
  readonly #axes = new AxisCache();

  constructor(db: Database) {
    this.#db = db;
    this.#store = new SampleStore(db);
  }

  /** The times of an exchange's accepted refreshes in [from, to), ascending; without those of damaged blobs. */
  between(exchange: ExchangeId, from: number, to: number): readonly number[] {
    const times = new Set<number>();
    const add = (all: Iterable<number>): void => {
      for (const at of all) if (at >= from && at < to) times.add(at);
    };
    // One transaction: a roll-up moves samples between two statements.
    this.#db.transaction(() => {
      add(this.#store.refreshes(exchange, from, to).map(({ start }) => start));
      for (const { blob } of this.#store.hours(exchange, blockOf(from), to))
        add(readable(() => openSections(blob).axis));
      for (const { axis } of this.#store.periods(exchange, monthOf(from), to))
        add(readable(() => this.#axes.read(axis).axis));
    })();
    return [...times].toSorted((one, other) => one - other);
  }
}

function readable(read: () => Iterable<number>): Iterable<number> {
  try {
    return decoding(read);
  } catch (error) {
    // Whoever reads the samples reports it.
    if (!(error instanceof DamagedBlob)) throw error;
    return [];
  }
}
