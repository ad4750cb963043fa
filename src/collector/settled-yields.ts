import {
  type Charge,
  chargesOf,
  type SettledSlot,
  type StoredPast,
  type TimeRange,
} from "../domain/charges.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { judgedRange, type StoredRows, withEarlier } from "../domain/judged-range.ts";
import {
  SETTLED_YIELD_MS,
  settled7dAprPct,
  type SettledYield,
  settledYieldHoldsUntilMs,
} from "../domain/settled-yield.ts";
import type { Clock } from "../lib/clock.ts";
import type { SeriesKind } from "../db/history/series-repository.ts";
import type { HistoryStore } from "./history-store.ts";

/** Computed at once, in two milliseconds: a series takes 0.04 ms, one that pays every hour 0.15. */
const SERIES_PER_SLICE = 16;

/** Between two slices: refreshes come first. All 12,000 series, as after midnight, take half a minute. */
const PAUSE_MS = 20;

/** When nothing is due. A yield is stored with the next refresh of its exchange, so nothing is gained by less. */
const CHECK_EVERY_MS = 10_000;

/** By then the payment has mostly come that takes the place of the one that is too old: one computation, not two. */
const LEAVING_DELAY_MS = 10 * 60_000;

/** A yield that was not computed again for this long, although a payment has become too old, is unknown. */
const RENEWAL_MS = 60 * 60_000;

export interface SettledYieldsDeps {
  readonly history: Pick<HistoryStore, "changed" | "attempt" | "accruedHours"> & {
    readonly series: Pick<HistoryStore["series"], "listedIds" | "kindOf">;
    readonly settlements: Pick<HistoryStore["settlements"], "range" | "before">;
  };
  readonly clock: Clock;
}

/**
 * What every series paid in the last seven days: computed at the start, when one of its payments is stored or corrected,
 * and when one has become too old. Each commit stores what was computed since the last one of its exchange.
 */
export class SettledYields {
  readonly #deps: SettledYieldsDeps;
  /** When a series must be computed again although nothing was stored, unix ms. */
  readonly #dueMs = new Map<number, number>();
  readonly #pending = new Map<ExchangeId, Map<string, SettledYield>>();

  constructor(deps: SettledYieldsDeps) {
    this.#deps = deps;
  }

  /** What the next commit of an exchange is to store, by uid. */
  of(exchange: ExchangeId): ReadonlyMap<string, SettledYield> {
    return this.#pending.get(exchange) ?? NONE;
  }

  /** To be called when that is stored. */
  stored(exchange: ExchangeId): void {
    this.#pending.delete(exchange);
  }

  /** Resolves when `lifetime` has ended. Rejects as HistoryStore.attempt throws. */
  async run(lifetime: AbortSignal): Promise<void> {
    const { history, clock } = this.#deps;
    // What was stored right before the last collector ended may never have been computed.
    for (const id of history.series.listedIds()) history.changed.add(id);
    while (!lifetime.aborted) {
      const isDone = history.attempt(() => this.#slice(clock.nowMs())) ?? false;
      await clock.sleep(isDone ? CHECK_EVERY_MS : PAUSE_MS, lifetime);
    }
  }

  /** Returns whether nothing is left to compute. */
  #slice(nowMs: number): boolean {
    const { changed } = this.#deps.history;
    if (changed.size === 0) this.#addDue(nowMs);
    let left = SERIES_PER_SLICE;
    for (const id of changed) {
      if (left <= 0) return false;
      left -= this.#compute(id, nowMs);
      changed.delete(id);
    }
    return true;
  }

  #addDue(nowMs: number): void {
    for (const [id, dueMs] of this.#dueMs) if (dueMs <= nowMs) this.#deps.history.changed.add(id);
  }

  /** Returns how many series could have been computed instead. */
  #compute(id: number, nowMs: number): number {
    this.#dueMs.delete(id);
    const series = this.#deps.history.series.kindOf(id);
    if (series === null) return 1;
    const charges = this.#charges(id, series, nowMs);
    // What an exchange states as charged has been charged, although our clock may be seconds behind.
    const atMs = Math.max(nowMs, (charges.at(-1)?.slotMs ?? 0) + 1);
    const holdsUntilMs = settledYieldHoldsUntilMs(charges, atMs);
    if (Number.isFinite(holdsUntilMs)) this.#dueMs.set(id, holdsUntilMs + LEAVING_DELAY_MS);
    const aprPct = settled7dAprPct(charges, atMs);
    const pending = this.#pending.get(series.exchange) ?? new Map<string, SettledYield>();
    pending.set(series.uid, { aprPct, untilMs: holdsUntilMs + RENEWAL_MS });
    this.#pending.set(series.exchange, pending);
    // The prices of its hours are read from a week of samples.
    return series.accrual === "continuous" ? SERIES_PER_SLICE : 1;
  }

  #charges(id: number, series: SeriesKind, nowMs: number): readonly Charge[] {
    const { history } = this.#deps;
    const week = { fromMs: nowMs - SETTLED_YIELD_MS, toMs: Number.POSITIVE_INFINITY };
    const { fromMs, toMs } = week;
    const stored: StoredPast =
      series.accrual === "continuous"
        ? { kind: "accruals", hours: history.accruedHours({ id, ...series }, fromMs, toMs) }
        : { kind: "settlements", settlements: this.#settlements(id, week) };
    return chargesOf(stored);
  }

  #settlements(id: number, range: TimeRange): readonly SettledSlot[] {
    const { settlements } = this.#deps.history;
    const stored: Omit<StoredRows<SettledSlot>, "after"> = {
      timeOf: ({ slotMs }) => slotMs,
      within: ({ fromMs, toMs }) => settlements.range(id, fromMs, toMs),
      before: (atMs, count) => settlements.before(id, atMs, count),
    };
    const rows = settlements.range(id, judgedRange(range).fromMs, range.toMs);
    return withEarlier(stored, rows, range);
  }
}

const NONE: ReadonlyMap<string, SettledYield> = new Map();
