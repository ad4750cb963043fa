import { z } from "zod";
import {
  HOUR_MS,
  HOURS_PER_DAY,
  MAX_ABS_RATE,
  MAX_INTERVAL_HOURS,
  NEXT_TIME_LIMIT_MS,
} from "../domain/funding.ts";
import type { IntervalSource, Quote, Reject, RejectReason } from "../domain/quote.ts";
import { RequestFailure } from "../lib/request-failure.ts";

/** Pieces that adapters share to read payloads. A string and a number both pass where exchanges mix them. */

/** A number as exchanges write it; "", null, a missing key and any other JSON type mean unknown. */
export const numeric = z.union([z.string(), z.number()]).nullish().catch(null);
export type Numeric = z.infer<typeof numeric>;

/** A text that may be missing. */
export const text = z.string().nullish();

/** Decimal digits, no other notation that the language knows: "0x1" is a hundred per cent to it, and junk to us. */
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** Reads a number for which 0 is a value (a rate, a volume, an open interest). Unknown or not finite: null. */
export function numberOf(value: Numeric): number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" && !DECIMAL.test(value)) return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
}

/** Reads a number for which 0 is a hole (a price, a time, a contract size) and negatives are nonsense. */
export function positiveOf(value: Numeric): number | null {
  const parsed = numberOf(value);
  return parsed !== null && parsed > 0 ? parsed : null;
}

/** Reads a quantity (volume, open interest): 0 is a value, a negative one is nonsense. */
export function quantityOf(value: Numeric): number | null {
  const parsed = numberOf(value);
  return parsed !== null && parsed >= 0 ? parsed : null;
}

/** 2009-01-01 and 2100-01-01 in unix ms: a number outside is no time, or is in another unit. */
const EARLIEST_EPOCH_MS = 1_230_768_000_000;
const LATEST_EPOCH_MS = 4_102_444_800_000;

/** Reads a unix time in ms that nothing else checks (a listing, a stamp of a reply); nonsense: null. */
export function epochMsOf(value: Numeric): number | null {
  const parsed = numberOf(value);
  return parsed !== null && parsed >= EARLIEST_EPOCH_MS && parsed < LATEST_EPOCH_MS ? parsed : null;
}

const NS_PER_MS = 1_000_000;
/** Whole nanoseconds: more than a double holds, so six digits are cut instead. */
const WHOLE_NANOSECONDS = /^\d{7,}$/;

/** Reads a time in nanoseconds, as a text or a number, in whole ms; unknown: null. */
export function msOfNanoseconds(value: Numeric): number | null {
  if (typeof value === "string" && WHOLE_NANOSECONDS.test(value)) return Number(value.slice(0, -6));
  const parsed = numberOf(value);
  return parsed === null ? null : Math.floor(parsed / NS_PER_MS);
}

/** Reads the upper bound of a rate: above 0, at most 100 %; anything else is unknown. */
export function rateCapOf(value: Numeric): number | null {
  const parsed = numberOf(value);
  return parsed !== null && parsed > 0 && parsed <= MAX_ABS_RATE ? parsed : null;
}

/** Reads the lower bound of a rate: below 0, at least -100 %; anything else is unknown. */
export function rateFloorOf(value: Numeric): number | null {
  const parsed = numberOf(value);
  return parsed !== null && parsed < 0 && parsed >= -MAX_ABS_RATE ? parsed : null;
}

/** a x b (x c): null when any of them is unknown. */
export function product(...factors: readonly (number | null)[]): number | null {
  let result = 1;
  for (const factor of factors) {
    if (factor === null) return null;
    result *= factor;
  }
  return Number.isFinite(result) ? result : null;
}

/** The shortest interval in use is an hour; a tenth of it is a unit error. */
const MIN_INTERVAL_HOURS = 0.1;

/** A funding interval in hours; null where unknown or outside 0.1 to 24. */
export function intervalHoursOf(value: Numeric, unitsPerHour = 1): number | null {
  const parsed = positiveOf(value);
  if (parsed === null) return null;
  const hours = parsed / unitsPerHour;
  return hours >= MIN_INTERVAL_HOURS && hours <= MAX_INTERVAL_HOURS ? hours : null;
}

/** A row that cannot be used. Caught by `collectRows`, never by anyone else. */
export class RowReject extends Error {
  readonly reason: RejectReason;
  constructor(reason: RejectReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** A rate that must be there: a fraction of notional, at most 100 % per interval. */
export function rateOf(value: Numeric, field: string): number {
  const parsed = numberOf(value);
  if (parsed === null) throw new RowReject("bad_rate", `${field} is not a number`);
  if (Math.abs(parsed) > MAX_ABS_RATE)
    throw new RowReject("implausible_rate", `${field} is over ${MAX_ABS_RATE}`);
  return parsed;
}

/** A published bound of the rate, as a size: a fraction above 0, at most 100 % per interval. Else null. */
export function rateBoundOf(value: Numeric): number | null {
  const bound = positiveOf(value);
  return bound !== null && bound <= MAX_ABS_RATE ? bound : null;
}

/** How far past one interval a next time may lie before it contradicts the interval. */
const NEXT_TIME_GRACE_MS = 10 * 60_000;

/**
 * A next time that is past by more than 48 h belongs to a contract that nobody settles any more. No contract is
 * left in a list for longer than a year and a margin; the smallest error of unit (s for ms) is past by decades.
 */
const DEAD_CONTRACT_LIMIT_MS = 400 * HOURS_PER_DAY * HOUR_MS;

/** The interval of a row and where it is from. */
export interface RowInterval {
  readonly hours: number | null;
  readonly source: IntervalSource;
  /** It came in another reply than the next time, and may be older. */
  readonly cached?: boolean;
}

export type FundingTimes = Pick<
  Quote,
  "fundingIntervalHours" | "intervalSource" | "nextFundingAtMs"
>;

/**
 * Interval and published next funding time (unix ms, null where unknown) of one row observed at `atMs`, as far as
 * they agree. A past next time is kept: it says until when the rate was good. One later than an interval plus a grace
 * contradicts the interval: a cached interval is then out of date and null, else both are null, for either may be wrong.
 * Null for a dead contract, whose next time is past by over 48 h. Throws RowReject when it is in another unit.
 */
export function fundingTimesOf(
  nextMs: number | null,
  atMs: number,
  interval: RowInterval,
  field: string,
): FundingTimes | null {
  const { hours, source, cached = false } = interval;
  const aheadMs = nextMs === null ? 0 : nextMs - atMs;
  if (aheadMs > NEXT_TIME_LIMIT_MS || aheadMs < -DEAD_CONTRACT_LIMIT_MS) {
    throw new RowReject("bad_next_time", `${field} is more than 48 h from the observation`);
  }
  if (aheadMs < -NEXT_TIME_LIMIT_MS) return null;
  if (hours !== null && aheadMs > hours * HOUR_MS + NEXT_TIME_GRACE_MS) {
    const nextFundingAtMs = cached ? nextMs : null;
    return { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs };
  }
  return {
    fundingIntervalHours: hours,
    intervalSource: hours === null ? null : source,
    nextFundingAtMs: nextMs,
  };
}

/** Rows of one payload that passed their schema, and those that did not. */
export interface Rows<T> {
  readonly rows: readonly T[];
  readonly rejects: readonly Reject[];
}

/**
 * Checks each row of a list on its own: a bad row becomes a reject and costs nothing else.
 * An empty list is never believable for a whole exchange and fails as a bad envelope.
 */
export function decodeRows<S extends z.ZodType>(
  schema: S,
  list: unknown,
  symbolKey: string,
): Rows<z.output<S>> {
  if (!Array.isArray(list)) throw badEnvelope(`expected a list, got ${typeName(list)}`);
  if (list.length === 0) throw badEnvelope("the list is empty");
  const rows: z.output<S>[] = [];
  const rejects: Reject[] = [];
  for (const item of list) {
    const result = schema.safeParse(item);
    if (result.success) rows.push(result.data);
    else
      rejects.push({
        exchangeSymbol: symbolOf(item, symbolKey),
        reason: "bad_row",
        detail: firstIssue(result.error),
      });
  }
  if (rows.length === 0) throw badEnvelope(`no row could be read: ${rejects[0]?.detail ?? ""}`);
  return { rows, rejects };
}

/** Checks a whole envelope. Throws RequestFailure("bad_envelope") with the path and the rule. */
export function decodeEnvelope<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (!result.success) throw badEnvelope(firstIssue(result.error));
  return result.data;
}

export function badEnvelope(detail: string): RequestFailure {
  return new RequestFailure("bad_envelope", detail.slice(0, 200));
}

/** Runs `read` on each row; a RowReject is counted, a null is a row that is not ours to show. */
export function collectRows<T, Q extends { readonly exchangeSymbol: string }>(
  rows: readonly T[],
  symbolOfRow: (row: T) => string,
  read: (row: T) => Q | null,
): { quotes: Q[]; rejects: Reject[] } {
  const quotes: Q[] = [];
  const rejects: Reject[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const exchangeSymbol = symbolOfRow(row);
    try {
      const quote = read(row);
      if (quote === null) continue;
      if (seen.has(exchangeSymbol))
        throw new RowReject("duplicate", "the symbol came twice in one reply");
      seen.add(exchangeSymbol);
      quotes.push(quote);
    } catch (error) {
      if (!(error instanceof RowReject)) throw error;
      rejects.push({ exchangeSymbol, reason: error.reason, detail: error.message });
    }
  }
  return { quotes, rejects };
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join(".") || "body"}: ${issue.message}` : "unreadable";
}

function symbolOf(item: unknown, key: string): string | null {
  if (typeof item !== "object" || item === null) return null;
  const value: unknown = Reflect.get(item, key);
  return typeof value === "string" ? value : null;
}

function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}
