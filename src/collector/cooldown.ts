import type { Clock } from "../lib/clock.ts";
import { accountOf, NotSent, RequestFailure } from "../lib/request-failure.ts";
import { FIRST_STATED_WAIT_MS, type Pause, retryDelayMs } from "./retry-delay.ts";

/** After a limit, a ban or a block without a stated wait, secondary requests pause this long. */
const UNSTATED_WAIT_MS = 60_000;

/** Behind what the exchange answered. */
const LEFT_OUT = "left out while the exchange asks us to wait";

/** How long one exchange wants to be left alone; every part that sends requests hears and heeds it. */
export class Cooldown {
  readonly #clock: Clock;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** Until then not even rates are asked for: a ban lasts longer with each request. */
  #nothingUntilMs = Number.NEGATIVE_INFINITY;
  /** What the exchange answered last that asks for it. */
  #answer = new RequestFailure("rate_limited", "none yet");

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds that are left of it, 0 when requests are welcome. */
  leftMs(): number {
    return Math.max(this.nothingMs(), this.#untilMs - this.#clock.monotonicMs());
  }

  /** Milliseconds in which no request at all is to be sent. */
  nothingMs(): number {
    return Math.max(0, this.#nothingUntilMs - this.#clock.monotonicMs());
  }

  /** Why no request at all is to be sent now; null when one may be. */
  readonly refusal = (): NotSent | null => {
    const retryAfterMs = this.nothingMs();
    return retryAfterMs > 0 ? new NotSent(this.#answer, this.#text(), retryAfterMs) : null;
  };

  /** Why a secondary request is left out now; null when it is welcome. */
  get reason(): NotSent | null {
    return this.leftMs() > 0 ? new NotSent(this.#answer, this.#text()) : null;
  }

  #text(): string {
    return `${accountOf(this.#answer).publicWords}; ${LEFT_OUT}`;
  }

  /** Takes note of a failure that asks for a pause; other failures do not. One answer is believed for minutes, not days. */
  note(error: unknown): void {
    if (!(error instanceof RequestFailure) || !asksForCooldown(error.kind)) return;
    if (error instanceof NotSent) return;
    this.#answer = error;
    const waitMs = Math.min(error.retryAfterMs ?? UNSTATED_WAIT_MS, FIRST_STATED_WAIT_MS);
    const nowMs = this.#clock.monotonicMs();
    this.#untilMs = Math.max(this.#untilMs, nowMs + waitMs);
    // By whom a block of a country comes says nothing of its end.
    const nothingMs = error.kind === "geo_blocked" ? UNSTATED_WAIT_MS : waitMs;
    this.#nothingUntilMs = Math.max(this.#nothingUntilMs, nowMs + nothingMs);
  }
}

/**
 * How long a request that the refresh can do without is left alone: as long as the whole exchange is, and longer after a
 * refusal that may be of its path alone, with the delays of an exchange that refuses. The rates, which are asked for in
 * the same refresh or the next one, tell whether that was a ban of everything.
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

  /** Milliseconds that are left of it, 0 when the request may be sent. */
  leftMs(): number {
    return Math.max(this.#cooldown.leftMs(), this.#untilMs - this.#clock.monotonicMs());
  }

  /** The refusal for which this request alone is left out now; null where it is not. */
  get ownRefusal(): NotSent | null {
    const leftMs = this.#untilMs - this.#clock.monotonicMs();
    if (this.#failure === null || leftMs <= 0) return null;
    return new NotSent(this.#failure, accountOf(this.#failure).publicWords, leftMs);
  }

  /** Why the request is left out now; null when it may be sent. */
  get reason(): NotSent | null {
    return this.ownRefusal ?? this.#cooldown.reason;
  }

  /** Takes note of a failure of this request, for all requests or for itself. */
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

/** A firewall's 403 says neither of what it speaks nor for how long; every other limit or ban says that it is of all. */
function isOfOnePath(error: unknown): error is RequestFailure {
  if (!(error instanceof RequestFailure) || !asksForCooldown(error.kind)) return false;
  return error.status === FORBIDDEN && error.retryAfterMs === null;
}

/** Whether a failure of this kind says that requests are not welcome for a while. */
export function asksForCooldown(kind: RequestFailure["kind"]): boolean {
  return kind === "rate_limited" || kind === "banned" || kind === "geo_blocked";
}
