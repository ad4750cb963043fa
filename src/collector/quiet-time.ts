import type { Clock } from "../lib/clock.ts";
import { RequestFailure, type RequestFailureKind } from "../lib/request-failure.ts";
import { FIRST_STATED_WAIT_MS } from "./breaker.ts";

/** After a limit, a ban or a block without a stated wait, secondary requests pause this long. */
const QUIET_MS = 60_000;

/** How long one exchange wants to be left alone; every part that sends requests hears and heeds it. */
export class QuietTime {
  readonly #clock: Clock;
  #untilMs = Number.NEGATIVE_INFINITY;
  #kind: RequestFailureKind = "rate_limited";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds that are left of it, 0 when requests are welcome. */
  leftMs(): number {
    return Math.max(0, this.#untilMs - this.#clock.monotonicMs());
  }

  /** In what way it was asked for last. */
  get kind(): RequestFailureKind {
    return this.#kind;
  }

  /** Takes note of a failure that asks for quiet; other failures do not. One answer is believed for minutes, not days. */
  hear(error: unknown): void {
    if (!(error instanceof RequestFailure) || !asksForQuiet(error.kind)) return;
    const waitMs = Math.min(error.retryAfterMs ?? QUIET_MS, FIRST_STATED_WAIT_MS);
    this.#untilMs = Math.max(this.#untilMs, this.#clock.monotonicMs() + waitMs);
    this.#kind = error.kind;
  }
}

/** Whether a failure of this kind says that requests are not welcome for a while. */
export function asksForQuiet(kind: RequestFailure["kind"]): boolean {
  return kind === "rate_limited" || kind === "banned" || kind === "geo_blocked";
}
