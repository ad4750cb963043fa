import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import { EVENT_KINDS } from "./sample-schema.ts";

/** What has a time of its own, of an exchange and from a time on. */
const SAMPLES = [
  "sample_refreshes WHERE exchange = ?1 AND at >= ?2",
  "sample_hours WHERE exchange = ?1 AND hour >= ?2",
  "sample_days WHERE exchange = ?1 AND day >= ?2",
  "sample_periods WHERE exchange = ?1 AND span = 'day' AND start >= ?2",
];

/** By the key: each series and kind is looked up by itself. */
const EVENTS = `series_events WHERE series_id IN (SELECT id FROM series WHERE exchange = ?1)
  AND kind IN (${EVENT_KINDS.map((kind) => `'${kind}'`).join(", ")}) AND at >= ?2`;

/** Samples that a clock which was ahead has stored with times that are still to come. */
export class FutureSamples {
  readonly #samples;
  readonly #events;

  constructor(db: Database) {
    const remove = (what: string) => db.query<void, [string, number]>(`DELETE FROM ${what}`);
    this.#samples = SAMPLES.map(remove);
    this.#events = remove(EVENTS);
  }

  /**
   * Removes those of an exchange from a time on (unix seconds); an hour or a day that begins before it is kept. False if
   * there are none. Call it inside a transaction.
   */
  remove(exchange: ExchangeId, from: number): boolean {
    const counts = this.#samples.map((samples) => samples.run(exchange, from).changes);
    if (counts.every((count) => count === 0)) return false;
    this.#events.run(exchange, from);
    return true;
  }
}
