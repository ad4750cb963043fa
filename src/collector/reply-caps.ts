import { MIN_ROWS, ROWS_GROWTH } from "../domain/batch-limits.ts";
import type { JsonReply, JsonReading } from "../lib/http-client.ts";

/** A reply may be this many times the largest accepted one … */
const BYTES_GROWTH = 8;
/** … and at least this large, four times the largest real reply … */
const MIN_BYTES = 8 * 1024 * 1024;
/** … and never larger: parsed, it takes several times that. */
export const MAX_BYTES = 32 * 1024 * 1024;

/** Replies nest up to seven levels; parsing millions of levels takes a gigabyte. */
const MAX_DEPTH = 32;
/** The largest real replies contain 100,000 values; a million take some 100 MB when parsed. */
const MAX_VALUES = 1_000_000;

/** Requests per exchange whose replies are large enough to raise a limit: five on the exchange with the most. */
const MAX_REMEMBERED = 64;

type Bounds = JsonReading<unknown>["bounds"];
type Size = Pick<JsonReply<unknown>, "bytes" | "mostMembers">;

/** The maximum number of rows if `accepted` were accepted before (null: none were). */
export function maxRows(accepted: number | null): number {
  return Math.max(MIN_ROWS, ROWS_GROWTH * (accepted ?? 0));
}

/**
 * Limits the size of an exchange's replies by the largest accepted reply to the same request. Kept in memory only:
 * after a restart the minimums apply, and for rows the number of instruments that the exchange had.
 */
export class ReplyCaps {
  readonly #knownRows: number;
  /** Only requests whose replies raise a limit above the minimum; least recently accepted first. */
  readonly #accepted = new Map<string, Size>();

  /** `knownRows`: instruments of the exchange's last accepted batch, 0 if there is none. */
  constructor(knownRows: number) {
    this.#knownRows = knownRows;
  }

  /** The limits for the next reply to `request`, which may have `expectedRows` in any case. */
  of(request: string, expectedRows = 0): Bounds {
    const accepted = this.#accepted.get(request);
    const bytes = BYTES_GROWTH * (accepted?.bytes ?? 0);
    return {
      maxBytes: Math.min(MAX_BYTES, Math.max(MIN_BYTES, bytes)),
      json: {
        maxDepth: MAX_DEPTH,
        maxValues: MAX_VALUES,
        maxMembers: Math.max(
          expectedRows,
          maxRows(Math.max(accepted?.mostMembers ?? 0, this.#knownRows)),
        ),
      },
    };
  }

  /** Records a reply that was read successfully. Its batch may still be refused for its size. */
  accept(request: string, { bytes, mostMembers }: Size): void {
    if (bytes * BYTES_GROWTH <= MIN_BYTES && mostMembers * ROWS_GROWTH <= MIN_ROWS) return;
    const before = this.#accepted.get(request);
    this.#accepted.delete(request);
    this.#accepted.set(request, {
      bytes: Math.max(bytes, before?.bytes ?? 0),
      mostMembers: Math.max(mostMembers, before?.mostMembers ?? 0),
    });
    if (this.#accepted.size > MAX_REMEMBERED) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const request of this.#accepted.keys()) {
      this.#accepted.delete(request);
      return;
    }
  }
}
