import type { ExchangeId, ExchangeStatus, FailureKind } from "./exchange.ts";
import type { Identity } from "./asset-cluster.ts";
import {
  agedFlags,
  type ExchangeTerms,
  flagBit,
  type FlagBits,
  flagsOf,
  freshUntilMs,
  validUntilMs,
} from "./flags.ts";
import { HOUR_MS } from "./funding.ts";
import type { OpportunityBook } from "./opportunity.ts";
import type { ImplausibleBits } from "./plausibility.ts";
import type { Accrual, AssetClass, IntervalSource } from "./quote.ts";

/** The latest accepted state of one instrument, as stored. Same units as Quote; immutable. */
export interface MarketRecord {
  readonly instrumentId: number;
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** The asset according to prices, null before the first price. */
  readonly assetId: string | null;
  readonly identity: Identity;
  /** The accepted multiplier: the ticker's, unless prices contradict it. Null only in a past from which it was not kept. */
  readonly multiplier: number | null;
  readonly tickerMultiplier: number;
  readonly assetClass: AssetClass | null;
  readonly accrual: Accrual;
  readonly listedAtMs: number | null;
  readonly firstSeenMs: number;
  /** When the interval last changed, null if it never did. */
  readonly intervalChangedAtMs: number | null;
  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  readonly intervalSource: IntervalSource | null;
  readonly nextFundingAtMs: number | null;
  readonly predictedRate: number | null;
  readonly instantRate: number | null;
  readonly settledRate: number | null;
  readonly settledAtMs: number | null;
  readonly rateCap: number | null;
  readonly rateFloor: number | null;
  readonly baselineRate: number | null;
  readonly settling: boolean;
  readonly frozen: boolean;
  readonly markPrice: number | null;
  readonly indexPrice: number | null;
  /** The last trade, only if the exchange publishes neither of them. */
  readonly lastPrice: number | null;
  readonly openInterestUsd: number | null;
  readonly volume24hUsd: number | null;
  /** The fee that the exchange states for this listing in basis points; null if it states none. */
  readonly takerFeeBps: number | null;
  /** What its settlements of the last seven days paid, percent a year; null: unknown. See domain/settled-yield. */
  readonly settled7dAprPct: number | null;
  /** Implausible fields; implausible quantities are null here. */
  readonly implausible: ImplausibleBits;
  readonly observedAtMs: number;
}

/** What a listing is called: its names stay the same while only its rate changes. */
type ListingNames = Pick<
  MarketRecord,
  "base" | "quote" | "exchangeSymbol" | "assetId" | "multiplier" | "tickerMultiplier"
>;

/** The listings of one exchange; the same array from snapshot to snapshot until one of them changes. */
export type ExchangeListings = readonly ListingNames[];

/** The stored state of one exchange besides its rows. Times are unix milliseconds. */
export interface ExchangeState {
  readonly exchange: ExchangeId;
  readonly enabled: boolean;
  readonly commitSeq: number;
  readonly periodMs: number;
  readonly lastOkAtMs: number | null;
  readonly lastAttemptAtMs: number | null;
  readonly failureKind: FailureKind | null;
  /** A text of ours that is safe to publish; null if the last attempt succeeded. */
  readonly failure: string | null;
  readonly failuresInRow: number;
  /** A text of ours: why an accepted batch is incomplete (a secondary request failed, fewer instruments than listed). */
  readonly degradedBy: string | null;
  readonly retryAtMs: number | null;
  /** Instruments of the last accepted batch. */
  readonly symbols: number;
  /** Instruments in the exchange's own list at that batch, null if it has no independent list. */
  readonly expected: number | null;
  /** Rejected rows of the last accepted batch, by reason. */
  readonly rejects: Readonly<Record<string, number>>;
  /** The last batch that was refused as a whole, null if none was. */
  readonly refusedAtMs: number | null;
  readonly refusal: string | null;
  /** Median ratio of its rates per hour to other exchanges'; null if not comparable. */
  readonly rateScale: number | null;
  /** The share of its instruments whose open interest ends in an even digit; null if there are too few. */
  readonly evenShare: number | null;
  readonly lastCycleMs: number | null;
}

/** One row of a snapshot: a record and its flags at the snapshot's time. */
export interface BoardRow {
  readonly record: MarketRecord;
  readonly flags: FlagBits;
  /**
   * When funding is charged next, never in the past. Once the record's time has passed, the next one by its interval
   * until the exchange is refreshed; null once the row has expired.
   */
  readonly nextFundingAtMs: number | null;
}

const EXPIRED = flagBit("expired");

/** The row of a record at `asOfMs`, on an exchange with these terms. */
export function boardRow(record: MarketRecord, asOfMs: number, terms: ExchangeTerms): BoardRow {
  const flags = flagsOf(record, asOfMs, terms);
  return { record, flags, nextFundingAtMs: comingAtMs(record, asOfMs, flags) };
}

/**
 * The row at `asOfMs` of a record that had these flags when it was stored, on an exchange refreshed every `periodMs`.
 * For a record without the inputs of its flags.
 */
export function agedRow(
  record: MarketRecord,
  stored: FlagBits,
  asOfMs: number,
  periodMs: number,
): BoardRow {
  const flags = agedFlags(stored, record, asOfMs, periodMs);
  return { record, flags, nextFundingAtMs: comingAtMs(record, asOfMs, flags) };
}

/** Whether `boardRow` would return the same for this row's record now. */
export function isStill(row: BoardRow, asOfMs: number, terms: ExchangeTerms): boolean {
  const flags = flagsOf(row.record, asOfMs, terms);
  return row.flags === flags && row.nextFundingAtMs === comingAtMs(row.record, asOfMs, flags);
}

/** A stretch of time: the first and the last moment of it, unix ms. */
export interface Span {
  fromMs: number;
  untilMs: number;
}

/** Shortens `span`, which contains `asOfMs`, to the moments at which `boardRow` returns the same for this record. */
export function shortenToSameRow(
  span: Span,
  record: MarketRecord,
  asOfMs: number,
  { periodMs }: Pick<ExchangeTerms, "periodMs">,
): void {
  const expiresAtMs = Math.floor(validUntilMs(record, periodMs)) + 1;
  shorten(span, asOfMs, Math.floor(freshUntilMs(record, periodMs)) + 1);
  shorten(span, asOfMs, expiresAtMs);
  const { nextFundingAtMs, fundingIntervalHours } = record;
  if (nextFundingAtMs === null) return;
  shorten(span, asOfMs, nextFundingAtMs);
  if (nextFundingAtMs > asOfMs || expiresAtMs <= asOfMs || fundingIntervalHours === null) return;
  const comingMs = nextSettlementMs(nextFundingAtMs, fundingIntervalHours, asOfMs);
  shorten(span, asOfMs, comingMs);
  shorten(span, asOfMs, comingMs - stepMs(fundingIntervalHours));
}

/** Cuts off the side of `changesAtMs` on which `asOfMs` is not: from that moment on the row is another one. */
function shorten(span: Span, asOfMs: number, changesAtMs: number): void {
  if (changesAtMs > asOfMs) span.untilMs = Math.min(span.untilMs, changesAtMs - 1);
  else span.fromMs = Math.max(span.fromMs, changesAtMs);
}

function comingAtMs(
  { nextFundingAtMs, fundingIntervalHours }: MarketRecord,
  asOfMs: number,
  flags: FlagBits,
): number | null {
  if (nextFundingAtMs === null || nextFundingAtMs > asOfMs) return nextFundingAtMs;
  if (fundingIntervalHours === null || (flags & EXPIRED) !== 0) return null;
  return nextSettlementMs(nextFundingAtMs, fundingIntervalHours, asOfMs);
}

/** The first settlement after `asOfMs` of an interval, after one that has passed. */
function nextSettlementMs(passedAtMs: number, intervalHours: number, asOfMs: number): number {
  const step = stepMs(intervalHours);
  return passedAtMs + (Math.floor((asOfMs - passedAtMs) / step) + 1) * step;
}

function stepMs(intervalHours: number): number {
  return Math.round(intervalHours * HOUR_MS);
}

/** One exchange as of a snapshot. */
export interface ExchangeView {
  readonly exchange: ExchangeId;
  readonly status: ExchangeStatus;
  /** Why its rates are missing, safe to publish; null if they are not. */
  readonly missingBecause: string | null;
  readonly symbols: number;
  /** Seconds since the newest row was observed, null before the first batch. */
  readonly ageSeconds: number | null;
  readonly state: ExchangeState;
}

/** What distinguishes a snapshot made of stored samples from one that was served live. */
export interface Past {
  /** Whether no sample can be added to it any more. */
  readonly isClosed: boolean;
  /** Exchanges that state fees of single listings, which were not kept: no fee is known to have applied. */
  readonly withoutFees: ReadonlySet<ExchangeId>;
  /** Whether the multiplier and class of some rows are not known: a version before kept only the last ones. */
  readonly isWithoutTerms: boolean;
  /** The bases of listings that had ended by then, in any order. */
  readonly endedBases: ReadonlySet<string>;
}

/** An immutable state of the whole market. All answers made from it are consistent. */
export interface Snapshot {
  /** See `snapshotId`; of the past, `pastSnapshotId`. */
  readonly id: string;
  readonly asOfMs: number;
  /** When its last change was stored; `asOfMs` is later if only time has passed. */
  readonly storedAtMs: number;
  /** Ordered by exchange, then exchange_symbol. */
  readonly rows: readonly BoardRow[];
  /** Those of `rows` in the same order, by exchange. */
  readonly listings: readonly ExchangeListings[];
  readonly exchanges: readonly ExchangeView[];
  /** The open opportunities when this was stored; none in a snapshot of the past, which does not know them. */
  readonly opportunities: OpportunityBook;
  /** Set if it was made of samples. */
  readonly past?: Past;
}
