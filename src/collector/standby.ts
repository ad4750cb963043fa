import { type FileLock, tryFileLock } from "../db/file-lock.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { FromWorker } from "./protocol.ts";

/** How often a waiting collector tries the lock: a dead one is replaced well within three seconds. */
const LOCK_RETRY_MS = 500;

/** How often it checks the heartbeat of the lock's holder: each check opens the database. */
const CHECK_EVERY_MS = 5_000;

/** A holder's heartbeat moves each second; if it has not moved for this long, the holder is hung. */
const HUNG_AFTER_MS = 30_000;
/** The warning is repeated, since a log may not be read immediately. */
const WARN_EVERY_MS = 300_000;

export interface StandbyDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (message: FromWorker) => void;
  readonly lifetime: AbortSignal;
  /** The last heartbeat in the database, in unix milliseconds; null if there is none or it cannot be read. */
  readonly heartbeatAtMs: () => number | null;
}

/**
 * Waits for the lock that gives the right to collect; null if `lifetime` ends first. While another process holds it,
 * this is logged, with a warning if the holder is hung: only its exit can release the lock.
 */
export async function waitForLock(path: string, deps: StandbyDeps): Promise<FileLock | null> {
  const { clock, lifetime, post } = deps;
  let watch: HolderWatch | null = null;
  while (!lifetime.aborted) {
    const lock = tryFileLock(path);
    if (lock !== null) return lock;
    watch ??= new HolderWatch(path, deps);
    watch.check();
    post({ type: "heartbeat" });
    await clock.sleep(LOCK_RETRY_MS, lifetime);
  }
  return null;
}

/** The lock's holder, as far as the heartbeat in the database shows its state. */
class HolderWatch {
  readonly #path: string;
  readonly #deps: StandbyDeps;
  readonly #sinceMs: number;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #heartbeatAtMs: number | null = null;
  /** On the monotonic clock, so that a step of the wall clock does not look like a hang. */
  #heartbeatMovedMs: number;
  #warnedMs: number | null = null;

  constructor(path: string, deps: StandbyDeps) {
    this.#path = path;
    this.#deps = deps;
    this.#sinceMs = deps.clock.nowMs();
    this.#heartbeatMovedMs = deps.clock.monotonicMs();
  }

  /** To be called with each try; checks when it is time. */
  check(): void {
    const { clock, log, post } = this.#deps;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#checkedMs < CHECK_EVERY_MS) return;
    const isFirst = this.#checkedMs === Number.NEGATIVE_INFINITY;
    this.#checkedMs = nowMs;
    const heartbeatAtMs = this.#deps.heartbeatAtMs();
    if (heartbeatAtMs !== this.#heartbeatAtMs) this.#heartbeatMovedMs = nowMs;
    this.#heartbeatAtMs = heartbeatAtMs;
    if (isFirst) {
      const reason = "another process, or a hung thread of this one, holds the right to collect";
      log.info("standby", { reason, ...this.#fields() });
    }
    this.#judge(nowMs);
    post({ type: "standby", lock: this.#path, sinceMs: this.#sinceMs, heartbeatAtMs });
  }

  #judge(nowMs: number): void {
    const { log } = this.#deps;
    if (nowMs - this.#heartbeatMovedMs < HUNG_AFTER_MS) {
      if (this.#warnedMs !== null) log.info("collector_back", this.#fields());
      this.#warnedMs = null;
      return;
    }
    if (this.#warnedMs !== null && nowMs - this.#warnedMs < WARN_EVERY_MS) return;
    this.#warnedMs = nowMs;
    const reason = "the process that holds the lock does not collect: only its end frees the lock";
    log.warn("collector_hung", { reason, ...this.#fields() });
  }

  #fields() {
    const { clock } = this.#deps;
    return {
      lock: this.#path,
      waiting_seconds: Math.round((clock.nowMs() - this.#sinceMs) / 1000),
      heartbeat_age_seconds:
        this.#heartbeatAtMs === null
          ? null
          : Math.round((clock.nowMs() - this.#heartbeatAtMs) / 1000),
    };
  }
}
