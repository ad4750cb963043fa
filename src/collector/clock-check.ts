import { EXCHANGE_CLOCK_TOLERANCE_MS } from "../domain/funding.ts";
import type { Quote } from "../domain/quote.ts";
import type { Clock } from "../lib/clock.ts";

/** After a start or a jump a clock that no exchange has confirmed is relied on after this long without another jump. */
const STEADY_MS = 10 * 60_000;

/** Likewise if exchanges contradict it: their times may have stopped, or always be some minutes old. */
const CONTRADICTED_MS = 6 * 3_600_000;

/** Compares the wall clock with the times that exchanges state, and finds its jumps by the monotonic clock. */
export class ClockCheck {
  readonly #clock: Pick<Clock, "nowMs" | "monotonicMs">;
  /** Wall time minus monotonic time. */
  #offsetMs: number;
  #sinceMs: number;
  #state: "unknown" | "confirmed" | "contradicted" = "unknown";

  constructor(clock: Pick<Clock, "nowMs" | "monotonicMs">) {
    this.#clock = clock;
    this.#offsetMs = clock.nowMs() - clock.monotonicMs();
    this.#sinceMs = clock.monotonicMs();
  }

  /** Compares the newest time that an accepted batch states with the time at which it was received. */
  note(quotes: readonly Pick<Quote, "exchangeTimeMs" | "receivedAtMs">[]): void {
    this.#notice();
    let newest = { statedMs: Number.NEGATIVE_INFINITY, receivedAtMs: 0 };
    for (const { exchangeTimeMs, receivedAtMs } of quotes)
      if (exchangeTimeMs !== null && exchangeTimeMs > newest.statedMs)
        newest = { statedMs: exchangeTimeMs, receivedAtMs };
    if (newest.statedMs === Number.NEGATIVE_INFINITY) return;
    const awayMs = Math.abs(newest.statedMs - newest.receivedAtMs);
    if (awayMs <= EXCHANGE_CLOCK_TOLERANCE_MS) this.#state = "confirmed";
    else if (this.#state === "unknown") this.#state = "contradicted";
  }

  /** Whether an exchange has stated the time of this clock since its last jump, to a minute. */
  get isConfirmed(): boolean {
    this.#notice();
    return this.#state === "confirmed";
  }

  /** Whether what depends on the time, and cannot be undone, may be done by this clock. */
  get isReliable(): boolean {
    if (this.isConfirmed) return true;
    const steadyMs = this.#clock.monotonicMs() - this.#sinceMs;
    return steadyMs >= (this.#state === "contradicted" ? CONTRADICTED_MS : STEADY_MS);
  }

  #notice(): void {
    const monotonicMs = this.#clock.monotonicMs();
    const offsetMs = this.#clock.nowMs() - monotonicMs;
    if (Math.abs(offsetMs - this.#offsetMs) <= EXCHANGE_CLOCK_TOLERANCE_MS) return;
    this.#offsetMs = offsetMs;
    this.#sinceMs = monotonicMs;
    this.#state = "unknown";
  }
}
