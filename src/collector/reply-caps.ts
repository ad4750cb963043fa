import type { JsonReply, JsonReading } from "../lib/http-client.ts";

/** A reply may be so many times the largest that was accepted … */
const BYTES_GROWTH = 8;
/** … and at least this large, which is four times the largest real reply … */
const MIN_BYTES = 8 * 1024 * 1024;
/** … and never more: parsed it is several times that. */
export const MAX_BYTES = 32 * 1024 * 1024;

/** A list may hold so many times the rows that were accepted … */
const ROWS_GROWTH = 4;
/** … and at least so many: the largest real list has 1,500. */
const MIN_ROWS = 5_000;

/** Replies nest up to seven deep; parsing millions of levels takes a gigabyte. */
const MAX_DEPTH = 32;
/** The largest real replies hold 100,000 values; a million take some 100 MB when parsed. */
const MAX_VALUES = 1_000_000;

/** Requests of one exchange whose replies are large enough to raise a cap: five on the exchange with most. */
const MAX_REMEMBERED = 64;

type Bounds = JsonReading<unknown>["bounds"];
type Size = Pick<JsonReply<unknown>, "bytes" | "mostMembers">;

/** How many rows may come where `accepted` were accepted before, null where none were. */
export function mostRows(accepted: number | null): number {
  return Math.max(MIN_ROWS, ROWS_GROWTH * (accepted ?? 0));
}

/**
 * How large the replies of one exchange may be, by the largest that was accepted of the same request. Held in memory:
 * after a restart the least bounds hold, and for rows the number of instruments that the exchange had.
 */
export class ReplyCaps {
  readonly #knownRows: number;
  /** Only of requests whose replies raise a bound above the least one, the one that was accepted longest ago first. */
  readonly #accepted = new Map<string, Size>();

  /** `knownRows`: instruments of the exchange's last accepted batch, 0 where there is none. */
  constructor(knownRows: number) {
    this.#knownRows = knownRows;
  }

  /** What the next reply to `request` may hold. */
  of(request: string): Bounds {
    const accepted = this.#accepted.get(request);
    const bytes = BYTES_GROWTH * (accepted?.bytes ?? 0);
    return {
      maxBytes: Math.min(MAX_BYTES, Math.max(MIN_BYTES, bytes)),
      json: {
        maxDepth: MAX_DEPTH,
        maxValues: MAX_VALUES,
        maxMembers: mostRows(Math.max(accepted?.mostMembers ?? 0, this.#knownRows)),
      },
    };
  }

  /** Remembers a reply that was read without a failure. Its batch may still be refused for its size. */
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
