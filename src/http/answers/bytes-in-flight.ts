import type { Clock } from "../../lib/clock.ts";
import type { Release } from "../../lib/semaphore.ts";
import type { RequestInfo } from "../protocol/request-context.ts";
import { busy } from "../protocol/problem.ts";

/** One form of an answer in chunks that all its readers share. */
export interface SharedBytes {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly sizeBytes: number;
}

/** Until a connection has taken a chunk whole, the runtime keeps a copy of it. */
export const CHUNK_BYTES = 128 * 1024;

/** Bytes that may be held for readers at once, whatever they do: a fifth of the memory of a small machine's service. */
const MAX_BYTES = 96 * 1024 * 1024;

/** The last quarter is for clients that read no large answer: a few that read many, slowly, leave others room. */
const MAX_BYTES_WITH_ANOTHER = 72 * 1024 * 1024;

/** Of an answer over this size … */
const LARGE_BYTES = 1024 * 1024;
/** … one client may read so many at once. */
const LARGE_PER_CLIENT = 3;

/** And of any that come in chunks: with the shares that they may keep alive about a third of all. */
const READ_PER_CLIENT = 32;

/** A connection that has taken nothing for this long is cut. */
const STALLED_AFTER_SECONDS = 10;

/** By then the connection was cut: what is still counted never began, or ended without a word. */
const FORGOTTEN_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 10_000;

interface Reading {
  readonly shared: SharedBytes;
  readonly client: string;
  movedAtMs: number;
  isOver: boolean;
}

/**
 * Sends large bodies chunk by chunk and counts what is held for them: the bytes of each form once, however many read
 * it, and a chunk for each reader. Above the bound, and where one client reads too many, a reader is refused before
 * anything is sent.
 */
export class BytesInFlight {
  readonly #clock: Clock;
  readonly #readings = new Set<Reading>();
  readonly #readersOf = new Map<SharedBytes, number>();
  readonly #largeOf = new Map<string, number>();
  readonly #readOf = new Map<string, number>();
  #bytes = 0;
  #lookedAtMs = 0;
  /** Resolves when bodies may go on; null where they may. */
  #held: Promise<void> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes held for readers now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The body for one reader. Throws the 503 problem `busy`. It must be read or cancelled. */
  body(
    shared: SharedBytes,
    client: string,
    connection: RequestInfo | undefined,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#forgetOld();
    const reading = this.#admit(shared, client);
    const release = this.#releaseOf(reading);
    connection?.limitIdle?.(STALLED_AFTER_SECONDS);
    let next = 0;
    const give = (controller: ReadableStreamDefaultController): void => {
      if (reading.isOver) return;
      reading.movedAtMs = this.#clock.monotonicMs();
      const chunk = shared.chunks[next];
      next += 1;
      if (chunk !== undefined) return controller.enqueue(chunk);
      release();
      controller.close();
    };
    // Nothing is asked for ahead: the runtime takes the next chunk when the connection has taken the last one.
    return new ReadableStream(
      {
        pull: (controller) => this.#held?.then(() => give(controller)) ?? give(controller),
        cancel: release,
      },
      { highWaterMark: 0 },
    );
  }

  /** Until what is returned is called, no body goes on or ends; new ones may begin. */
  hold(): Release {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return () => {
      this.#held = null;
      resolve();
    };
  }

  /** Throws the 503 problem `busy` where a new body of about `sizeBytes` would be refused now. */
  requireRoom(sizeBytes: number, client: string): void {
    this.#require(sizeBytes > LARGE_BYTES, CHUNK_BYTES + sizeBytes, client);
  }

  #require(isLarge: boolean, added: number, client: string): void {
    const largeReading = this.#largeReadBy(client);
    if (isLarge && largeReading >= LARGE_PER_CLIENT)
      throw busy(`This address reads ${LARGE_PER_CLIENT} large answers already.`);
    if ((this.#readOf.get(client) ?? 0) >= READ_PER_CLIENT)
      throw busy(`This address reads ${READ_PER_CLIENT} answers already.`);
    // One that is larger than the bound alone is sent when nothing else is.
    const bound = largeReading > 0 ? MAX_BYTES_WITH_ANOTHER : MAX_BYTES;
    if (this.#bytes > 0 && this.#bytes + added > bound)
      throw busy("Too many answers are being read.");
  }

  #largeReadBy(client: string): number {
    return this.#largeOf.get(client) ?? 0;
  }

  #admit(shared: SharedBytes, client: string): Reading {
    const isLarge = shared.sizeBytes > LARGE_BYTES;
    const readers = this.#readersOf.get(shared) ?? 0;
    const added = CHUNK_BYTES + (readers === 0 ? shared.sizeBytes : 0);
    this.#require(isLarge, added, client);
    const movedAtMs = this.#clock.monotonicMs();
    const reading = { shared, client, movedAtMs, isOver: false };
    this.#readings.add(reading);
    this.#readersOf.set(shared, readers + 1);
    if (isLarge) this.#largeOf.set(client, this.#largeReadBy(client) + 1);
    this.#readOf.set(client, (this.#readOf.get(client) ?? 0) + 1);
    this.#bytes += added;
    return reading;
  }

  #releaseOf(reading: Reading): Release {
    return () => {
      if (reading.isOver) return;
      reading.isOver = true;
      const { shared, client } = reading;
      this.#readings.delete(reading);
      this.#bytes -= CHUNK_BYTES;
      if (countDown(this.#readersOf, shared) === 0) this.#bytes -= shared.sizeBytes;
      if (shared.sizeBytes > LARGE_BYTES) countDown(this.#largeOf, client);
      countDown(this.#readOf, client);
    };
  }

  /** A body that nobody began to read, because the client left before, is neither read nor cancelled. */
  #forgetOld(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    for (const reading of this.#readings) {
      if (nowMs - reading.movedAtMs > FORGOTTEN_AFTER_MS) this.#releaseOf(reading)();
    }
  }
}

/** Bytes in chunks that are sent one by one. */
export function chunksOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  return Array.from({ length: count }, (_, at) =>
    bytes.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES),
  );
}

/** One less of `key`; what is left. */
function countDown<Key>(counts: Map<Key, number>, key: Key): number {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
  return left;
}
