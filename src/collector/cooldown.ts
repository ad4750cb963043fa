import type { Clock } from "../lib/clock.ts";
import { accountOf, NotSent, RequestFailure } from "../lib/request-failure.ts";
import { FIRST_STATED_WAIT_MS, type Pause, retryDelayMs } from "./retry-delay.ts";

/** How long secondary requests pause after a rate limit, ban or block without a stated wait. */
const UNSTATED_WAIT_MS = 60_000;

/** Appended to the exchange's answer. */
const SKIPPED = "left out while the exchange asks us to wait";

/** How long one exchange wants no requests; shared by everything that sends requests to it. */
export class Cooldown {
  readonly #clock: Clock;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** Until then not even rates are requested: each request would prolong a ban. */
  #blockedUntilMs = Number.NEGATIVE_INFINITY;
  /** The exchange's last answer that asked for a pause. */
  #answer = new RequestFailure("rate_limited", "none yet");

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds remaining, 0 if requests may be sent. */
  leftMs(): number {
    return Math.max(this.blockedMs(), this.#untilMs - this.#clock.monotonicMs());
  }

  /** Milliseconds during which no request at all may be sent. */
  blockedMs(): number {
    return Math.max(0, this.#blockedUntilMs - this.#clock.monotonicMs());
  }

  /** Why no request at all may be sent now; null if one may. */
  readonly refusal = (): NotSent | null => {
    const retryAfterMs = this.blockedMs();
    return retryAfterMs > 0 ? new NotSent(this.#answer, this.#text(), retryAfterMs) : null;
  };

  /** Why a secondary request is skipped now; null if it may be sent. */
  get reason(): NotSent | null {
    return this.leftMs() > 0 ? new NotSent(this.#answer, this.#text()) : null;
  }

  #text(): string {
    return `${accountOf(this.#answer).publicWords}; ${SKIPPED}`;
  }

  /** Records a failure that asks for a pause; ignores others. A single answer is trusted for minutes, not days. */
  note(error: unknown): void {
    if (!(error instanceof RequestFailure) || !asksForCooldown(error.kind)) return;
    if (error instanceof NotSent) return;
    this.#answer = error;
    const waitMs = Math.min(error.retryAfterMs ?? UNSTATED_WAIT_MS, FIRST_STATED_WAIT_MS);
    const nowMs = this.#clock.monotonicMs();
    this.#untilMs = Math.max(this.#untilMs, nowMs + waitMs);
    // A geo-block does not state when it ends.
    const blockedMs = error.kind === "geo_blocked" ? UNSTATED_WAIT_MS : waitMs;
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, nowMs + blockedMs);
  }
}

/**
 * How long an optional request is paused: as long as the whole exchange is, and longer after a refusal that may concern
 * only its path, with the retry delays of an exchange that refuses. The rates, requested in the same refresh or the
 * next one, show whether that was a ban of everything.
 */
export class RequestCooldown {
  readonly #cooldown: Cooldown;
  readonly #clock: Clock;
  readonly #periodMs: number;
  #failuresInRow = 0;
  #pause: Pause | null = null;
  #untilMs = Number.NEGATIVE_INFINITY;
  #failure: RequestFailure | null = null;

  constructor(cooldown: Cooldown, clock: Clock, periodMs: number) {
    this.#cooldown = cooldown;
    this.#clock = clock;
    this.#periodMs = periodMs;
  }

  /** Milliseconds remaining, 0 if the request may be sent. */
  leftMs(): number {
    return Math.max(this.#cooldown.leftMs(), this.#untilMs - this.#clock.monotonicMs());
  }

  /** The refusal because of which only this request is skipped now; null if it is not. */
  get ownRefusal(): NotSent | null {
    const leftMs = this.#untilMs - this.#clock.monotonicMs();
    if (this.#failure === null || leftMs <= 0) return null;
    return new NotSent(this.#failure, accountOf(this.#failure).publicWords, leftMs);
  }

  /** Why the request is skipped now; null if it may be sent. */
  get reason(): NotSent | null {
    return this.ownRefusal ?? this.#cooldown.reason;
  }

  /** Records a failure of this request, for all requests or only for this one. */
  failed(error: unknown): void {
    if (error instanceof NotSent) return;
    if (!isOfOnePath(error)) {
      this.#cooldown.note(error);
      return;
    }
    this.#failuresInRow += 1;
    const { kind } = error;
    const ms = retryDelayMs({
      kind,
      failuresInRow: this.#failuresInRow,
      retryAfterMs: null,
      periodMs: this.#periodMs,
      previous: this.#pause,
    });
    this.#pause = { kind, ms };
    this.#untilMs = this.#clock.monotonicMs() + ms;
    this.#failure = error;
  }

  answered(): void {
    this.#failuresInRow = 0;
    this.#pause = null;
  }
}

const FORBIDDEN = 403;

/** A firewall's 403 says neither what it concerns nor for how long; any other limit or ban concerns everything. */
function isOfOnePath(error: unknown): error is RequestFailure {
  if (!(error instanceof RequestFailure) || !asksForCooldown(error.kind)) return false;
  return error.status === FORBIDDEN && error.retryAfterMs === null;
}

/** Whether a failure of this kind means that requests should pause for a while. */
export function asksForCooldown(kind: RequestFailure["kind"]): boolean {
  return kind === "rate_limited" || kind === "banned" || kind === "geo_blocked";
}
