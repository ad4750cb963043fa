import type { Clock } from "../lib/clock.ts";
import { RequestFailure } from "../lib/request-failure.ts";

/** After a limit, a ban or a block without a stated wait, secondary requests pause this long. */
const QUIET_MS = 60_000;

/** How long one exchange wants to be left alone; every part that sends requests hears and heeds it. */
export class QuietTime {
  readonly #clock: Clock;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds that are left of it, 0 when requests are welcome. */
  leftMs(): number {
    return Math.max(0, this.#untilMs - this.#clock.monotonicMs());
  }

  /** Takes note of a failure that asks for quiet; other failures do not. */
  hear(error: unknown): void {
    if (!(error instanceof RequestFailure) || !asksForQuiet(error.kind)) return;
    const untilMs = this.#clock.monotonicMs() + (error.retryAfterMs ?? QUIET_MS);
    this.#untilMs = Math.max(this.#untilMs, untilMs);
  }
}

/** Whether a failure of this kind says that requests are not welcome for a while. */
export function asksForQuiet(kind: RequestFailure["kind"]): boolean {
  return kind === "rate_limited" || kind === "banned" || kind === "geo_blocked";
}
