import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import {
  MARKET_EVERY_S,
  roundedAmount,
  roundedHours,
  roundedRate,
  roundedSeconds,
  type Sample,
} from "../../domain/sample.ts";
import { seal, versionBytes } from "./codec/envelope.ts";
import { refreshBody, type RefreshColumns } from "./codec/refresh.ts";
import type { HistoryEpochRepository } from "./epoch-repository.ts";
import { FutureSamples } from "./future-samples.ts";
import { hourOf, secondsOf } from "./sample-times.ts";
import { SampleStore } from "./sample-store.ts";
import type { SampledRefresh, SampledRow, SampledSeries } from "./sampled-refresh.ts";
import { SeriesEvents } from "./series-events.ts";
import type { SeriesRepository } from "./series-repository.ts";

/**
 * What became of a refresh: `late` if the clock went back, or its hour is closed; `same_second` if one of that second is
 * stored: the next one follows at once where a refresh took longer than its period; `undescribed` if its listings are
 * not known (any more) and it does not describe them.
 */
export type WrittenRefresh = "stored" | "late" | "same_second" | "undescribed";

/** How much is known of the time of a refresh. */
export interface SampledTime {
  /** Whether an exchange has stated the same time: what is stored with a later one has a wrong time then. */
  readonly isTimeConfirmed: boolean;
}

/** Samples that were removed, unix seconds. */
export interface RemovedSamples {
  readonly from: number;
  readonly to: number;
}

/** Confirmed times are right to a minute, those of the stored samples as well. */
const FUTURE_S = 120;

/** What the writer remembers of the newest refresh of an exchange. */
interface Newest {
  readonly refresh: RefreshColumns;
  /** The period of the last prices and amounts, by series id. */
  readonly marketPeriods: Map<number, number>;
}

/** The listings of an exchange under the ids of the history. */
interface Described {
  readonly listings: object;
  readonly ids: Uint32Array;
  /** The flags that were last stored, UNKNOWN_FLAGS if there are none. */
  readonly flags: Int32Array;
}

const UNKNOWN_FLAGS = -1;

interface Row {
  readonly id: number;
  readonly sample: Sample;
}

/**
 * Stores the samples of accepted batches: one blob per exchange and refresh, with what differs from the one before. The
 * first of each hour, and the first after a start, is read by itself.
 */
export class SampleWriter {
  readonly #epochs: HistoryEpochRepository;
  readonly #series: SeriesRepository;
  readonly #events: SeriesEvents;
  readonly #store: SampleStore;
  readonly #future: FutureSamples;
  readonly #program;
  readonly #onRemoved;
  readonly #described = new Map<ExchangeId, Described>();
  readonly #newest = new Map<ExchangeId, Newest>();
  /** The last second that is stored, from before this writer's first refresh. */
  readonly #storedUntil = new Map<ExchangeId, number>();

  constructor(
    db: Database,
    parts: {
      readonly epochs: HistoryEpochRepository;
      readonly series: SeriesRepository;
      readonly programVersion: string;
      /** Notified of samples that were removed because their time was in the future. */
      readonly onRemoved: (exchange: ExchangeId, removed: RemovedSamples) => void;
    },
  ) {
    this.#epochs = parts.epochs;
    this.#series = parts.series;
    this.#events = new SeriesEvents(db);
    this.#store = new SampleStore(db);
    this.#future = new FutureSamples(db);
    this.#program = versionBytes(parts.programVersion);
    this.#onRemoved = parts.onRemoved;
  }

  /**
   * Stores a refresh completely or not at all, in a transaction of its own; before that it removes, if the time is
   * confirmed, what is stored with a later one. Throws EpochLost if another collector has taken over.
   */
  write(
    epoch: number,
    exchange: ExchangeId,
    atMs: number,
    refresh: SampledRefresh,
    { isTimeConfirmed }: SampledTime = { isTimeConfirmed: false },
  ): WrittenRefresh {
    const at = secondsOf(atMs);
    if (isTimeConfirmed && this.#lastOf(exchange) > at + FUTURE_S)
      this.#removeFrom(epoch, exchange, at + FUTURE_S);
    const last = this.#lastOf(exchange);
    if (at < last || at < this.#store.hoursEnd(exchange)) return "late";
    if (at === last) return "same_second";
    const { listings, series } = refresh;
    const known = this.#described.get(exchange);
    const described = known?.listings === listings ? known : null;
    if (described === null && series === null) return "undescribed";
    try {
      this.#epochs.writeUncounted(epoch, () => {
        const of = described ?? this.#describe(exchange, at, { listings, series: series ?? [] });
        this.#described.set(exchange, of);
        this.#newest.set(exchange, this.#storeRefresh(exchange, at, of, refresh.rows));
      });
      return "stored";
    } catch (error) {
      this.#forget(exchange);
      throw error;
    }
  }

  /** The memory may be ahead of the file: the next refresh starts anew. */
  #forget(exchange: ExchangeId): void {
    this.#newest.delete(exchange);
    this.#storedUntil.delete(exchange);
    this.#described.delete(exchange);
  }

  /** Removes samples with a wrong time, later than all right ones. An hour or a day that has both is kept. */
  #removeFrom(epoch: number, exchange: ExchangeId, from: number): void {
    const to = this.#lastOf(exchange);
    if (!this.#epochs.write(epoch, () => this.#future.remove(exchange, from))) return;
    this.#forget(exchange);
    this.#onRemoved(exchange, { from, to });
  }

  #lastOf(exchange: ExchangeId): number {
    return this.#newest.get(exchange)?.refresh.at ?? this.#storedBefore(exchange);
  }

  #storedBefore(exchange: ExchangeId): number {
    const known = this.#storedUntil.get(exchange) ?? this.#store.newest(exchange) ?? 0;
    this.#storedUntil.set(exchange, known);
    return known;
  }

  /** Creates and updates the series of listings, and notes from when on they are what they are. */
  #describe(
    exchange: ExchangeId,
    at: number,
    { listings, series }: { readonly listings: object; readonly series: readonly SampledSeries[] },
  ): Described {
    const stored = this.#series.ofExchange(exchange);
    const noted = this.#events.noted(exchange, at);
    const ids = new Uint32Array(series.length);
    const flags = new Int32Array(series.length).fill(UNKNOWN_FLAGS);
    for (const [place, { series: description, assetId }] of series.entries()) {
      const one = this.#series.ensure(description, stored.get(description.uid) ?? null);
      const before = noted.get(one.id);
      this.#events.describe(one, assetId, at, before);
      ids[place] = one.id;
      if (before?.flags !== undefined && before.flags !== null) flags[place] = before.flags;
    }
    return { listings, ids, flags };
  }

  #storeRefresh(
    exchange: ExchangeId,
    at: number,
    described: Described,
    sampled: readonly SampledRow[],
  ): Newest {
    const before = this.#newest.get(exchange) ?? null;
    const isKey = before === null || hourOf(before.refresh.at) !== hourOf(at);
    const rows = this.#rows(at, described, sampled);
    const period = Math.floor(at / MARKET_EVERY_S);
    const due = isKey ? null : dueFor(before, period, at);
    const refresh = columnsOf(at, rows, (id) => due === null || due(id));
    const body = refreshBody(refresh, isKey ? null : before.refresh);
    this.#store.addRefresh(exchange, at, seal("refresh", body, this.#program));
    // Changed in place: after a failure it is not used again.
    const marketPeriods = before?.marketPeriods ?? new Map<number, number>();
    for (const index of refresh.market.at) marketPeriods.set(refresh.ids[index] ?? 0, period);
    return { refresh, marketPeriods };
  }

  /** The samples that have a rate, in the order of their series' ids. */
  #rows(
    at: number,
    { ids, flags: known }: Described,
    sampled: readonly SampledRow[],
  ): readonly Row[] {
    const rows: Row[] = [];
    let isAscending = true;
    for (const { place, sample, flags } of sampled) {
      if (!Number.isFinite(sample.rate)) continue;
      const id = ids[place];
      if (id === undefined) throw new Error("assertion failed: a sample without a listing");
      if (known[place] !== flags) {
        this.#events.setFlags(id, at, flags);
        known[place] = flags;
      }
      isAscending &&= id > (rows.at(-1)?.id ?? 0);
      rows.push({ id, sample });
    }
    return isAscending ? rows : sorted(rows);
  }
}

/** Rows in the order of their ids, of several with one id the last. */
function sorted(rows: readonly Row[]): readonly Row[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return [...byId.values()].toSorted((one, other) => one.id - other.id);
}

/** Whether prices and amounts of a series are due: once in each period, and after a settlement. */
function dueFor(
  { refresh, marketPeriods }: Newest,
  period: number,
  at: number,
): (id: number) => boolean {
  const settled = new Set<number>();
  refresh.nextTimes.forEach((next, index) => {
    if (next > refresh.at && next <= at) settled.add(refresh.ids[index] ?? 0);
  });
  return (id) => marketPeriods.get(id) !== period || settled.has(id);
}

function columnsOf(
  at: number,
  rows: readonly Row[],
  isDue: (id: number) => boolean,
): RefreshColumns {
  const count = rows.length;
  const ids = new Uint32Array(count);
  const rates = new Float64Array(count);
  const intervals = new Float64Array(count);
  const nextTimes = new Float64Array(count);
  const due: number[] = [];
  rows.forEach(({ id, sample }, index) => {
    ids[index] = id;
    rates[index] = roundedRate(sample.rate);
    intervals[index] = roundedHours(sample.intervalHours) ?? Number.NaN;
    nextTimes[index] = roundedSeconds(sample.nextFundingAtMs) ?? Number.NaN;
    if (isDue(id)) due.push(index);
  });
  return { at, ids, rates, intervals, nextTimes, market: marketOf(rows, due) };
}

function marketOf(rows: readonly Row[], due: readonly number[]): RefreshColumns["market"] {
  const column = (field: "markPrice" | "indexPrice" | "openInterestUsd" | "volume24hUsd") => {
    const values = new Float64Array(due.length);
    due.forEach((index, place) => {
      values[place] = roundedAmount(rows[index]?.sample[field] ?? null) ?? Number.NaN;
    });
    return values;
  };
  return {
    at: Uint32Array.from(due),
    markPrices: column("markPrice"),
    indexPrices: column("indexPrice"),
    openInterestUsd: column("openInterestUsd"),
    volume24hUsd: column("volume24hUsd"),
  };
}
