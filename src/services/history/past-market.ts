import type { ExchangeId } from "../../domain/exchange.ts";
import { HOUR_MS } from "../../domain/funding.ts";

/**
 * The market as it was at a moment, made of samples. A board is plain data of flat columns, because it crosses a thread
 * boundary: numbers are handed over, and a text per column is copied in a hundredth of the time that one per row takes.
 */

/** A number of each row; NaN: unknown then. */
type NumberColumn = Float64Array<ArrayBuffer>;

/** The texts of all rows, see `textColumn`. */
type TextColumn = string;

/** No name contains it: symbols with control characters are rejected. */
const SEPARATOR = "\0";

/** The texts of a column as one; null and an empty text are the same. */
export function textColumn(texts: readonly (string | null)[]): TextColumn {
  return texts.join(SEPARATOR);
}

/** The texts of a column; empty where unknown. */
export function textsOf(column: TextColumn): readonly string[] {
  return column.split(SEPARATOR);
}

/**
 * The listings of one exchange that were listed at the moment, ordered by exchange_symbol: those sampled by then, and in
 * the look-back, that were not yet found delisted. Nothing stored after the moment is in them.
 */
export interface PastListings {
  readonly exchange: ExchangeId;
  /** When the last refresh up to the moment was accepted, unix ms. */
  readonly refreshedAtMs: number;
  /** Whether some samples could not be read, so that rows may be missing. */
  readonly isDamaged: boolean;
  /** How often it was refreshed then, ms. */
  readonly periodMs: number;
  readonly seriesId: Uint32Array<ArrayBuffer>;
  readonly uid: TextColumn;
  readonly exchangeSymbol: TextColumn;
  readonly base: TextColumn;
  readonly quote: TextColumn;
  readonly settle: TextColumn;
  /** Null: no price had identified it. */
  readonly assetId: TextColumn;
  /** An empty text: no exchange states one. */
  readonly assetClass: TextColumn;
  readonly accrual: TextColumn;
  /** Unknown where it was not kept; the class is, too, then. */
  readonly multiplier: NumberColumn;
  /** When the row was sampled, unix ms. */
  readonly sampledAtMs: NumberColumn;
  /** Never unknown. */
  readonly rate: NumberColumn;
  readonly intervalHours: NumberColumn;
  readonly nextFundingAtMs: NumberColumn;
  readonly markPrice: NumberColumn;
  readonly indexPrice: NumberColumn;
  /** US dollars, as are volumes; unknown where they were shown as unknown because they were not plausible. */
  readonly openInterestUsd: NumberColumn;
  readonly volume24hUsd: NumberColumn;
  /** The last known flags, as bits in the order of FLAGS; those that time adds may be missing. */
  readonly flags: Uint32Array<ArrayBuffer>;
  /** The fee that the exchange stated for the listing, basis points; null: such fees were not kept. */
  readonly takerFeeBps: NumberColumn | null;
}

/** A board at a moment, unix ms; with how often each exchange is refreshed, as far as that is known. */
export interface BoardQuery {
  readonly atMs: number;
  readonly periodsMs: { readonly [Id in ExchangeId]?: number };
}

export interface PastBoard {
  /** The moment that it shows, unix ms, whole seconds: at most the requested one. */
  readonly atMs: number;
  /** Ordered by id; exchanges without an accepted refresh in the look-back are left out. */
  readonly exchanges: readonly PastListings[];
  /** The bases of listings that had begun by then and are not in it. */
  readonly otherBases: TextColumn;
}

/** The answer if nothing was recorded in the look-back: the first moment with a sample, unix ms; null without any. */
export interface NoPastBoard {
  readonly firstMs: number | null;
}

export interface PastMarket {
  /** The board at `atMs`, a moment of `shownMomentMs`. */
  at(atMs: number): Promise<PastBoard | NoPastBoard>;
}

/** A service without a history. */
export const NO_PAST_MARKET: PastMarket = { at: () => Promise.resolve({ firstMs: null }) };

const DAY_MS = 24 * HOUR_MS;

/**
 * A sample older than this is not part of a board: what it says of the moment is no longer worth a row. Twice the age at
 * which a row of the slowest exchange, refreshed once an hour, becomes stale.
 */
export const LOOK_BACK_MS = 6 * HOUR_MS;

/** Moments are exact for this long; before that, the board of each full hour is kept. */
export const EXACT_FOR_MS = 35 * DAY_MS;

/**
 * From this age on, no sample of a moment is added any more: a refresh ends before the next one is due, at most an hour
 * later.
 */
export const CLOSED_AFTER_MS = HOUR_MS;

/** The moment that is shown for `askedMs` at `nowMs`: itself, in older months the full hour before it. */
export function shownMomentMs(askedMs: number, nowMs: number): number {
  return nowMs - askedMs <= EXACT_FOR_MS ? askedMs : Math.floor(askedMs / HOUR_MS) * HOUR_MS;
}

/** Whether no sample of this moment is added any more. */
export function isClosedAt(atMs: number, nowMs: number): boolean {
  return nowMs - atMs >= CLOSED_AFTER_MS;
}
