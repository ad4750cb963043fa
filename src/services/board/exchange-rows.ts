import type { ExchangeId } from "../../domain/exchange.ts";
import type { ExchangeTerms } from "../../domain/flags.ts";
import {
  boardRow,
  type BoardRow,
  type ExchangeListings,
  isStill,
  type MarketRecord,
  shortenToSameRow,
  type Span,
} from "../../domain/market.ts";
import { exchangeTerms } from "./exchange-terms.ts";

/** An exchange counts as frozen when this share of its rows does. */
export const FROZEN_SHARE = 0.5;

/** Rows as of any moment of a span. */
interface DatedRows extends Readonly<Span> {
  readonly rows: readonly BoardRow[];
}

/**
 * The rows of one exchange's last commit. Only few change with time alone, so it is known until when none does: a
 * snapshot in that time takes the rows as they are. Those of a later moment can be made ahead of it.
 */
export class ExchangeRows {
  readonly commitSeq: number;
  /** When its newest row was observed; -Infinity without rows. */
  readonly newestMs: number;
  /** Whether its own clock has stopped. */
  readonly isFrozen: boolean;
  readonly listings: ExchangeListings;
  readonly #exchange: ExchangeId;
  #terms: ExchangeTerms;
  #now: DatedRows;
  #ahead: DatedRows | null = null;

  /** Of an exchange that is refreshed every `periodMs`; its rows are as of `asOfMs`. */
  constructor(
    exchange: ExchangeId,
    commit: {
      readonly commitSeq: number;
      readonly rows: readonly MarketRecord[];
      readonly listings: ExchangeListings;
    },
    { periodMs, asOfMs }: { readonly periodMs: number; readonly asOfMs: number },
  ) {
    this.commitSeq = commit.commitSeq;
    this.listings = commit.listings;
    this.#exchange = exchange;
    this.#terms = exchangeTerms(exchange, periodMs);
    let newestMs = Number.NEGATIVE_INFINITY;
    let frozen = 0;
    const span = always();
    const rows: BoardRow[] = [];
    for (const record of commit.rows) {
      newestMs = Math.max(newestMs, record.observedAtMs);
      if (record.frozen) frozen += 1;
      shortenToSameRow(span, record, asOfMs, this.#terms);
      rows.push(boardRow(record, asOfMs, this.#terms));
    }
    this.newestMs = newestMs;
    this.isFrozen = rows.length > 0 && frozen >= rows.length * FROZEN_SHARE;
    this.#now = { rows, ...span };
  }

  get rows(): readonly BoardRow[] {
    return this.#now.rows;
  }

  /** Makes `rows` those at `asOfMs`; unchanged ones keep their objects. Returns whether any has changed. */
  moveTo(asOfMs: number, periodMs: number): boolean {
    this.#setPeriod(periodMs);
    if (contains(this.#now, asOfMs)) return false;
    const before = this.#now.rows;
    this.prepare(asOfMs);
    this.#now = this.#ahead ?? this.#now;
    this.#ahead = null;
    return this.#now.rows !== before;
  }

  /** Makes the rows of a later moment unless they are known. Returns how many were looked at. */
  prepare(asOfMs: number): number {
    if (contains(this.#now, asOfMs)) return 0;
    if (this.#ahead !== null && contains(this.#ahead, asOfMs)) return 0;
    this.#ahead = datedRows(this.#now.rows, asOfMs, this.#terms);
    return this.#now.rows.length;
  }

  #setPeriod(periodMs: number): void {
    if (periodMs === this.#terms.periodMs) return;
    this.#terms = exchangeTerms(this.#exchange, periodMs);
    this.#now = { ...NEVER, rows: this.#now.rows };
    this.#ahead = null;
  }
}

/** The span of rows that hold at no moment. */
const NEVER: Readonly<Span> = {
  fromMs: Number.POSITIVE_INFINITY,
  untilMs: Number.NEGATIVE_INFINITY,
};

function always(): Span {
  return { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };
}

function contains({ fromMs, untilMs }: DatedRows, atMs: number): boolean {
  return fromMs <= atMs && atMs <= untilMs;
}

function datedRows(rows: readonly BoardRow[], asOfMs: number, terms: ExchangeTerms): DatedRows {
  const span = always();
  let hasChanged = false;
  const dated: BoardRow[] = [];
  for (const row of rows) {
    shortenToSameRow(span, row.record, asOfMs, terms);
    const isSame = isStill(row, asOfMs, terms);
    if (!isSame) hasChanged = true;
    dated.push(isSame ? row : boardRow(row.record, asOfMs, terms));
  }
  return { rows: hasChanged ? dated : rows, ...span };
}
