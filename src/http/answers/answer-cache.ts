import { LRUCache } from "lru-cache";
import type { Snapshot } from "../../domain/market.ts";
import { Answer, type AnswerContent } from "./answer.ts";
import type { AnswerLoad } from "./answer-load.ts";
import type { Accepts } from "../protocol/list-format.ts";
import type { RequestAddress } from "../protocol/request-address.ts";

/** Limit for all cached answers together, in a market of up to 20,000 rows … */
const MIN_CACHE_BYTES = 24 * 1024 * 1024;

/**
 * … and per row of a larger one: the full list uncompressed, compressed and as CSV takes 1,050, measured at 51,000
 * rows.
 */
const CACHE_BYTES_PER_ROW = 1_200;

/** Overhead of an entry, measured with 8,000 of them: header sets and the Blob's own bookkeeping. */
const ENTRY_OVERHEAD_BYTES = 4096;

/** A key is a string, and some answers repeat the query in their headers. */
const BYTES_PER_KEY_CHARACTER = 4;

/** Answers by key, limited by their total size. Equal keys share one answer. */
export class AnswerCache {
  readonly #load: AnswerLoad;
  readonly #minBytes: number;
  #answers: LRUCache<string, Answer>;

  constructor(load: AnswerLoad, minBytes: number = MIN_CACHE_BYTES) {
    this.#load = load;
    this.#minBytes = minBytes;
    this.#answers = emptyCache(minBytes);
  }

  /** The answer for `key`, created by `make` if it is not cached. `key` must cover everything the bytes depend on. */
  getOrCreate(key: string, make: () => AnswerContent): Answer {
    const kept = this.#answers.get(key);
    if (kept !== undefined) return kept;
    const answer: Answer = new Answer(make(), this.#load, () => {
      // Update the entry's size, unless it was evicted meanwhile. Setting the same value again would keep the old size.
      if (this.#answers.peek(key) !== answer) return;
      this.#answers.delete(key);
      this.#answers.set(key, answer);
    });
    this.#answers.set(key, answer);
    return answer;
  }

  /** The cached answer for `key`; counts as a use of it. */
  get(key: string): Answer | null {
    return this.#answers.get(key) ?? null;
  }

  /** Discards all answers but those whose key has one of these prefixes, and sets the limit for a market of `rows`. */
  retain(prefixes: readonly string[], rows: number): void {
    const kept = [...this.#answers.entries()].filter(([key]) =>
      prefixes.some((prefix) => key.startsWith(prefix)),
    );
    const maxBytes = Math.max(this.#minBytes, rows * CACHE_BYTES_PER_ROW);
    if (maxBytes === this.#answers.maxSize) this.#answers.clear();
    else this.#answers = emptyCache(maxBytes);
    // Entries come most recently used first; set last, they are the last to be evicted.
    for (const [key, answer] of kept.toReversed()) this.#answers.set(key, answer);
  }

  /** Bytes held by answers, including their overhead. */
  get sizeBytes(): number {
    return this.#answers.calculatedSize;
  }
}

function emptyCache(maxSize: number): LRUCache<string, Answer> {
  return new LRUCache({
    maxSize,
    sizeCalculation: (answer, key) =>
      answer.sizeBytes + ENTRY_OVERHEAD_BYTES + key.length * BYTES_PER_KEY_CHARACTER,
  });
}

/** Addresses remembered per snapshot; beyond that, requests go through the router as usual. */
const MAX_HOT = 512;
/** Long targets are rare and would make this map's memory unbounded. */
const MAX_HOT_TARGET_LENGTH = 512;

interface Hot {
  readonly key: string;
  readonly route: string;
}

export interface HotAnswer {
  readonly answer: Answer;
  readonly route: string;
}

/**
 * Finds answers of a snapshot by routed path, raw query and format, for requests seen before: these need neither
 * routing nor parsing. It stores keys only, so the cache alone decides how many bytes are held.
 */
export class HotAnswers {
  readonly #cache: AnswerCache;
  /** By snapshot, then by address. */
  #bySnapshot: ReadonlyMap<Snapshot, Map<string, Hot>> = new Map();

  constructor(cache: AnswerCache) {
    this.#cache = cache;
  }

  /** Forgets the addresses of all snapshots but these. */
  retain(snapshots: readonly Snapshot[]): void {
    this.#bySnapshot = new Map(
      snapshots.map((snapshot) => [snapshot, this.#bySnapshot.get(snapshot) ?? new Map()]),
    );
  }

  find(address: RequestAddress, accepts: Accepts, snapshot: Snapshot | null): HotAnswer | null {
    if (snapshot === null) return null;
    const hot = this.#bySnapshot.get(snapshot)?.get(hotKey(address, accepts));
    if (hot === undefined) return null;
    const answer = this.#cache.get(hot.key);
    return answer === null ? null : { answer, route: hot.route };
  }

  /** Remembers that `address` is answered by `key` from `snapshot`, if that is one of those retained. */
  remember(address: RequestAddress, accepts: Accepts, snapshot: Snapshot, hot: Hot): void {
    const byAddress = this.#bySnapshot.get(snapshot);
    if (byAddress === undefined || address.target.length > MAX_HOT_TARGET_LENGTH) return;
    if (byAddress.size < MAX_HOT) byAddress.set(hotKey(address, accepts), hot);
  }
}

/**
 * Unambiguous: a path starts with a slash, so it cannot be read as part of the format before it; a raw query contains
 * no line break, so a path with one in it cannot be read as path and query.
 */
function hotKey({ path, query }: RequestAddress, accepts: Accepts): string {
  return `${accepts === "json" ? "" : accepts}${path}\n${query}`;
}
