import { write } from "node:fs";
import type { Clock } from "./clock.ts";
import type { LogSink } from "./log.ts";

/** Lines that wait for their reader: some two hours of them with every exchange out of reach. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Once lines were dropped, more are until this much waits: one gap with one number, not a gap for every few lines. */
const RESUME_BELOW_BYTES = MAX_WAITING_BYTES / 2;
/** One write; a pipe holds as much. */
const MAX_BATCH_BYTES = 64 * 1024;
/** Until a write that failed (a full disk, a reader who is gone) is tried again. */
const RETRY_MS = 100;
/** At an end, lines wait this long for a reader who does not read. */
const FLUSH_WITHIN_MS = 1_000;

const STANDARD_ERROR = 2;
const TOO_SLOW = "the reader of the log was too slow";

export interface LogOutputDeps {
  readonly clock: Clock;
  /** Writes some of the bytes, at least one, and returns how many; rejects when it cannot now. */
  readonly write: (bytes: Uint8Array) => Promise<number>;
}

/**
 * The one place where log lines leave the process: a bounded queue, and one write at a time that nobody waits for.
 * Lines keep their order. What does not fit is dropped and counted, and a line says so where it is missing.
 */
export class LogOutput implements LogSink {
  readonly #deps: LogOutputDeps;
  #lines: Buffer[] = [];
  /** Of the queue and of the write under way. */
  #waitingBytes = 0;
  #dropped = 0;
  #droppedUntold = 0;
  /** Why the first of the untold ones was dropped. */
  #reason = TOO_SLOW;
  /** Why the last write failed; null while they go through. */
  #failure: string | null = null;
  #writing: Promise<void> | null = null;

  constructor(deps: LogOutputDeps) {
    this.#deps = deps;
  }

  /** Lines dropped since the start of the process. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a line with its line break. Neither waits nor throws. */
  write(line: string): void {
    this.#tellDropped();
    if (this.#droppedUntold > 0 || !this.#add(line)) {
      if (this.#droppedUntold === 0) this.#reason = this.#failure ?? TOO_SLOW;
      this.#dropped += 1;
      this.#droppedUntold += 1;
    }
    this.#writing ??= this.#writeAll();
  }

  /** Waits until every line is written, a second at most. Never rejects. */
  async flush(): Promise<void> {
    if (this.#writing === null) return;
    const done = new AbortController();
    await Promise.race([this.#writing, this.#deps.clock.sleep(FLUSH_WITHIN_MS, done.signal)]);
    done.abort();
  }

  #add(line: string): boolean {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) return false;
    this.#lines.push(bytes);
    this.#waitingBytes += bytes.length;
    return true;
  }

  /** Puts the line about dropped ones where they are missing, as soon as lines are taken again. */
  #tellDropped(): void {
    if (this.#droppedUntold === 0 || this.#waitingBytes > RESUME_BELOW_BYTES) return;
    const line = {
      level: "warn",
      time: new Date(this.#deps.clock.nowMs()).toISOString(),
      event: "log_lines_dropped",
      lines: this.#droppedUntold,
      reason: this.#reason,
    };
    if (this.#add(`${JSON.stringify(line)}\n`)) this.#droppedUntold = 0;
  }

  async #writeAll(): Promise<void> {
    while (true) {
      this.#tellDropped();
      if (this.#lines.length === 0) break;
      const batch = this.#nextBatch();
      await this.#writeWhole(batch);
      this.#waitingBytes -= batch.length;
    }
    this.#writing = null;
  }

  /** As many lines as one write may hold, and one at least. */
  #nextBatch(): Buffer {
    let bytes = 0;
    const rest = this.#lines.findIndex((line, index) => {
      bytes += line.length;
      return index > 0 && bytes > MAX_BATCH_BYTES;
    });
    return Buffer.concat(this.#lines.splice(0, rest === -1 ? this.#lines.length : rest));
  }

  async #writeWhole(batch: Buffer): Promise<void> {
    for (let written = 0; written < batch.length;) {
      try {
        written += await this.#deps.write(batch.subarray(written));
        this.#failure = null;
      } catch (error) {
        this.#failure = error instanceof Error ? error.message : String(error);
        await this.#deps.clock.sleep(RETRY_MS);
      }
    }
  }
}

/**
 * Writes to standard error in a thread of the runtime's pool, which has two at least: a pipe that nobody empties
 * holds one of them, and neither the loop nor the end of the process. O_NONBLOCK would bind all who share the pipe.
 */
export function writeStandardError(bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(STANDARD_ERROR, bytes, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}
