import type { Snapshot } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";
import { yieldToEventLoop } from "../../lib/event-loop.ts";
import type { Accepts } from "../protocol/list-format.ts";
import type { Encoding } from "../protocol/negotiate.ts";
import type { RequestAddress } from "../protocol/request-address.ts";

/** Answers that were not requested within this time are not renewed. */
const RENEWED_FOR_MS = 60_000;

/** Answers renewed per snapshot: enough for a page with all its lists, in two encodings. */
const MAX_RENEWED = 24;

/** More addresses than are requested per minute on a machine of this size; the oldest are dropped. */
const MAX_REMEMBERED = 256;

/**
 * Requests that lead on from a snapshot: the client will name a newer one next time, and since an old one that is no
 * longer retained the whole list would be made.
 */
const LEADS_ON = /(?:^|&)(?:since|cursor)=/;

/** A recent request whose answer is worth renewing. */
export interface RecentRequest {
  readonly address: RequestAddress;
  readonly accepts: Accepts;
  readonly encoding: Encoding;
}

export interface RenewalDeps {
  readonly clock: Clock;
  /** Builds and caches the answer for `snapshot`. If it rejects, the answer is built on the next request. */
  readonly make: (recent: RecentRequest, snapshot: Snapshot) => Promise<void>;
  /** Once aborted, nothing is rebuilt any more. */
  readonly until?: AbortSignal | undefined;
}

/**
 * Each snapshot invalidates every answer, and the first request for one would have to wait. So the answers requested in
 * the last minute are rebuilt before it is served, one by one, most recent first, in turns like those of one client.
 */
export class Renewal {
  readonly #deps: RenewalDeps;
  /** By address, format and encoding; least recently requested first. */
  readonly #recent = new Map<string, RecentRequest & { readonly requestedAtMs: number }>();
  #round = 0;

  constructor(deps: RenewalDeps) {
    this.#deps = deps;
  }

  /** Records that this answer was requested, if it may be requested in the same way of the next snapshot. */
  record(recent: RecentRequest): void {
    const { address, accepts, encoding } = recent;
    if (LEADS_ON.test(address.query)) return;
    const key = `${accepts} ${encoding} ${address.target}`;
    this.#recent.delete(key);
    this.#recent.set(key, {
      address,
      accepts,
      encoding,
      requestedAtMs: this.#deps.clock.monotonicMs(),
    });
    if (this.#recent.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest);
      return;
    }
  }

  /** Rebuilds answers for a new snapshot; the one after it aborts this run and starts over. Never rejects. */
  async renew(snapshot: Snapshot): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    const sinceMs = this.#deps.clock.monotonicMs() - RENEWED_FOR_MS;
    for (const [key, { requestedAtMs }] of this.#recent)
      if (requestedAtMs < sinceMs) this.#recent.delete(key);
    const newestFirst = [...this.#recent.values()].toReversed().slice(0, MAX_RENEWED);
    for (const recent of newestFirst) {
      await yieldToEventLoop();
      if (round !== this.#round || this.#deps.until?.aborted === true) return;
      await this.#deps.make(recent, snapshot).catch(() => {});
    }
  }
}
