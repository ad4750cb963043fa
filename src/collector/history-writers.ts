import type { InstrumentDescriptions } from "../db/market/instrument-descriptions.ts";
import type { SampledListings } from "../db/market/sampled-listings.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Exchange } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import { runBackfills } from "./backfill.ts";
import { BackgroundWrites } from "./background-writes.ts";
import { ClockCheck } from "./clock-check.ts";
import { recordEnds } from "./ended-series.ts";
import type { HistoryStore } from "./history-store.ts";
import { type Accepted, LiveWriter, type OnAccepted } from "./live-writer.ts";
import type { OpportunityTracker } from "./opportunity-tracker.ts";
import { PairHistory, pairFramesOf } from "./pair-history.ts";
import type { FromWorker, HistorySettings } from "./protocol.ts";
import { rollUpForever } from "./roll-up-loop.ts";
import type { CollectedExchange } from "./runners.ts";
import { Sampler } from "./sampler.ts";
import { SettledYields } from "./settled-yields.ts";

export interface HistoryWritersDeps {
  readonly history: HistoryStore;
  readonly descriptions: InstrumentDescriptions;
  readonly listings: SampledListings;
  readonly exchanges: readonly Exchange[];
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (message: FromWorker) => void;
  readonly settings: HistorySettings;
}

/** All that the collector writes into the history while it collects. */
export class HistoryWriters {
  readonly #deps: HistoryWritersDeps;
  readonly #live: LiveWriter;
  readonly #sampler: Sampler;
  readonly #clockCheck: ClockCheck;
  readonly #samples = new BackgroundWrites();
  /** Exchanges of which a refresh is being stored. */
  readonly #sampling = new Set<ExchangeId>();
  /** Exchanges whose last refresh was older than what is stored. */
  readonly #late = new Set<ExchangeId>();
  /** For the rows of the market. */
  readonly yields: SettledYields;

  constructor(deps: HistoryWritersDeps) {
    const { history, listings, exchanges } = deps;
    this.#deps = deps;
    this.#clockCheck = new ClockCheck(deps.clock);
    this.yields = new SettledYields(deps);
    this.#live = new LiveWriter(deps);
    this.#sampler = new Sampler({
      listings,
      exchanges,
      write: (exchange, atMs, refresh) => {
        const { isConfirmed } = this.#clockCheck;
        return history.sample(exchange, atMs, refresh, { isTimeConfirmed: isConfirmed });
      },
    });
  }

  /** To be called right after each commit, in this order. */
  get onAccepted(): readonly OnAccepted[] {
    return [this.#live.accepted, (accepted) => this.#sample(accepted)];
  }

  /**
   * While the file is locked, one refresh of each exchange waits: more would take the memory of the market each minute.
   * The others are lost, as if the service had not run.
   */
  #sample(accepted: Accepted): void {
    const { exchange, quotes } = accepted;
    this.#clockCheck.note(exchange, quotes);
    const onLost = (): void => this.#deps.log.warn("samples_dropped", { exchange });
    if (this.#sampling.has(exchange)) return onLost();
    this.#sampling.add(exchange);
    const done = (): unknown => this.#sampling.delete(exchange);
    const written = this.#sampler.accepted(accepted).then((result) => {
      if (result === "stored") this.#late.delete(exchange);
      else if (result === "late" && !this.#late.has(exchange)) {
        this.#late.add(exchange);
        this.#deps.log.warn("samples_late", {
          exchange,
          reason: "newer ones are stored already: the clock went back, or was ahead before",
        });
      }
    });
    this.#samples.add(written.finally(done), onLost);
  }

  /** Stores the open pairs of a tracker; to be called after each of its checks. */
  pairsOf(tracker: OpportunityTracker): () => void {
    const { history, descriptions, clock, log } = this.#deps;
    const pairs = new PairHistory({
      epoch: () => history.epoch,
      frames: history.pairFrames,
      writes: history,
      frameAt: pairFramesOf(tracker, history.series, descriptions),
      log,
    });
    return () => {
      // A frame under a later hour would keep those of the hours before it from being stored.
      if (this.#clockCheck.isReliable) pairs.note(clock.nowMs());
    };
  }

  /** Resolves when `lifetime` has ended and everything is stored. Rejects as the writes of HistoryStore do. */
  async run(lifetime: AbortSignal, collected: readonly CollectedExchange[]): Promise<void> {
    const { history, clock, log, post, descriptions, settings } = this.#deps;
    const rollUp = history.rollUp({
      retention: settings.retention,
      onDamage: (exchange, damage) => log.error("samples_damaged", { exchange, ...damage }),
      onFailure: (period, error) =>
        log.error("roll_up_failed", { ...period, reason: errorText(error) }),
    });
    await Promise.all([
      history.takenOver,
      this.#live.run(lifetime),
      this.#samples.run(lifetime),
      this.yields.run(lifetime),
      rollUpForever(
        {
          rollUp,
          attempt: (work) => history.attempt(work),
          clock,
          isClockReliable: () => this.#clockCheck.isReliable,
          log,
        },
        lifetime,
      ),
      recordEnds({ history, clock, instruments: descriptions }, lifetime),
      runBackfills(collected, {
        history,
        clock,
        log,
        lifetime,
        settings,
        instruments: descriptions,
        onCounts: (exchange, counts) => post({ type: "backfill", exchange, counts }),
      }),
    ]);
  }
}
