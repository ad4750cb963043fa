import { EXCHANGE_CLOCK_TOLERANCE_MS } from "../domain/funding.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Quote } from "../domain/quote.ts";
import type { Clock } from "../lib/clock.ts";

/** After a start or a jump a clock that no exchange has confirmed is relied on after this long without another jump. */
const STEADY_MS = 10 * 60_000;

/** Likewise if exchanges contradict it: their times may have stopped, or always be some minutes old. */
const CONTRADICTED_MS = 6 * 3_600_000;

/** One may state an old time that happens to be that of a clock which is behind. */
const MIN_AGREEING = 2;

/** Compares the wall clock with the times that exchanges state, and finds its jumps by the monotonic clock. */
export class ClockCheck {
  readonly #clock: Pick<Clock, "nowMs" | "monotonicMs">;
  /** Wall time minus monotonic time. */
  #offsetMs: number;
  #sinceMs: number;
  /** The exchanges that have ever stated a time. */
  readonly #stating = new Set<ExchangeId>();
  /** Whether each agreed with this clock when it last stated a time, since the last jump. */
  readonly #agreeing = new Map<ExchangeId, boolean>();

  constructor(clock: Pick<Clock, "nowMs" | "monotonicMs">) {
    this.#clock = clock;
    this.#offsetMs = clock.nowMs() - clock.monotonicMs();
    this.#sinceMs = clock.monotonicMs();
  }

  /** Compares the newest time that an accepted batch states with the time at which it was received. */
  note(
    exchange: ExchangeId,
    quotes: readonly Pick<Quote, "exchangeTimeMs" | "receivedAtMs">[],
  ): void {
    this.#noticeJump();
    let newest = { statedMs: Number.NEGATIVE_INFINITY, receivedAtMs: 0 };
    for (const { exchangeTimeMs, receivedAtMs } of quotes)
      if (exchangeTimeMs !== null && exchangeTimeMs > newest.statedMs)
        newest = { statedMs: exchangeTimeMs, receivedAtMs };
    if (newest.statedMs === Number.NEGATIVE_INFINITY) return;
    const awayMs = Math.abs(newest.statedMs - newest.receivedAtMs);
    this.#stating.add(exchange);
    this.#agreeing.set(exchange, awayMs <= EXCHANGE_CLOCK_TOLERANCE_MS);
  }

  /**
   * Whether exchanges have stated the time of this clock since its last jump, to a minute: two of them, or the only one,
   * and more than have stated another time.
   */
  get isConfirmed(): boolean {
    this.#noticeJump();
    const agreeing = this.#agreed;
    return (
      agreeing >= Math.min(MIN_AGREEING, this.#stating.size) && agreeing > this.#agreeing.size / 2
    );
  }

  /** Whether what depends on the time, and cannot be undone, may be done by this clock. */
  get isReliable(): boolean {
    if (this.isConfirmed) return true;
    const steadyMs = this.#clock.monotonicMs() - this.#sinceMs;
    const isContradicted = this.#agreed < this.#agreeing.size;
    return steadyMs >= (isContradicted ? CONTRADICTED_MS : STEADY_MS);
  }

  get #agreed(): number {
    return [...this.#agreeing.values()].filter((agrees) => agrees).length;
  }

  #noticeJump(): void {
    const monotonicMs = this.#clock.monotonicMs();
    const offsetMs = this.#clock.nowMs() - monotonicMs;
    if (Math.abs(offsetMs - this.#offsetMs) <= EXCHANGE_CLOCK_TOLERANCE_MS) return;
    this.#offsetMs = offsetMs;
    this.#sinceMs = monotonicMs;
    this.#agreeing.clear();
  }
}
