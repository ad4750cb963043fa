/** When a backtest holds its position. No decision uses what was not known at its moment. */
import { grossAprPct, netAprPct, roundTripFeesPct } from "../../domain/arbitrage.ts";
import { annualizedPct } from "../../domain/funding.ts";
import type {
  BacktestLeg,
  BacktestQuery,
  EntryReason,
  ExitReason,
  Holding,
  LegSample,
} from "./backtest-query.ts";

/** An older live rate decides nothing: three of the five minutes to which old samples are thinned. */
export const MAX_RATE_AGE_MS = 15 * 60_000;

/** Since when both legs are known to exist. */
export interface FirstTime {
  readonly atMs: number;
  readonly reason: "listing" | "first_known";
}

interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
  /** Why a position is opened at `fromMs`. */
  readonly startReason: EntryReason;
  /** Why a position that is still held is closed at `toMs`. */
  readonly endReason: ExitReason;
}

/** The times at which the position is held, in order; none if a leg did not exist in the range. */
export function holdingsOf(
  long: BacktestLeg,
  short: BacktestLeg,
  query: BacktestQuery,
  first: FirstTime,
  nowMs: number,
): readonly Holding[] {
  const bounds = boundsOf(long, short, query, first, nowMs);
  if (bounds.fromMs >= bounds.toMs) return [];
  const { rule } = query;
  switch (rule.kind) {
    case "fixed":
      return [
        {
          entryMs: bounds.fromMs,
          exitMs: bounds.toMs,
          entryReason: bounds.startReason,
          exitReason: bounds.endReason,
        },
      ];
    case "threshold": {
      const feesPct = roundTripFeesPct(long.feeBps, short.feeBps);
      const spread = (at: Moment): number | null => netSpreadPct(at, feesPct, query.holdHours);
      const { enterOverPct, leaveUnderPct } = rule;
      return thresholdHoldings(long, short, bounds, (isHeld, at) => {
        const netPct = spread(at);
        if (netPct === null) return isHeld;
        return isHeld ? netPct >= leaveUnderPct : netPct > enterOverPct;
      });
    }
  }
}

/** How long a rule could not be judged, because a leg had no recent live rate; 0 for fixed times. */
export function unratedMs(
  long: BacktestLeg,
  short: BacktestLeg,
  query: BacktestQuery,
  first: FirstTime,
  nowMs: number,
): number {
  if (query.rule.kind === "fixed") return 0;
  const { fromMs, toMs } = boundsOf(long, short, query, first, nowMs);
  let unrated = 0;
  let atMs = fromMs;
  let ratedUntilMs = Number.NEGATIVE_INFINITY;
  const passTo = (untilMs: number): void => {
    unrated += Math.max(0, untilMs - Math.max(atMs, ratedUntilMs));
    atMs = Math.max(atMs, untilMs);
  };
  for (const moment of momentsOf(long.samples, short.samples)) {
    passTo(Math.min(moment.atMs, toMs));
    if (moment.atMs >= toMs) break;
    ratedUntilMs = Math.min(rateHoldsUntilMs(moment.long), rateHoldsUntilMs(moment.short));
  }
  passTo(toMs);
  return unrated;
}

function rateHoldsUntilMs(sample: LegSample | null): number {
  return sample === null || sample.intervalHours === null
    ? Number.NEGATIVE_INFINITY
    : sample.atMs + MAX_RATE_AGE_MS;
}

/** A position is opened once both legs exist, and closed when one is delisted. */
function boundsOf(
  long: BacktestLeg,
  short: BacktestLeg,
  { fromMs, toMs }: BacktestQuery,
  first: FirstTime,
  nowMs: number,
): Bounds {
  const untilMs = Math.min(toMs, nowMs);
  const endedMs = Math.min(long.past.endedAtMs ?? untilMs, short.past.endedAtMs ?? untilMs);
  return {
    fromMs: Math.max(fromMs, first.atMs),
    toMs: Math.min(untilMs, endedMs),
    startReason: first.atMs > fromMs ? first.reason : "from",
    endReason: endedMs < untilMs ? "delisting" : nowMs < toMs ? "now" : "to",
  };
}

/** The newest samples of both legs at a moment. */
interface Moment {
  readonly atMs: number;
  readonly long: LegSample | null;
  readonly short: LegSample | null;
}

/** Null if one of the rates is unknown or too old: then nothing is changed. */
function netSpreadPct(
  { atMs, long, short }: Moment,
  feesPct: number,
  holdHours: number,
): number | null {
  const longPct = yearPct(long, atMs);
  const shortPct = yearPct(short, atMs);
  if (longPct === null || shortPct === null) return null;
  return netAprPct(grossAprPct(longPct, shortPct), feesPct, holdHours);
}

function yearPct(sample: LegSample | null, atMs: number): number | null {
  if (sample?.rate === undefined || sample.rate === null) return null;
  return atMs - sample.atMs <= MAX_RATE_AGE_MS
    ? annualizedPct(sample.rate, sample.intervalHours)
    : null;
}

/** `decide` answers at each sample in the bounds whether the position is to be held from then on. */
function thresholdHoldings(
  long: BacktestLeg,
  short: BacktestLeg,
  { fromMs, toMs, endReason }: Bounds,
  decide: (isHeld: boolean, at: Moment) => boolean,
): readonly Holding[] {
  const holdings: Holding[] = [];
  let entryMs: number | null = null;
  for (const moment of momentsOf(long.samples, short.samples)) {
    const { atMs } = moment;
    if (atMs < fromMs) continue;
    if (atMs >= toMs) break;
    const holds = decide(entryMs !== null, moment);
    if (holds) entryMs ??= atMs;
    else if (entryMs !== null) {
      holdings.push({ entryMs, exitMs: atMs, entryReason: "rule", exitReason: "rule" });
      entryMs = null;
    }
  }
  if (entryMs !== null)
    holdings.push({ entryMs, exitMs: toMs, entryReason: "rule", exitReason: endReason });
  return holdings;
}

/** The times at which either leg has a sample with a rate. */
function* momentsOf(
  long: readonly LegSample[],
  short: readonly LegSample[],
): Generator<Moment, void> {
  const walks = { long: new Walk(long), short: new Walk(short) };
  for (;;) {
    const atMs = Math.min(walks.long.nextMs, walks.short.nextMs);
    if (atMs === Number.POSITIVE_INFINITY) return;
    yield { atMs, long: walks.long.upTo(atMs), short: walks.short.upTo(atMs) };
  }
}

class Walk {
  readonly #samples: readonly LegSample[];
  #next = 0;
  #newest: LegSample | null = null;

  constructor(samples: readonly LegSample[]) {
    this.#samples = samples;
    this.#skipPrices();
  }

  get nextMs(): number {
    return this.#samples[this.#next]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  upTo(atMs: number): LegSample | null {
    while (this.nextMs <= atMs) {
      this.#newest = this.#samples[this.#next] ?? null;
      this.#next += 1;
      this.#skipPrices();
    }
    return this.#newest;
  }

  /** To the next sample that has a rate. */
  #skipPrices(): void {
    while (this.#samples[this.#next]?.rate === null) this.#next += 1;
  }
}
