import type { ExchangeState } from "../domain/market.ts";
import type { MarketLeg } from "./market-legs.ts";

/**
 * When no exchange at all has answered for this many of the shortest period, it is we who are cut off, asleep or
 * without a collector. Well before rows become stale, which takes three periods …
 */
const SILENT_PERIODS = 1.5;
/** … or 180 s. */
const SILENT_FLOOR_MS = 90_000;

/** An exchange that answers at all has been asked again after this: until then its old rows say nothing … */
const ASKED_AGAIN_PERIODS = 3;
/** … or this, where periods are short. */
const ASKED_AGAIN_FLOOR_MS = 180_000;

/** What a look goes by of an exchange. */
export type EnabledExchange = Pick<
  ExchangeState,
  "exchange" | "commitSeq" | "periodMs" | "lastOkAtMs"
>;

/** The times in which nobody looked at the market: before a collector begins, while we sleep or are cut off. */
export class ObservationGaps {
  /** Of the last look, silent ones included; null before the first. */
  #asOfMs: number | null = null;
  /** Rows observed before are from a time after which nobody looked. Unix milliseconds. */
  #sinceMs: number;
  #isAway = true;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** Whether nobody has looked since the last look that told something. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Says whether a look at `asOfMs` tells anything: not while no exchange answers. */
  begin(asOfMs: number, exchanges: readonly EnabledExchange[]): boolean {
    // A machine that slept, or a clock that was set, shows no silent look before the first answer comes.
    const hasSlept = this.#asOfMs !== null && asOfMs - this.#asOfMs > silentAfterMs(exchanges);
    const okAtMs = Math.max(...exchanges.map(({ lastOkAtMs }) => lastOkAtMs ?? 0));
    const isSilent = asOfMs - okAtMs > silentAfterMs(exchanges);
    this.#asOfMs = asOfMs;
    // After a clock was set back everything new is from before #sinceMs, and nothing would ever end.
    this.#sinceMs = Math.min(this.#sinceMs, asOfMs);
    if (hasSlept || isSilent) {
      this.#isAway = true;
      this.#sinceMs = asOfMs;
    }
    return !isSilent;
  }

  /** The look is done: the next one follows on it. */
  end(): void {
    this.#isAway = false;
  }

  /** Tells of a leg whether its row is from before a gap and its exchange may not have been asked again since. */
  outdatedAt(
    asOfMs: number,
    exchanges: readonly EnabledExchange[],
  ): (leg: MarketLeg | undefined) => boolean {
    const sinceMs = this.#sinceMs;
    const asking = new Set<string>(
      exchanges
        .filter(({ periodMs }) => asOfMs - sinceMs <= askedAgainMs(periodMs))
        .map(({ exchange }) => exchange),
    );
    return (leg) => {
      if (leg === undefined || leg.observedAtMs === null) return false;
      return leg.observedAtMs < sinceMs && asking.has(leg.exchange);
    };
  }
}

/** Some exchange answers within this time, and a look shows it. */
function silentAfterMs(exchanges: readonly EnabledExchange[]): number {
  const shortestMs = Math.min(...exchanges.map(({ periodMs }) => periodMs));
  return Math.max(SILENT_FLOOR_MS, SILENT_PERIODS * shortestMs);
}

function askedAgainMs(periodMs: number): number {
  return Math.max(ASKED_AGAIN_FLOOR_MS, ASKED_AGAIN_PERIODS * periodMs);
}
