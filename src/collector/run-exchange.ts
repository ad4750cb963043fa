import type { ExchangeStateRepository, FailedState } from "../db/exchange-state-repository.ts";
import type { LastQuotes } from "../db/last-quotes.ts";
import type { MarketWriter } from "../db/market-writer.ts";
import type { ExchangeId, FailureKind } from "../domain/exchange.ts";
import type { Batch, Explanation } from "../domain/quote.ts";
import type { Exchange, Refreshed } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { pauseAfterFailureMs } from "./breaker.ts";
import { fetchBatch, rejectCounts } from "./fetch-batch.ts";
import type { FreezeWatch } from "./freeze-watch.ts";
import { judge, sizeOf } from "./sanity.ts";
import { judgeScale, type PendingScale } from "./scale.ts";
import type { ExchangeSource } from "./source.ts";

/** How one cycle of one exchange ended. */
export type CycleOutcome =
  | { readonly kind: "accepted"; readonly rows: number; readonly degradedBy: string | null }
  | {
      readonly kind: "failed";
      readonly failureKind: FailureKind;
      readonly message: string;
      readonly detail: string | null;
    };

export interface Cycle {
  readonly outcome: CycleOutcome;
  readonly tookMs: number;
  readonly rejects: Readonly<Record<string, number>>;
  /** How long to wait before the next one, from the end of this one. */
  readonly pauseMs: number;
}

/** The database as the collector writes it. */
export interface MarketStore {
  readonly writer: Pick<MarketWriter, "commit" | "fail">;
  readonly states: Pick<ExchangeStateRepository, "sizeMemory">;
  readonly lastQuotes: Pick<LastQuotes, "of">;
}

export interface RunDeps {
  readonly clock: Clock;
  readonly store: MarketStore;
  readonly epoch: number;
  readonly periodMs: number;
  readonly lifetime: AbortSignal;
}

/** One exchange over its cycles: fetch, judge, commit. What a cycle leaves is in the database. */
export class ExchangeRunner {
  readonly #exchange: Exchange;
  readonly #source: ExchangeSource;
  readonly #freezeWatch: FreezeWatch;
  readonly #deps: RunDeps;
  #failuresInRow: number;
  #pendingScale: PendingScale | null = null;
  #explain: Refreshed["explain"] = () => null;

  constructor(
    exchange: Exchange,
    parts: {
      readonly source: ExchangeSource;
      readonly freezeWatch: FreezeWatch;
      readonly failuresInRow: number;
    },
    deps: RunDeps,
  ) {
    this.#exchange = exchange;
    this.#source = parts.source;
    this.#freezeWatch = parts.freezeWatch;
    this.#failuresInRow = parts.failuresInRow;
    this.#deps = deps;
  }

  get id(): ExchangeId {
    return this.#exchange.facts.id;
  }

  /** Where a row of the last accepted batch came from; null when that batch does not show it. */
  explain(exchangeSymbol: string): Explanation | null {
    return this.#explain(exchangeSymbol);
  }

  /** Runs one cycle; null when the collector stopped meanwhile. Throws only what the database throws (EpochLost among it). */
  async cycle(): Promise<Cycle | null> {
    const { clock, periodMs, lifetime, store } = this.#deps;
    const fetched = await fetchBatch(this.#exchange, this.#source, {
      clock,
      periodMs,
      lifetime,
      deadline: true,
    });
    if (lifetime.aborted) return null;
    if (fetched.kind === "failure") return this.#fail(fetched, {});
    const { batch, tookMs, notes } = fetched;
    const size = sizeOf(batch, notes.failures);
    const memory = store.states.sizeMemory(this.id);
    const verdict = judge(size, memory, clock.nowMs());
    const rejects = rejectCounts(batch);
    const refused = { detail: null, retryAfterMs: null, tookMs } as const;
    if (verdict.kind === "refuse") {
      const { failureKind, reason: message, pending } = verdict;
      return this.#fail({ ...refused, failureKind, message, pending }, rejects);
    }
    const otherScale = memory.acceptNextSize ? null : this.#otherScale(batch);
    if (otherScale !== null)
      return this.#fail({ ...refused, failureKind: "refused_batch", message: otherScale }, rejects);
    const degradedBy =
      [verdict.degradedBy, ...notes.failures].filter((text) => text !== null).join("; ") || null;
    this.#commit(batch, {
      trustedSize: verdict.trustedSize,
      pending: verdict.pending,
      // A request that failed may be the one that carries some instruments: their absence tells nothing.
      whole: verdict.degradedBy === null && !size.partial,
      degradedBy,
      cycleMs: tookMs,
      rejects,
    });
    this.#failuresInRow = 0;
    this.#explain = batch.explain;
    const outcome = { kind: "accepted", rows: batch.quotes.length, degradedBy } as const;
    return { outcome, tookMs, rejects, pauseMs: Math.max(0, periodMs - tookMs) };
  }

  /** Why the units of a batch are not believed; null when they are. */
  #otherScale({ quotes }: Batch): string | null {
    const { clock, store } = this.#deps;
    const last = store.lastQuotes.of(this.id);
    const refusal = judgeScale(quotes, last, this.#pendingScale, clock.nowMs());
    this.#pendingScale = refusal?.pending ?? null;
    return refusal?.reason ?? null;
  }

  #commit(
    batch: Batch,
    verdict: Pick<
      Parameters<MarketWriter["commit"]>[0]["state"],
      "trustedSize" | "pending" | "degradedBy" | "cycleMs" | "rejects"
    > & {
      readonly whole: boolean;
    },
  ): void {
    const { clock, store, epoch } = this.#deps;
    const atMs = clock.nowMs();
    const { whole, ...state } = verdict;
    store.writer.commit({
      exchange: this.id,
      epoch,
      atMs,
      quotes: batch.quotes,
      frozen: this.#freezeWatch.frozen(batch.quotes, clock.monotonicMs()),
      unreadable: new Set(batch.rejects.flatMap((reject) => reject.exchangeSymbol ?? [])),
      whole,
      state: { ...state, atMs, symbols: batch.quotes.length, expected: batch.expected },
    });
  }

  #fail(
    failure: {
      readonly failureKind: FailureKind;
      readonly message: string;
      readonly detail: string | null;
      readonly retryAfterMs: number | null;
      readonly tookMs: number;
      readonly pending?: FailedState["pending"];
    },
    rejects: Readonly<Record<string, number>>,
  ): Cycle {
    const { clock, store, epoch, periodMs } = this.#deps;
    const { failureKind: kind, message, detail, retryAfterMs, tookMs } = failure;
    this.#failuresInRow += 1;
    const pauseMs = pauseAfterFailureMs({
      kind,
      failuresInRow: this.#failuresInRow,
      retryAfterMs,
      periodMs,
    });
    const atMs = clock.nowMs();
    const pending = failure.pending === undefined ? {} : { pending: failure.pending };
    store.writer.fail(epoch, this.id, {
      atMs,
      kind,
      message,
      retryAtMs: atMs + pauseMs,
      ...pending,
    });
    const outcome = { kind: "failed", failureKind: kind, message, detail } as const;
    return { outcome, tookMs, rejects, pauseMs };
  }
}
