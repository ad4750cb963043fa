import type { Clock } from "../../lib/clock.ts";
import type { Release } from "../../lib/semaphore.ts";
import type { RequestInfo } from "../protocol/request-context.ts";
import { busy } from "../protocol/problem.ts";

/** One representation of an answer, in chunks shared by all its readers. */
export interface SharedBytes {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly sizeBytes: number;
}

/** The runtime keeps a copy of a chunk until the connection has taken all of it. */
export const CHUNK_BYTES = 128 * 1024;

/** Limit for all readers together: a fifth of the service's memory on a small machine. */
const MAX_BYTES = 96 * 1024 * 1024;

/**
 * The last quarter is reserved for clients without a large download: a few slow ones with many must not block others.
 */
const MAX_BYTES_WITH_LARGE = 72 * 1024 * 1024;

/** From this size on an answer is large … */
const LARGE_BYTES = 1024 * 1024;
/** … and this is how many of them a client may read at a time. */
const MAX_LARGE_PER_CLIENT = 3;

/** The same for all chunked answers; together they can hold about a third of the limit. */
const MAX_PER_CLIENT = 32;

/** A connection that has taken nothing for this long is closed. */
const STALLED_AFTER_SECONDS = 10;

/** By now the connection is closed: a reading still counted never started, or ended without notice. */
const ABANDONED_AFTER_MS = 60_000;
const CHECK_EVERY_MS = 10_000;

interface Reading {
  readonly shared: SharedBytes;
  readonly client: string;
  lastProgressMs: number;
  isFinished: boolean;
}

/**
 * Sends large bodies chunk by chunk and accounts for their memory: the bytes of each representation once, however many
 * readers it has, plus one chunk per reader. Over the limit, or when one client reads too many, a reader is refused
 * before anything is sent.
 */
export class BytesInFlight {
  readonly #clock: Clock;
  readonly #readings = new Set<Reading>();
  readonly #readersByBody = new Map<SharedBytes, number>();
  readonly #largeByClient = new Map<string, number>();
  readonly #readingsByClient = new Map<string, number>();
  #bytes = 0;
  #checkedAtMs = 0;
  /** Resolves when sending may continue; null while it is not paused. */
  #paused: Promise<void> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes currently held for readers. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The body for one reader, which must be read or cancelled. Throws the 503 problem `busy`. */
  body(
    shared: SharedBytes,
    client: string,
    connection: RequestInfo | undefined,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#dropAbandoned();
    const reading = this.#admit(shared, client);
    const release = this.#releaseOf(reading);
    connection?.limitIdle?.(STALLED_AFTER_SECONDS);
    let next = 0;
    const send = (controller: ReadableStreamDefaultController): void => {
      if (reading.isFinished) return;
      reading.lastProgressMs = this.#clock.monotonicMs();
      const chunk = shared.chunks[next];
      next += 1;
      if (chunk !== undefined) return controller.enqueue(chunk);
      release();
      controller.close();
    };
    // No read-ahead: the runtime pulls the next chunk when the connection has taken the last one.
    return new ReadableStream(
      {
        pull: (controller) => this.#paused?.then(() => send(controller)) ?? send(controller),
        cancel: release,
      },
      { highWaterMark: 0 },
    );
  }

  /** Pauses all bodies until the returned function is called; new ones may start, but none continues or ends. */
  pause(): Release {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#paused = promise;
    return () => {
      this.#paused = null;
      resolve();
    };
  }

  /** Throws the 503 problem `busy` if a new body of about `sizeBytes` would be refused now. */
  requireRoom(sizeBytes: number, client: string): void {
    this.#require(sizeBytes > LARGE_BYTES, CHUNK_BYTES + sizeBytes, client);
  }

  #require(isLarge: boolean, addedBytes: number, client: string): void {
    const largeReading = this.#largeReadBy(client);
    if (isLarge && largeReading >= MAX_LARGE_PER_CLIENT)
      throw busy(`This address is already reading ${MAX_LARGE_PER_CLIENT} large answers.`);
    if ((this.#readingsByClient.get(client) ?? 0) >= MAX_PER_CLIENT)
      throw busy(`This address is already reading ${MAX_PER_CLIENT} answers.`);
    // A body larger than the limit itself is sent if no other is.
    const bound = largeReading > 0 ? MAX_BYTES_WITH_LARGE : MAX_BYTES;
    if (this.#bytes > 0 && this.#bytes + addedBytes > bound)
      throw busy("Too many answers are being read.");
  }

  #largeReadBy(client: string): number {
    return this.#largeByClient.get(client) ?? 0;
  }

  #admit(shared: SharedBytes, client: string): Reading {
    const isLarge = shared.sizeBytes > LARGE_BYTES;
    const readers = this.#readersByBody.get(shared) ?? 0;
    const addedBytes = CHUNK_BYTES + (readers === 0 ? shared.sizeBytes : 0);
    this.#require(isLarge, addedBytes, client);
    const lastProgressMs = this.#clock.monotonicMs();
    const reading = { shared, client, lastProgressMs, isFinished: false };
    this.#readings.add(reading);
    this.#readersByBody.set(shared, readers + 1);
    if (isLarge) this.#largeByClient.set(client, this.#largeReadBy(client) + 1);
    this.#readingsByClient.set(client, (this.#readingsByClient.get(client) ?? 0) + 1);
    this.#bytes += addedBytes;
    return reading;
  }

  #releaseOf(reading: Reading): Release {
    return () => {
      if (reading.isFinished) return;
      reading.isFinished = true;
      const { shared, client } = reading;
      this.#readings.delete(reading);
      this.#bytes -= CHUNK_BYTES;
      if (decrement(this.#readersByBody, shared) === 0) this.#bytes -= shared.sizeBytes;
      if (shared.sizeBytes > LARGE_BYTES) decrement(this.#largeByClient, client);
      decrement(this.#readingsByClient, client);
    };
  }

  /** A body is neither read nor cancelled if its client disconnected before the first read. */
  #dropAbandoned(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#checkedAtMs < CHECK_EVERY_MS) return;
    this.#checkedAtMs = nowMs;
    for (const reading of this.#readings) {
      if (nowMs - reading.lastProgressMs > ABANDONED_AFTER_MS) this.#releaseOf(reading)();
    }
  }
}

/** Splits bytes into chunks that are sent one by one. */
export function chunksOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  return Array.from({ length: count }, (_, at) =>
    bytes.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES),
  );
}

/** Decrements the count of `key` and returns the new count. */
function decrement<Key>(counts: Map<Key, number>, key: Key): number {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
  return left;
}
