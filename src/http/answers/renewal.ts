import type { Clock } from "../../lib/clock.ts";
import { yieldToEventLoop } from "../../lib/event-loop.ts";
import type { Format } from "../protocol/list-format.ts";
import type { Encoding } from "../protocol/negotiate.ts";
import type { RequestAddress } from "../protocol/request-address.ts";

/** What nobody has asked for in this time is not made again unasked. */
const WANTED_FOR_MS = 60_000;

/** Answers that are made again after a snapshot: those of a page with all its lists, in two encodings. */
const MAX_RENEWED = 24;

/** More addresses than readers have in a minute on a machine of this size; the oldest make room. */
const MAX_KNOWN = 256;

/** One answer as it was asked for. */
export interface Wanted {
  readonly address: RequestAddress;
  readonly accepts: Format;
  readonly encoding: Encoding;
}

export interface RenewalDeps {
  readonly clock: Clock;
  /** Makes the answer of the current snapshot, so that it is kept. May reject: then it is made when it is asked for. */
  readonly make: (wanted: Wanted) => Promise<void>;
  /** Calls its argument with each new snapshot; returns how to stop that. */
  readonly onPublish: (renew: () => void) => () => void;
  /** Whether requests wait for their answers: theirs come first. */
  readonly isBusy: () => boolean;
}

/**
 * Each snapshot voids every answer, and whoever asks first would wait for the next: those that were asked for within
 * the last minute are made again beforehand, one after the other, the newest asked first, while no request waits.
 */
export class Renewal {
  readonly #deps: RenewalDeps;
  /** By everything that names the answer, the least recently asked first. */
  readonly #wanted = new Map<string, Wanted & { readonly requestedAtMs: number }>();
  #round = 0;
  /** While something is wanted. */
  #stopListening: (() => void) | null = null;

  constructor(deps: RenewalDeps) {
    this.#deps = deps;
  }

  /** Somebody was given this answer. */
  note(wanted: Wanted): void {
    const { address, accepts, encoding } = wanted;
    this.#stopListening ??= this.#deps.onPublish(() => void this.#renew());
    const key = `${accepts} ${encoding} ${address.target}`;
    this.#wanted.delete(key);
    this.#wanted.set(key, {
      address,
      accepts,
      encoding,
      requestedAtMs: this.#deps.clock.monotonicMs(),
    });
    if (this.#wanted.size <= MAX_KNOWN) return;
    for (const oldest of this.#wanted.keys()) {
      this.#wanted.delete(oldest);
      return;
    }
  }

  /** Makes the answers of a snapshot that was just published; one that comes meanwhile ends this and begins anew. */
  async #renew(): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    const sinceMs = this.#deps.clock.monotonicMs() - WANTED_FOR_MS;
    for (const [key, { requestedAtMs }] of this.#wanted)
      if (requestedAtMs < sinceMs) this.#wanted.delete(key);
    if (this.#wanted.size === 0) {
      this.#stopListening?.();
      this.#stopListening = null;
    }
    const newestFirst = [...this.#wanted.values()].toReversed().slice(0, MAX_RENEWED);
    for (const wanted of newestFirst) {
      await yieldToEventLoop();
      if (round !== this.#round || this.#deps.isBusy()) return;
      await this.#deps.make(wanted).catch(() => {});
    }
  }
}
