import { EpochLost } from "../db/epoch-lost.ts";
import type { LegRecord } from "../db/market/leg-repository.ts";
import type { OpportunityRepository } from "../db/market/opportunity-repository.ts";
import { WriteAbandoned, type WriteQueue } from "../db/write-queue.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { NOTHING_FOLLOWED, opportunityPct, type OpportunityStats } from "../domain/opportunity.ts";
import {
  makeColumns,
  maxOpportunities,
  type OpportunityColumns,
  peakOf,
} from "../domain/opportunity-columns.ts";
import type { PairFrame } from "../domain/pair-frame.ts";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import { type MarketLeg, MarketLegs } from "./market-legs.ts";
import { type EnabledExchange, ObservationGaps } from "./observation-gaps.ts";
import { openPairsFrame } from "./open-pairs-frame.ts";

/** A crash loses this much history; a write is 300 to 700 KB. */
const STORE_EVERY_MS = 60_000;
/** The first write of a collector, so that ages are available soon after a start. */
const FIRST_STORE_MS = 10_000;

/** How often to check for new data … */
const NEWS_EVERY_MS = 1_000;
/** … and the interval of comparisons, the same as the board's: one snapshot more or less ends nothing. */
const CHECK_EVERY_MS = 5_000;

export interface TrackerDeps {
  readonly epoch: number;
  /** The enabled exchanges, and their listings as of their last commits. */
  readonly market: {
    enabled(): readonly EnabledExchange[];
    legs(exchange: ExchangeId): readonly LegRecord[];
  };
  readonly store: Pick<OpportunityRepository, "load" | "store">;
  readonly writes: Pick<WriteQueue, "attempt" | "run">;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the statistics whenever they change. */
  readonly onStats: (stats: OpportunityStats) => void;
  readonly storeEveryMs?: number;
}

/**
 * Tracks how long each pair has been an opportunity, in the collector's thread; all others read what it stores. A pair
 * opens at OPPORTUNITY_GROSS_PCT and ends after OPPORTUNITY_ENDS_AFTER checks without it. Checks after a gap in
 * observation (no exchange has answered, or this collector has just started) end nothing; if a pair is met after one,
 * the time since it was last met counts as unobserved. Only listings with a changed row are compared.
 */
export class OpportunityTracker {
  readonly #deps: TrackerDeps;
  readonly #storeEveryMs: number;
  readonly #legs = new MarketLegs();
  /** The commits that are loaded into #legs. */
  readonly #commits = new Map<ExchangeId, number>();
  readonly #gaps: ObservationGaps;
  /** Time of the last meaningful check, unix seconds. */
  #checkedAt = 0;
  #stats = NOTHING_FOLLOWED;
  #isStored = true;
  #storeAtMs: number;

  /** Loads what was stored; throws if the database fails. */
  constructor(deps: TrackerDeps) {
    const { clock, log, store } = deps;
    this.#deps = deps;
    this.#storeEveryMs = deps.storeEveryMs ?? STORE_EVERY_MS;
    this.#gaps = new ObservationGaps(clock.nowMs());
    this.#storeAtMs = clock.monotonicMs() + Math.min(FIRST_STORE_MS, this.#storeEveryMs);
    const stored = store.load();
    if (stored === "unreadable")
      log.warn("opportunities_unreadable", { effect: "ages begin anew" });
    else if (stored !== null) this.#take(stored);
  }

  /**
   * Checks whenever rows have changed, by a commit or over time, until `lifetime` ends; then stores the final state.
   * `onChecked` is called after each check.
   */
  async run(lifetime: AbortSignal, onChecked: () => void = () => {}): Promise<void> {
    const { clock } = this.#deps;
    let waitMs = NEWS_EVERY_MS;
    for (;;) {
      await clock.sleep(waitMs, lifetime);
      if (lifetime.aborted) return this.close();
      const hasChecked = this.check();
      if (hasChecked) onChecked();
      waitMs = hasChecked ? CHECK_EVERY_MS : NEWS_EVERY_MS;
    }
  }

  /**
   * Checks the market if a row has changed, and stores once a minute. Returns whether it checked. Throws EpochLost like
   * every write.
   */
  check(): boolean {
    let hasChecked = false;
    try {
      hasChecked = this.#checkMarket(this.#deps.clock.nowMs());
    } catch (error) {
      this.#deps.log.error("opportunities_not_followed", { reason: errorText(error) });
    }
    const { clock, writes } = this.#deps;
    if (!this.#isStored && clock.monotonicMs() >= this.#storeAtMs)
      this.#noteStore(() => writes.attempt(() => this.#store()) !== null);
    return hasChecked;
  }

  /**
   * All open pairs as of the last check. `seriesOf`: the id under which the history knows an instrument, null if it does
   * not; its pairs are left out.
   */
  frame(at: number, seriesOf: (instrumentId: number) => number | null): PairFrame {
    return openPairsFrame(this.#legs, at, seriesOf);
  }

  /** Stores whatever is unsaved. Rejects with WriteAbandoned if the database is busy for too long. */
  async close(): Promise<void> {
    if (this.#isStored) return;
    try {
      await this.#deps.writes.run(() => this.#store());
      this.#isStored = true;
    } catch (error) {
      if (error instanceof WriteAbandoned) throw error;
      // Another collector has taken over and stores now.
      if (!(error instanceof EpochLost)) this.#noteFailure(error);
    }
  }

  #checkMarket(asOfMs: number): boolean {
    const exchanges = this.#deps.market.enabled();
    const hasNewRows = this.#reload(exchanges);
    const judgement = this.#legs.judge(asOfMs);
    if (!hasNewRows && !judgement.hasChanged) return false;
    if (!this.#gaps.begin(asOfMs, exchanges)) return true;
    const asOf = Math.floor(asOfMs / 1000);
    // Pairs left out may fit now, and after the clock was set back everything must be met at the new time.
    const comparesAll =
      this.#gaps.isAway || asOf < this.#checkedAt || this.#stats.leftOut.pairs > 0;
    const room = Math.max(0, maxOpportunities(judgement.trusted) - this.#stats.pairs);
    const leftOut = this.#compare(asOf, room, comparesAll);
    const pairs = this.#countMisses(this.#gaps.outdatedAt(asOfMs, exchanges));
    this.#checkedAt = asOf;
    this.#gaps.end();
    this.#isStored = false;
    this.#note({ pairs, leftOut: { pairs: leftOut, listings: judgement.omitted } });
    return true;
  }

  /** Compares the pairs of all changed legs, or of all legs if `comparesAll`; returns how many new ones did not fit. */
  #compare(asOf: number, room: number, comparesAll: boolean): number {
    let leftOut = 0;
    const judge = (long: MarketLeg, short: MarketLeg): void => {
      const isTrusted = long.isTrusted && short.isTrusted;
      const grossPct = isTrusted ? opportunityPct(long, short) : null;
      if (grossPct === null) {
        if (wasMet(long, short)) long.pairs.miss(short.id, this.#checkedAt);
        return;
      }
      const index = long.pairs.indexOf(short.id);
      if (index >= 0) return long.pairs.meet(index, asOf, peakOf(grossPct));
      if (room === 0) leftOut += 1;
      else long.pairs.open(index, short.id, asOf, peakOf(grossPct));
      room = Math.max(0, room - 1);
    };
    for (const leg of comparesAll ? this.#legs.all() : []) {
      if (this.#gaps.isAway) leg.pairs.markUnobserved(this.#checkedAt);
      leg.isChanged = true;
    }
    for (const leg of this.#legs.all()) {
      if (!leg.isChanged) continue;
      for (const other of leg.asset?.legs ?? []) {
        // If both legs have changed, the first one handles the pair.
        if (other === leg || (other.isChanged && other.id < leg.id)) continue;
        judge(leg, other);
        judge(other, leg);
      }
    }
    return leftOut;
  }

  /** Counts this check against pairs it did not meet; returns how many are open afterwards. */
  #countMisses(isOutdated: (leg: MarketLeg | undefined) => boolean): number {
    let open = 0;
    for (const leg of this.#legs.all()) {
      const { pairs } = leg;
      if (pairs.missing > 0)
        pairs.countMisses((shortId) => isOutdated(leg) || isOutdated(this.#legs.find(shortId)));
      open += pairs.count;
      this.#legs.settle(leg);
    }
    return open;
  }

  /** Loads the exchanges that have committed since; returns whether there are any. */
  #reload(exchanges: readonly EnabledExchange[]): boolean {
    const newer = exchanges.filter(
      ({ exchange, commitSeq }) => this.#commits.get(exchange) !== commitSeq,
    );
    for (const { exchange, commitSeq, periodMs } of newer) {
      this.#legs.reload(exchange, this.#deps.market.legs(exchange), periodMs, this.#checkedAt);
      this.#commits.set(exchange, commitSeq);
    }
    return newer.length > 0;
  }

  #note(stats: OpportunityStats): void {
    const { log, onStats } = this.#deps;
    const before = this.#stats;
    this.#stats = stats;
    // Logged when it begins, not on every check.
    if (isAnyLeftOut(stats) && !isAnyLeftOut(before))
      log.warn("opportunities_left_out", { ...stats.leftOut });
    if (!Bun.deepEquals(stats, before)) onStats(stats);
  }

  #take(stored: OpportunityColumns): void {
    for (const [index, longId] of stored.longIds.entries())
      this.#legs.at(longId).pairs.load(stored, index);
    this.#stats = { ...NOTHING_FOLLOWED, pairs: stored.count };
  }

  #columns(): OpportunityColumns {
    const columns = makeColumns(this.#stats.pairs);
    const legs = [...this.#legs.all()].filter(({ pairs }) => pairs.count > 0);
    let at = 0;
    for (const { id, pairs } of legs.toSorted((left, right) => left.id - right.id)) {
      pairs.store(id, this.#checkedAt, columns, at);
      at += pairs.count;
    }
    return columns;
  }

  #store(): void {
    const { epoch, clock, store } = this.#deps;
    store.store(epoch, this.#columns(), clock.nowMs());
  }

  /** `store` returns whether it stored; if the database was busy it is repeated at the next check. */
  #noteStore(store: () => boolean): void {
    try {
      if (!store()) return;
      this.#isStored = true;
    } catch (error) {
      if (error instanceof EpochLost) throw error;
      this.#noteFailure(error);
    }
    this.#storeAtMs = this.#deps.clock.monotonicMs() + this.#storeEveryMs;
  }

  #noteFailure(error: unknown): void {
    this.#deps.log.error("opportunities_not_stored", { reason: errorText(error) });
  }
}

/** Whether the last check met a pair, or would have if it had fit; other pairs need no search. */
function wasMet(long: MarketLeg, short: MarketLeg): boolean {
  if (long.seen === null || short.seen === null) return false;
  return opportunityPct(long.seen, short.seen) !== null;
}

function isAnyLeftOut({ leftOut }: OpportunityStats): boolean {
  return leftOut.pairs > 0 || leftOut.listings > 0;
}
