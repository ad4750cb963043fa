import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { BoardRow, MarketRecord, Snapshot } from "../../src/domain/market.ts";
import { DELISTED_AFTER_BATCHES } from "../../src/domain/instrument-lifecycle.ts";
import type { FlagBits } from "../../src/domain/flags.ts";
import type { BoardView } from "../../src/services/board/board-view.ts";
import {
  LOOK_BACK_MS,
  type NoPastBoard,
  type PastBoard,
  type PastListings,
  type PastMarket,
  textColumn,
  textsOf,
} from "../../src/services/history/past-market.ts";

const PERIOD_MS = 60_000;

/** One accepted refresh of an exchange: the rows that were in it, with the flags they had then. */
interface Refresh {
  readonly exchange: ExchangeId;
  readonly atMs: number;
  readonly rows: readonly BoardRow[];
}

/** What changed between two refreshes. */
interface Event {
  readonly uid: string;
  readonly atMs: number;
  readonly kind: "ended" | { readonly flags: FlagBits; readonly assetId: string | null };
}

/** A row at the moment that is asked for. */
interface Row {
  readonly record: MarketRecord;
  readonly flags: FlagBits;
  readonly sampledAtMs: number;
}

/** A store of samples as plain as possible: everything is looked through for each board. */
export class SamplesInMemory implements PastMarket {
  readonly #refreshes: Refresh[] = [];
  readonly #events: Event[] = [];
  readonly #keepsFees: boolean;
  /** How many boards were read. */
  reads = 0;

  constructor({ keepsFees = false }: { readonly keepsFees?: boolean } = {}) {
    this.#keepsFees = keepsFees;
  }

  /** A store with one refresh of each exchange in the snapshot, at `atMs`. */
  static of({ rows, exchanges }: Snapshot, atMs: number): SamplesInMemory {
    const samples = new SamplesInMemory();
    const byExchange = Map.groupBy(rows, ({ record }) => record.exchange);
    for (const { exchange, status } of exchanges)
      if (status !== "off") samples.refresh(exchange, atMs, byExchange.get(exchange) ?? []);
    return samples;
  }

  refresh(exchange: ExchangeId, atMs: number, rows: readonly BoardRow[]): void {
    this.#refreshes.push({ exchange, atMs, rows });
  }

  end(uid: string, atMs: number): void {
    this.#events.push({ uid, atMs, kind: "ended" });
  }

  review(uid: string, atMs: number, flags: FlagBits, assetId: string | null): void {
    this.#events.push({ uid, atMs, kind: { flags, assetId } });
  }

  at(atMs: number): Promise<PastBoard | NoPastBoard> {
    this.reads += 1;
    const isIn = (oneMs: number) => oneMs <= atMs && oneMs > atMs - LOOK_BACK_MS;
    const until = this.#refreshes.filter((refresh) => isIn(refresh.atMs));
    if (until.length === 0) {
      const firstMs = Math.min(...this.#refreshes.map((refresh) => refresh.atMs));
      return Promise.resolve({ firstMs: Number.isFinite(firstMs) ? firstMs : null });
    }
    const ids = [...new Set(until.map(({ exchange }) => exchange))].toSorted();
    const exchanges = ids.map((exchange) => this.#listings(exchange, until, atMs));
    const shown = new Set(exchanges.flatMap(({ base }) => textsOf(base)));
    const begun = this.#refreshes.filter((refresh) => refresh.atMs <= atMs);
    const bases = begun.flatMap(({ rows }) => rows.map(({ record }) => record.base));
    const otherBases = textColumn([...new Set(bases)].filter((base) => !shown.has(base)));
    return Promise.resolve({ atMs, exchanges, otherBases });
  }

  #listings(exchange: ExchangeId, until: readonly Refresh[], atMs: number): PastListings {
    const refreshes = until.filter((refresh) => refresh.exchange === exchange).toSorted(byTime);
    const last = new Map<string, Row>();
    for (const { rows, atMs: sampledAtMs } of refreshes)
      for (const { record, flags } of rows) last.set(record.uid, { record, flags, sampledAtMs });
    for (const { uid, atMs: eventMs, kind } of this.#events.toSorted(byTime)) {
      const row = last.get(uid);
      if (row === undefined || eventMs > atMs || eventMs < row.sampledAtMs) continue;
      if (kind === "ended") last.delete(uid);
      else
        last.set(uid, {
          ...row,
          flags: kind.flags,
          record: { ...row.record, assetId: kind.assetId },
        });
    }
    const times = refreshes.map((refresh) => refresh.atMs);
    const missed = ({ sampledAtMs }: Row) => times.filter((oneMs) => oneMs > sampledAtMs).length;
    const rows = [...last.values()]
      .filter((row) => missed(row) < DELISTED_AFTER_BATCHES)
      .toSorted(bySymbol);
    const refreshedAtMs = Math.max(...refreshes.map((refresh) => refresh.atMs));
    const facts = { exchange, refreshedAtMs, isDamaged: false, periodMs: PERIOD_MS };
    return { ...columnsOf(rows, this.#keepsFees), ...facts };
  }
}

/** A history in which the rows that a board shows now were sampled at every moment that is asked for. */
export function sampledAlways(board: Pick<BoardView, "current">): PastMarket {
  return {
    at(atMs) {
      const snapshot = board.current();
      return snapshot === null
        ? Promise.resolve({ firstMs: null })
        : SamplesInMemory.of(snapshot, atMs).at(atMs);
    },
  };
}

function columnsOf(
  rows: readonly Row[],
  keepsFees: boolean,
): Omit<PastListings, "exchange" | "refreshedAtMs" | "isDamaged" | "periodMs"> {
  const texts = (read: (record: MarketRecord) => string | null) =>
    textColumn(rows.map(({ record }) => read(record)));
  const numbers = (read: (record: MarketRecord) => number | null) =>
    Float64Array.from(rows, ({ record }) => read(record) ?? Number.NaN);
  return {
    seriesId: Uint32Array.from(rows, (_row, index) => index + 1),
    uid: texts(({ uid }) => uid),
    exchangeSymbol: texts(({ exchangeSymbol }) => exchangeSymbol),
    base: texts(({ base }) => base),
    quote: texts(({ quote }) => quote),
    settle: texts(({ settle }) => settle),
    assetId: texts(({ assetId }) => assetId),
    assetClass: texts(({ assetClass }) => assetClass),
    accrual: texts(({ accrual }) => accrual),
    multiplier: numbers(({ multiplier }) => multiplier),
    sampledAtMs: Float64Array.from(rows, ({ sampledAtMs }) => sampledAtMs),
    rate: numbers(({ fundingRate }) => fundingRate),
    intervalHours: numbers(({ fundingIntervalHours }) => fundingIntervalHours),
    nextFundingAtMs: numbers(({ nextFundingAtMs }) => nextFundingAtMs),
    markPrice: numbers(({ markPrice }) => markPrice),
    indexPrice: numbers(({ indexPrice }) => indexPrice),
    openInterestUsd: numbers(({ openInterestUsd }) => openInterestUsd),
    volume24hUsd: numbers(({ volume24hUsd }) => volume24hUsd),
    flags: Uint32Array.from(rows, ({ flags }) => flags),
    takerFeeBps: keepsFees ? numbers(({ takerFeeBps }) => takerFeeBps) : null,
  };
}

function byTime(left: { readonly atMs: number }, right: { readonly atMs: number }): number {
  return left.atMs - right.atMs;
}

function bySymbol({ record: left }: Row, { record: right }: Row): number {
  return left.exchangeSymbol < right.exchangeSymbol ? -1 : 1;
}
