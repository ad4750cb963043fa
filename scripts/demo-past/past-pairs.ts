import type { HistoryStore } from "../../src/collector/history-store.ts";
import { OpportunityTracker } from "../../src/collector/opportunity-tracker.ts";
import { pairFramesOf } from "../../src/collector/pair-history.ts";
import type { LegRecord } from "../../src/db/market/leg-repository.ts";
import { OPPORTUNITY_ENDS_AFTER } from "../../src/domain/opportunity.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { Log } from "../../src/lib/log.ts";
import type { PastMarket } from "./past-market.ts";

/** Between two checks of one moment, as between those of the collector. */
const CHECK_EVERY_MS = 5_000;

/** The shortest distance of two moments: a rate that was charged is not trusted for more than three of them. */
const SHORTEST_MS = 3_600_000;

export interface PastPairsDeps {
  readonly past: PastMarket;
  readonly history: HistoryStore;
  readonly log: Log;
}

/** The market at one moment. */
export interface PastMoment {
  readonly atMs: number;
  /** How long after the moment before. */
  readonly everyMs: number;
  readonly legs: (exchange: ExchangeId) => readonly LegRecord[];
}

/** Follows the opportunities of the past with the collector's own tracker, whose refreshes are the moments. */
export class PastPairs {
  readonly #deps: PastPairsDeps;
  readonly #tracker: OpportunityTracker;
  readonly #frameAt;
  readonly #commits = new Map<ExchangeId, number>();
  #atMs: number;
  #everyMs = SHORTEST_MS;
  #legs: PastMoment["legs"] = () => [];

  constructor(deps: PastPairsDeps, firstMs: number) {
    const { past, history, log } = deps;
    this.#deps = deps;
    this.#atMs = firstMs;
    const clock: Clock = {
      nowMs: () => this.#atMs,
      monotonicMs: () => this.#atMs,
      sleep: () => Promise.resolve(),
      after: () => () => {},
    };
    this.#tracker = new OpportunityTracker({
      epoch: past.epoch,
      market: { enabled: () => this.#enabled(), legs: (exchange) => this.#legs(exchange) },
      store: past.opportunities,
      writes: { attempt: (work) => work(), run: (work) => Promise.resolve(work()) },
      clock,
      log,
      onStats: () => {},
      // Stored once, when all is known.
      storeEveryMs: Number.POSITIVE_INFINITY,
    });
    this.#frameAt = pairFramesOf(this.#tracker, history.series, past.descriptions);
  }

  /** Checks the market of a moment until pairs that are not met have ended. */
  check({ atMs, everyMs, legs }: PastMoment): void {
    this.#everyMs = Math.max(everyMs, SHORTEST_MS);
    this.#legs = legs;
    for (const exchange of this.#deps.past.periods.keys()) this.#raise(exchange);
    for (let checks = 0; checks < OPPORTUNITY_ENDS_AFTER; checks += 1) {
      this.#atMs = atMs + checks * CHECK_EVERY_MS;
      this.#tracker.check();
      // One exchange that has answered again is enough to check again.
      const [first] = this.#deps.past.periods.keys();
      if (first !== undefined) this.#raise(first);
    }
  }

  /** Stores the pairs that are open after a check as those of a full hour, unix ms. */
  store(hourMs: number): void {
    const { history } = this.#deps;
    history.pairFrames.write(history.epoch, this.#frameAt(hourMs / 1000));
  }

  /** Stores since when each open pair is one, where the service reads it. */
  close(): Promise<void> {
    return this.#tracker.close();
  }

  #raise(exchange: ExchangeId): void {
    this.#commits.set(exchange, (this.#commits.get(exchange) ?? 0) + 1);
  }

  #enabled() {
    return [...this.#deps.past.periods.keys()].map((exchange) => ({
      exchange,
      commitSeq: this.#commits.get(exchange) ?? 0,
      // With a longer distance between two moments the time in between would count as not observed.
      periodMs: this.#everyMs,
      lastOkAtMs: this.#atMs,
    }));
  }
}
