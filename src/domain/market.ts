import type { ExchangeId, ExchangeStatus, FailureKind } from "./exchange.ts";
import type { Identity } from "./asset-cluster.ts";
import { type ExchangeTerms, flagBit, type FlagBits, flagsOf } from "./flags.ts";
import { HOUR_MS } from "./funding.ts";
import type { OpportunityBook } from "./opportunity.ts";
import type { DoubtBits } from "./plausibility.ts";
import type { Accrual, AssetClass, IntervalSource } from "./quote.ts";

/** The latest accepted state of one instrument, as stored. Same units as Quote; never changed in place. */
export interface MarketRecord {
  readonly instrumentId: number;
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** Which asset this is by its price, null while no price has told. */
  readonly assetId: string | null;
  readonly identity: Identity;
  /** The one that is believed: the ticker's, unless prices contradict it. */
  readonly multiplier: number;
  readonly tickerMultiplier: number;
  readonly assetClass: AssetClass | null;
  readonly accrual: Accrual;
  readonly listedAtMs: number | null;
  readonly firstSeenMs: number;
  /** When the interval last became another one, null while it never has. */
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
  /** The last trade, only where the exchange tells neither of them. */
  readonly lastPrice: number | null;
  readonly openInterestUsd: number | null;
  readonly volume24hUsd: number | null;
  /** What the exchange states for this very listing, basis points; null where it states nothing. */
  readonly takerFeeBps: number | null;
  /** Fields that are not believed; doubted quantities are null here. */
  readonly doubts: DoubtBits;
  readonly observedAtMs: number;
}

/** What is stored about one exchange besides its rows. Times are unix milliseconds. */
export interface ExchangeState {
  readonly exchange: ExchangeId;
  readonly enabled: boolean;
  readonly commitSeq: number;
  readonly periodMs: number;
  readonly lastOkAtMs: number | null;
  readonly lastAttemptAtMs: number | null;
  readonly failureKind: FailureKind | null;
  /** In our words, which anyone may read; null when the last attempt was well. */
  readonly failure: string | null;
  readonly failuresInRow: number;
  /** In our words, why an accepted batch is not whole (a secondary request failed, fewer instruments than listed). */
  readonly degradedBy: string | null;
  readonly retryAtMs: number | null;
  /** Instruments of the last accepted batch. */
  readonly symbols: number;
  /** Instruments by the exchange's own list at that batch, null where it has no independent one. */
  readonly expected: number | null;
  /** Rejected rows of the last accepted batch, by reason. */
  readonly rejects: Readonly<Record<string, number>>;
  /** The last batch that was refused as a whole, null while none was. */
  readonly refusedAtMs: number | null;
  readonly refusal: string | null;
  /** How many times the others' its rates per hour are, in the middle; null while not comparable. */
  readonly rateScale: number | null;
  /** The share of its instruments whose open interest ends in an even digit; null while too few have one. */
  readonly evenShare: number | null;
  readonly lastCycleMs: number | null;
}

/** One row of a snapshot: a record and the flags that it has at that snapshot's time. */
export interface BoardRow {
  readonly record: MarketRecord;
  readonly flags: FlagBits;
  /**
   * When funding is charged next, never in the past. Once the record's time has passed, the next one of its interval,
   * until the exchange is asked again; null when that has not happened for so long that the row is expired.
   */
  readonly nextFundingAtMs: number | null;
}

const EXPIRED = flagBit("expired");

/** A record as it stands at `asOfMs`, on an exchange of these terms. */
export function boardRow(record: MarketRecord, asOfMs: number, terms: ExchangeTerms): BoardRow {
  const flags = flagsOf(record, asOfMs, terms);
  return { record, flags, nextFundingAtMs: comingAtMs(record, asOfMs, flags) };
}

/** Whether a row made earlier is what `boardRow` would make of its record now. */
export function isStill(row: BoardRow, asOfMs: number, terms: ExchangeTerms): boolean {
  const flags = flagsOf(row.record, asOfMs, terms);
  return row.flags === flags && row.nextFundingAtMs === comingAtMs(row.record, asOfMs, flags);
}

function comingAtMs(
  { nextFundingAtMs, fundingIntervalHours }: MarketRecord,
  asOfMs: number,
  flags: FlagBits,
): number | null {
  if (nextFundingAtMs === null || nextFundingAtMs > asOfMs) return nextFundingAtMs;
  if (fundingIntervalHours === null || (flags & EXPIRED) !== 0) return null;
  const stepMs = Math.round(fundingIntervalHours * HOUR_MS);
  return nextFundingAtMs + (Math.floor((asOfMs - nextFundingAtMs) / stepMs) + 1) * stepMs;
}

/** One exchange as of a snapshot. */
export interface ExchangeView {
  readonly exchange: ExchangeId;
  readonly status: ExchangeStatus;
  /** Why its rates are missing, in words that anyone may read; null where they are not. */
  readonly missingBecause: string | null;
  readonly symbols: number;
  /** Seconds since the newest row was observed, null before the first batch. */
  readonly ageSeconds: number | null;
  readonly state: ExchangeState;
}

/** An immutable picture of the whole market. Every answer made from it agrees with every other. */
export interface Snapshot {
  /** `<epoch>-<seq>`, equal in all processes and rising; `.k` is added when only time has passed since. */
  readonly id: string;
  readonly asOfMs: number;
  /** When the last change that it shows was stored; `asOfMs` may be later, when only time has passed. */
  readonly storedAtMs: number;
  /** Ordered by exchange, then exchange_symbol. */
  readonly rows: readonly BoardRow[];
  readonly exchanges: readonly ExchangeView[];
  /** The pairs that were known to last when this was stored. */
  readonly opportunities: OpportunityBook;
}
