import { LRUCache } from "lru-cache";
import type { Snapshot } from "../../domain/market.ts";
import { Answer, type AnswerContent } from "./answer.ts";
import type { AnswerLoad } from "./answer-load.ts";
import type { Format } from "../protocol/list-format.ts";
import type { RequestAddress } from "../protocol/request-address.ts";

/** All kept answers together, in a market of up to 20,000 rows … */
const MIN_CACHE_BYTES = 24 * 1024 * 1024;

/** … and for each row of a larger one: the full list as it is, compressed and as CSV takes 1,050, measured at 51,000. */
const CACHE_BYTES_PER_ROW = 1_200;

/** What an entry costs besides its bytes, measured with 8,000 of them: header sets, the Blob's own record. */
const ENTRY_OVERHEAD_BYTES = 4096;

/** A key is a text, and the headers of some answers hold the query that it was made of. */
const BYTES_PER_KEY_CHARACTER = 4;

/** Answers by key, bounded by their bytes. Equal keys give the same answer, made once. */
export class AnswerCache {
  readonly #load: AnswerLoad;
  readonly #minBytes: number;
  #answers: LRUCache<string, Answer>;

  constructor(load: AnswerLoad, minBytes: number = MIN_CACHE_BYTES) {
    this.#load = load;
    this.#minBytes = minBytes;
    this.#answers = emptyCache(minBytes);
  }

  /** The answer under `key`, made by `make` when it is not kept. `key` names everything the bytes depend on. */
  get(key: string, make: () => AnswerContent): Answer {
    const kept = this.#answers.get(key);
    if (kept !== undefined) return kept;
    const answer: Answer = new Answer(make(), this.#load, () => {
      // Weigh the answer again, unless it has left meanwhile. Setting the value that is there already would keep
      // the old weight.
      if (this.#answers.peek(key) !== answer) return;
      this.#answers.delete(key);
      this.#answers.set(key, answer);
    });
    this.#answers.set(key, answer);
    return answer;
  }

  /** The answer under `key` where it is kept; counts as a use of it. */
  kept(key: string): Answer | null {
    return this.#answers.get(key) ?? null;
  }

  /** Lets go of every answer; the bound is from now on that of a market of `rows`. */
  clear(rows: number): void {
    const maxBytes = Math.max(this.#minBytes, rows * CACHE_BYTES_PER_ROW);
    if (maxBytes === this.#answers.maxSize) this.#answers.clear();
    else this.#answers = emptyCache(maxBytes);
  }

  /** Bytes held by answers, their overhead included. */
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

/** Addresses remembered per snapshot; more distinct ones are answered by the router as at first. */
const MAX_HOT = 512;
/** Long targets are rare and would make the memory of this map unbounded in bytes. */
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
 * Answers of the current snapshot by the routed path, raw query and format of requests that have had them: such a
 * request needs no routing and no parsing. Holds keys only, so the cache alone decides how many bytes are kept.
 * A new snapshot empties it.
 */
export class HotAnswers {
  readonly #cache: AnswerCache;
  readonly #byAddress = new Map<string, Hot>();
  #snapshot: Snapshot | null = null;

  constructor(cache: AnswerCache) {
    this.#cache = cache;
  }

  find(address: RequestAddress, accepts: Format, current: Snapshot | null): HotAnswer | null {
    if (current !== this.#snapshot) {
      this.#byAddress.clear();
      this.#snapshot = current;
    }
    const hot = this.#byAddress.get(hotKey(address, accepts));
    if (hot === undefined) return null;
    const answer = this.#cache.kept(hot.key);
    return answer === null ? null : { answer, route: hot.route };
  }

  /** Remembers that `address` is answered from `key` while `snapshot` is the current one. */
  remember(address: RequestAddress, accepts: Format, snapshot: Snapshot, hot: Hot): void {
    if (snapshot !== this.#snapshot || address.target.length > MAX_HOT_TARGET_LENGTH) return;
    if (this.#byAddress.size < MAX_HOT) this.#byAddress.set(hotKey(address, accepts), hot);
  }
}

/**
 * A path begins with a slash, so that no format before it can be one; a raw query holds no line break, so that no path
 * with one in it can end where another does.
 */
function hotKey({ path, query }: RequestAddress, accepts: Format): string {
  return `${accepts === "json" ? "" : accepts}${path}\n${query}`;
}
