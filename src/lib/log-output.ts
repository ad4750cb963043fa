import { write } from "node:fs";
import type { Clock } from "./clock.ts";
import type { LogSink } from "./log.ts";

/** Lines waiting for their reader: about two hours of them with every exchange unreachable. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Once lines are dropped, dropping goes on until the queue is this short: one long gap instead of many small ones. */
const RESUME_BELOW_BYTES = MAX_WAITING_BYTES / 2;
/** Size of one write: the capacity of a pipe. */
const MAX_BATCH_BYTES = 64 * 1024;
/** Delay before a failed write (full disk, closed pipe) is retried. */
const RETRY_MS = 100;
/** At shutdown, how long to wait for a reader that does not read. */
const FLUSH_WITHIN_MS = 1_000;

const STANDARD_ERROR = 2;
const TOO_SLOW = "the log reader was too slow";

export interface LogOutputDeps {
  readonly clock: Clock;
  /** Writes some of the bytes, at least one, and returns how many; rejects if it cannot write now. */
  readonly write: (bytes: Uint8Array) => Promise<number>;
}

/**
 * Writes all log lines of the process: a bounded queue and one asynchronous write at a time. Lines stay in order.
 * Lines that do not fit are dropped and counted, and a line marks the gap.
 */
export class LogOutput implements LogSink {
  readonly #deps: LogOutputDeps;
  #lines: Buffer[] = [];
  /** Of the queue and the write in progress. */
  #waitingBytes = 0;
  #dropped = 0;
  #unreported = 0;
  /** Why the first of the unreported lines was dropped. */
  #reason = TOO_SLOW;
  /** Why the last write failed; null if it succeeded. */
  #failure: string | null = null;
  #writing: Promise<void> | null = null;

  constructor(deps: LogOutputDeps) {
    this.#deps = deps;
  }

  /** Lines dropped since the start of the process. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Accepts a line with its line break. Neither blocks nor throws. */
  write(line: string): void {
    this.#reportDropped();
    if (this.#unreported > 0 || !this.#add(line)) {
      if (this.#unreported === 0) this.#reason = this.#failure ?? TOO_SLOW;
      this.#dropped += 1;
      this.#unreported += 1;
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

  /** Reports dropped lines at the place of the gap, as soon as lines are accepted again. */
  #reportDropped(): void {
    if (this.#unreported === 0 || this.#waitingBytes > RESUME_BELOW_BYTES) return;
    const line = {
      level: "warn",
      time: new Date(this.#deps.clock.nowMs()).toISOString(),
      event: "log_lines_dropped",
      lines: this.#unreported,
      reason: this.#reason,
    };
    if (this.#add(`${JSON.stringify(line)}\n`)) this.#unreported = 0;
  }

  async #writeAll(): Promise<void> {
    while (true) {
      this.#reportDropped();
      if (this.#lines.length === 0) break;
      const batch = this.#nextBatch();
      await this.#writeWhole(batch);
      this.#waitingBytes -= batch.length;
    }
    this.#writing = null;
  }

  /** As many lines as fit into one write, at least one. */
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
 * Writes to standard error in the runtime's thread pool, which has at least two threads: a pipe without a reader blocks
 * one of them, but neither the event loop nor the exit. O_NONBLOCK would affect every process that shares the pipe.
 */
export function writeStandardError(bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(STANDARD_ERROR, bytes, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}
