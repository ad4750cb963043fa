import { LRUCache } from "lru-cache";
import type { Snapshot } from "../domain/market.ts";
import { Semaphore } from "../lib/semaphore.ts";
import { Answer, type AnswerContent } from "./answer.ts";
import type { Format } from "./list-format.ts";

/** All kept answers together: a full list of 12,000 rows in all its forms takes half of it. */
const MAX_CACHE_BYTES = 24 * 1024 * 1024;

/** What an entry costs besides its bytes, measured with 8,000 of them: header sets, the Blob's own record. */
const ENTRY_OVERHEAD_BYTES = 4096;

/** A key is a text, and the headers of some answers hold the query that it was made of. */
const BYTES_PER_KEY_CHARACTER = 4;

/** Large forms that are made at once: one is written while another is compressed, more would only wait in memory. */
const LARGE_AT_ONCE = 2;

/** Answers by key, bounded by their bytes. Equal keys give the same answer, made once. */
export class AnswerCache {
  readonly #answers: LRUCache<string, Answer>;
  readonly #slots = new Semaphore(LARGE_AT_ONCE);

  constructor(maxBytes: number = MAX_CACHE_BYTES) {
    this.#answers = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (answer, key) =>
        answer.sizeBytes + ENTRY_OVERHEAD_BYTES + key.length * BYTES_PER_KEY_CHARACTER,
    });
  }

  /** The answer under `key`, made by `make` when it is not kept. `key` names everything the bytes depend on. */
  get(key: string, make: () => AnswerContent): Answer {
    const kept = this.#answers.get(key);
    if (kept !== undefined) return kept;
    const answer: Answer = new Answer(make(), {
      slots: this.#slots,
      onGrow: () => {
        // Weigh the answer again, unless it has left meanwhile. Setting the value that is there already would keep
        // the old weight.
        if (this.#answers.peek(key) !== answer) return;
        this.#answers.delete(key);
        this.#answers.set(key, answer);
      },
    });
    this.#answers.set(key, answer);
    return answer;
  }

  /** The answer under `key` where it is kept; counts as a use of it. */
  kept(key: string): Answer | null {
    return this.#answers.get(key) ?? null;
  }

  /** Lets go of every answer. */
  clear(): void {
    this.#answers.clear();
  }

  /** Bytes held by answers, their overhead included. */
  get sizeBytes(): number {
    return this.#answers.calculatedSize;
  }
}

/** Addresses remembered per snapshot; more distinct ones are answered by the router as at first. */
const MAX_HOT = 512;
/** Long addresses are rare and would make the memory of this map unbounded in bytes. */
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
 * Answers of the current snapshot by the raw path, query and format of requests that have had them: such a request
 * needs no routing and no parsing. Holds keys only, so the cache alone decides how many bytes are kept.
 * A new snapshot empties it.
 */
export class HotAnswers {
  readonly #cache: AnswerCache;
  readonly #byTarget = new Map<string, Hot>();
  #snapshot: Snapshot | null = null;

  constructor(cache: AnswerCache) {
    this.#cache = cache;
  }

  find(target: string, accepts: Format, current: Snapshot | null): HotAnswer | null {
    if (current !== this.#snapshot) {
      this.#byTarget.clear();
      this.#snapshot = current;
    }
    const hot = this.#byTarget.get(hotKey(target, accepts));
    if (hot === undefined) return null;
    const answer = this.#cache.kept(hot.key);
    return answer === null ? null : { answer, route: hot.route };
  }

  /** Remembers that `target` is answered from `key` while `snapshot` is the current one. */
  remember(target: string, accepts: Format, snapshot: Snapshot, hot: Hot): void {
    if (snapshot !== this.#snapshot || target.length > MAX_HOT_TARGET_LENGTH) return;
    if (this.#byTarget.size < MAX_HOT) this.#byTarget.set(hotKey(target, accepts), hot);
  }
}

/** A target begins with a slash, so that no format before it can be one. */
function hotKey(target: string, accepts: Format): string {
  return accepts === "json" ? target : accepts + target;
}
