import type {
  ExchangeStateRepository,
  FailedState,
} from "../db/market/exchange-state-repository.ts";
import type { LastQuotes, LastRow } from "../db/market/last-quotes.ts";
import type { MarketWriter } from "../db/market/market-writer.ts";
import type { ExchangeId, FailureKind } from "../domain/exchange.ts";
import type { Batch } from "../domain/quote.ts";
import { evenShareOf } from "../domain/parity.ts";
import type { Exchange } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import type { RequestFailure } from "../lib/request-failure.ts";
import { type Pause, retryDelayMs } from "./retry-delay.ts";
import { fetchBatch, rejectCounts } from "./fetch-batch.ts";
import type { Explainer } from "./explainer.ts";
import type { OnAccepted } from "./live-writer.ts";
import { RecordedRefresh } from "./recorded-refresh.ts";
import type { StaleFeedDetector } from "./stale-feed-detector.ts";
import { judge, sizeOf } from "./batch-gate.ts";
import { judgeScale, type PendingScale } from "./scale.ts";
import type { CycleNotes, ExchangeSource } from "./source.ts";

/** How one cycle of one exchange ended. */
export type CycleOutcome =
  | {
      readonly kind: "accepted";
      readonly rows: number;
      /** Our own wording, like `message` below. */
      readonly degradedBy: string | null;
      readonly detail: string | null;
    }
  | {
      readonly kind: "failed";
      readonly failureKind: FailureKind;
      /** Our own wording, safe to publish. */
      readonly message: string;
      /** The exchange's wording, only for the operator's log. */
      readonly detail: string | null;
    };

export interface Cycle {
  readonly outcome: CycleOutcome;
  readonly tookMs: number;
  readonly rejects: Readonly<Record<string, number>>;
  /** Symbols of a kind that the adapter does not know, each reported in the first cycle that has it. */
  readonly newKinds: readonly string[];
  /** The pause until the next cycle, counted from the end of this one without `waitedMs`. */
  readonly pauseMs: number;
  /** How long its result waited for another writer of the database. */
  readonly waitedMs: number;
}

/** The collector's write access to the database: immediate, or queued until other writers are done. */
export interface MarketStore {
  readonly writer: {
    commit(...args: Parameters<MarketWriter["commit"]>): Uint32Array | Promise<Uint32Array>;
    fail(...args: Parameters<MarketWriter["fail"]>): void | Promise<void>;
  };
  readonly states: Pick<ExchangeStateRepository, "sizeMemory">;
  readonly lastQuotes: Pick<LastQuotes, "of">;
}

export interface RunDeps {
  readonly clock: Clock;
  readonly store: MarketStore;
  readonly epoch: number;
  readonly periodMs: number;
  readonly lifetime: AbortSignal;
  /** Receives the payloads of accepted batches. */
  readonly explainer: Explainer;
  /** Called after each commit, in order. */
  readonly onAccepted?: readonly OnAccepted[];
}

/** More instruments than any exchange lists. */
const MAX_KNOWN_KINDS = 10_000;

/** Runs one exchange's cycles: fetch, judge, commit. The results are in the database. */
export class ExchangeRunner {
  readonly #exchange: Exchange;
  readonly #source: ExchangeSource;
  readonly #staleFeeds: StaleFeedDetector;
  readonly #deps: RunDeps;
  #failuresInRow: number;
  #pause: Pause | null;
  /** The failure that caused the pause. */
  #lastAnswer: RequestFailure | null = null;
  #wasComplete = true;
  #pendingScales: readonly PendingScale[] = [];
  /** Those reported already. */
  readonly #knownKinds = new Set<string>();

  constructor(
    exchange: Exchange,
    parts: {
      readonly source: ExchangeSource;
      readonly staleFeeds: StaleFeedDetector;
      readonly failuresInRow: number;
      /** The pause after the latest of these failures. */
      readonly pause: Pause | null;
    },
    deps: RunDeps,
  ) {
    this.#exchange = exchange;
    this.#source = parts.source;
    this.#staleFeeds = parts.staleFeeds;
    this.#failuresInRow = parts.failuresInRow;
    this.#pause = parts.pause;
    this.#deps = deps;
  }

  get id(): ExchangeId {
    return this.#exchange.facts.id;
  }

  /**
   * Runs one cycle; null if the collector was stopped meanwhile. A fetched batch is kept until the database accepts it,
   * and nothing newer is requested before. Throws only database errors (including EpochLost).
   */
  async cycle(): Promise<Cycle | null> {
    const refresh = new RecordedRefresh(this.#deps.explainer.budget);
    const cycle = await this.#run(refresh);
    if (cycle?.outcome.kind !== "accepted") refresh.release();
    return cycle;
  }

  async #run(refresh: RecordedRefresh): Promise<Cycle | null> {
    const { clock, periodMs, lifetime, store } = this.#deps;
    await this.#source.ready();
    if (lifetime.aborted) return null;
    const { facts } = this.#exchange;
    const fetched = await fetchBatch(
      { facts, refresh: (source) => this.#exchange.refresh(refresh.recording(source)) },
      this.#source,
      { clock, periodMs, lifetime, deadline: true },
    );
    if (lifetime.aborted) return null;
    if (fetched.kind === "failure") {
      // The cached list may be outdated and not match the new rates.
      if (fetched.failureKind === "bad_envelope") this.#source.refetchLists();
      return this.#fail(fetched, {});
    }
    const { batch, tookMs, notes } = fetched;
    const last = store.lastQuotes.of(this.id);
    const size = sizeOf(batch, notes, last);
    const memory = store.states.sizeMemory(this.id);
    const verdict = judge(size, memory, clock.nowMs());
    const rejects = rejectCounts(batch);
    const refused = { detail: null, retryAfterMs: null, answer: null, tookMs } as const;
    if (verdict.kind === "refuse") {
      this.#source.refetchLists();
      const { failureKind, reason: message, pending } = verdict;
      return this.#fail({ ...refused, failureKind, message, pending }, rejects);
    }
    const otherScale = memory.acceptNextSize ? null : this.#otherScale(batch, last);
    if (otherScale !== null)
      return this.#fail({ ...refused, failureKind: "refused_batch", message: otherScale }, rejects);
    const degradedBy =
      [verdict.degradedBy, batch.leftOut ?? null, ...notes.failures]
        .filter((text) => text !== null)
        .join("; ") || null;
    const waitedMs = await this.#commit(batch, last, refresh, notes.mayHide, {
      trustedSize: verdict.trustedSize,
      pending: verdict.pending,
      complete: verdict.complete,
      degradedBy,
      cycleMs: tookMs,
      rejects,
    });
    // Refetched only once: an exchange may lack a few instruments for days.
    if (verdict.degradedBy !== null && this.#wasComplete) this.#source.refetchLists();
    this.#wasComplete = verdict.degradedBy === null;
    this.#failuresInRow = 0;
    this.#pause = null;
    const detail = notes.details.join("; ") || null;
    const outcome = { kind: "accepted", rows: batch.quotes.length, degradedBy, detail } as const;
    const pauseMs = Math.max(0, periodMs - tookMs);
    return { outcome, tookMs, rejects, newKinds: this.#newKinds(batch), pauseMs, waitedMs };
  }

  #newKinds({ rejects }: Batch): readonly string[] {
    const symbols = rejects.flatMap(({ reason, exchangeSymbol }) =>
      reason === "unknown_kind" && exchangeSymbol !== null ? [exchangeSymbol] : [],
    );
    return symbols.filter((symbol) => {
      if (this.#knownKinds.has(symbol) || this.#knownKinds.size >= MAX_KNOWN_KINDS) return false;
      this.#knownKinds.add(symbol);
      return true;
    });
  }

  /** Why the units of a batch are implausible; null if they are not. */
  #otherScale({ quotes }: Batch, last: readonly LastRow[]): string | null {
    const { clock } = this.#deps;
    const refusal = judgeScale(quotes, last, this.#pendingScales, clock.nowMs());
    this.#pendingScales = refusal?.pending ?? [];
    return refusal?.reason ?? null;
  }

  /** Stores a batch; resolves to how long that waited. */
  async #commit(
    batch: Batch,
    before: readonly LastRow[],
    refresh: RecordedRefresh,
    mayHide: CycleNotes["mayHide"],
    verdict: Pick<
      Parameters<MarketWriter["commit"]>[0]["state"],
      "trustedSize" | "pending" | "degradedBy" | "cycleMs" | "rejects"
    > & {
      readonly complete: boolean;
    },
  ): Promise<number> {
    const { clock, store, epoch, explainer, periodMs, onAccepted = [] } = this.#deps;
    const atMs = clock.nowMs();
    const startedMs = clock.monotonicMs();
    const { complete, ...state } = verdict;
    const unreadable = new Set(batch.rejects.flatMap((reject) => reject.exchangeSymbol ?? []));
    const frozen = this.#staleFeeds.frozen(batch.quotes, clock.monotonicMs());
    const instrumentIds = await store.writer.commit({
      exchange: this.id,
      epoch,
      atMs,
      quotes: batch.quotes,
      frozen,
      isExcused: (symbol) => unreadable.has(symbol) || mayHide(symbol),
      complete,
      state: {
        ...state,
        atMs,
        symbols: batch.quotes.length,
        expected: batch.expected,
        evenShare: evenShareOf(batch.quotes.map((quote) => quote.openInterestDigit)),
      },
    });
    explainer.accepted(this.#exchange, atMs, refresh);
    const { quotes } = batch;
    const accepted = { exchange: this.id, atMs, periodMs, quotes, instrumentIds, frozen, before };
    for (const listener of onAccepted) listener(accepted);
    return clock.monotonicMs() - startedMs;
  }

  /** Counts a failure caused by the exchange and returns how long to pause. */
  #nextPauseMs(kind: FailureKind, retryAfterMs: number | null): number {
    this.#failuresInRow += 1;
    const ms = retryDelayMs({
      kind,
      failuresInRow: this.#failuresInRow,
      retryAfterMs,
      periodMs: this.#deps.periodMs,
      previous: this.#pause,
    });
    this.#pause = { kind, ms };
    return ms;
  }

  async #fail(
    failure: {
      readonly failureKind: FailureKind;
      readonly message: string;
      readonly detail: string | null;
      readonly retryAfterMs: number | null;
      readonly answer: RequestFailure | null;
      readonly tookMs: number;
      readonly pending?: FailedState["pending"];
    },
    rejects: Readonly<Record<string, number>>,
  ): Promise<Cycle> {
    const { clock, store, epoch, periodMs } = this.#deps;
    const { failureKind: kind, message, detail, tookMs } = failure;
    const { answer, retryAfterMs } = failure;
    const isKnown = answer !== null && answer === this.#lastAnswer;
    this.#lastAnswer = answer;
    // One answer lengthens the pause once, however many requests are skipped because of it.
    const pauseMs = isKnown
      ? Math.max(periodMs, retryAfterMs ?? 0)
      : this.#nextPauseMs(kind, answer === null ? retryAfterMs : answer.retryAfterMs);
    const atMs = clock.nowMs();
    const pending = failure.pending === undefined ? {} : { pending: failure.pending };
    const startedMs = clock.monotonicMs();
    await store.writer.fail(epoch, this.id, {
      atMs,
      kind,
      message,
      retryAtMs: atMs + pauseMs,
      ...pending,
    });
    const outcome = { kind: "failed", failureKind: kind, message, detail } as const;
    const waitedMs = clock.monotonicMs() - startedMs;
    return { outcome, tookMs, rejects, newKinds: [], pauseMs, waitedMs };
  }
}
