import { FROZEN_AFTER_MS } from "../domain/flags.ts";
import type { Quote } from "../domain/quote.ts";

interface Stamp {
  readonly exchangeTimeMs: number;
  readonly sinceMonotonicMs: number;
}

/** Remembers since when each row of one exchange has had the same timestamp. */
export class StaleFeedDetector {
  #stamps = new Map<string, Stamp>();

  /** The symbols of `quotes` whose timestamp has not moved for too long. To be called once per batch. */
  frozen(quotes: readonly Quote[], monotonicMs: number): ReadonlySet<string> {
    const frozen = new Set<string>();
    const stamps = new Map<string, Stamp>();
    for (const { exchangeSymbol, exchangeTimeMs } of quotes) {
      if (exchangeTimeMs === null) continue;
      const before = this.#stamps.get(exchangeSymbol);
      const stamp =
        before?.exchangeTimeMs === exchangeTimeMs
          ? before
          : { exchangeTimeMs, sinceMonotonicMs: monotonicMs };
      if (monotonicMs - stamp.sinceMonotonicMs >= FROZEN_AFTER_MS) frozen.add(exchangeSymbol);
      stamps.set(exchangeSymbol, stamp);
    }
    this.#stamps = stamps;
    return frozen;
  }
}
