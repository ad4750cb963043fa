import type { ExchangeState } from "../domain/market.ts";
import type { MarketLeg } from "./market-legs.ts";

/**
 * When no exchange at all has answered for this many of the shortest period, we are offline, suspended or without a
 * collector. This is well before rows become stale, which takes three periods …
 */
const SILENT_PERIODS = 1.5;
/** … or 180 s. */
const SILENT_FLOOR_MS = 90_000;

/** An exchange that answers at all has been queried again after this time: until then its old rows prove nothing … */
const QUERIED_AGAIN_PERIODS = 3;
/** … or after this time if periods are short. */
const QUERIED_AGAIN_FLOOR_MS = 180_000;

/** The fields of an exchange that a check uses. */
export type EnabledExchange = Pick<
  ExchangeState,
  "exchange" | "commitSeq" | "periodMs" | "lastOkAtMs"
>;

/** Times in which the market was not observed: before a collector starts, while the machine sleeps or is offline. */
export class ObservationGaps {
  /** Time of the last check, including checks without answers; null before the first. */
  #asOfMs: number | null = null;
  /** Rows observed earlier are from before a gap. Unix milliseconds. */
  #sinceMs: number;
  #isAway = true;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** Whether there has been no valid check since a gap began. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Returns whether a check at `asOfMs` is meaningful: it is not while no exchange answers. */
  begin(asOfMs: number, exchanges: readonly EnabledExchange[]): boolean {
    // After a suspend or a clock step there is no check without answers before the first answer arrives.
    const hasSlept = this.#asOfMs !== null && asOfMs - this.#asOfMs > silentAfterMs(exchanges);
    const okAtMs = Math.max(...exchanges.map(({ lastOkAtMs }) => lastOkAtMs ?? 0));
    const isSilent = asOfMs - okAtMs > silentAfterMs(exchanges);
    this.#asOfMs = asOfMs;
    // After the clock was set back everything new would be before #sinceMs, and nothing would ever end.
    this.#sinceMs = Math.min(this.#sinceMs, asOfMs);
    if (hasSlept || isSilent) {
      this.#isAway = true;
      this.#sinceMs = asOfMs;
    }
    return !isSilent;
  }

  /** The check is done; the next one continues from it. */
  end(): void {
    this.#isAway = false;
  }

  /** Whether a leg's row predates a gap and its exchange may not have been queried again since. */
  outdatedAt(
    asOfMs: number,
    exchanges: readonly EnabledExchange[],
  ): (leg: MarketLeg | undefined) => boolean {
    const sinceMs = this.#sinceMs;
    const asking = new Set<string>(
      exchanges
        .filter(({ periodMs }) => asOfMs - sinceMs <= queriedAgainMs(periodMs))
        .map(({ exchange }) => exchange),
    );
    return (leg) => {
      if (leg === undefined || leg.observedAtMs === null) return false;
      return leg.observedAtMs < sinceMs && asking.has(leg.exchange);
    };
  }
}

/** Within this time some exchange answers and a check sees it. */
function silentAfterMs(exchanges: readonly EnabledExchange[]): number {
  const shortestMs = Math.min(...exchanges.map(({ periodMs }) => periodMs));
  return Math.max(SILENT_FLOOR_MS, SILENT_PERIODS * shortestMs);
}

function queriedAgainMs(periodMs: number): number {
  return Math.max(QUERIED_AGAIN_FLOOR_MS, QUERIED_AGAIN_PERIODS * periodMs);
}
