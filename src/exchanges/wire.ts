import { z } from "zod";
import { fractionToBps, MAX_ABS_RATE } from "../domain/funding.ts";
import type { RejectReason } from "../domain/quote.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { RequestFailure } from "../lib/request-failure.ts";

/** Building blocks for parsing payloads. Strings and numbers are both accepted where exchanges mix them. */

/** A number as exchanges write it; "", null, a missing key and any other JSON type mean unknown. */
export const numeric = z.union([z.string(), z.number()]).nullish().catch(null);
export type Numeric = z.infer<typeof numeric>;

/** A string; null, a missing key and any other JSON type mean unknown. */
export const word = z.string().nullish().catch(null);

/** A name without which a row cannot be used. */
export const nonEmpty = z.string().min(1);

/** Kept as received: whether a market is live depends on it, and a missing field differs from one of the wrong type. */
export const anyValue = z.unknown().optional();

/** Decimal digits only: JavaScript would read "0x1" as a rate of 100 %. */
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** Reads a number for which 0 is a value (a rate, a volume, an open interest). Null if unknown or not finite. */
export function numberOf(value: Numeric): number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" && !DECIMAL.test(value)) return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
}

/** Reads a number for which 0 means missing (a price, a time, a contract size) and negatives are invalid. */
export function positiveOf(value: Numeric): number | null {
  const parsed = numberOf(value);
  return parsed !== null && parsed > 0 ? parsed : null;
}

/** Reads a quantity (volume, open interest): 0 is a value, negatives are invalid. */
export function quantityOf(value: Numeric): number | null {
  const parsed = numberOf(value);
  return parsed !== null && parsed >= 0 ? parsed : null;
}

/** A plain number, whose last non-zero digit is read. */
const PLAIN = /^\d+(?:\.\d+)?$/;

/** The last non-zero digit of a published quantity; null if there is none or the notation is different. */
export function lastDigitOf(value: Numeric): number | null {
  const figure = String(value ?? "").trim();
  if (!PLAIN.test(figure)) return null;
  const last = figure.replace(".", "").replace(/0+$/, "").at(-1);
  return last === undefined ? null : Number(last);
}

/** 2009-01-01 and 2100-01-01 in unix ms: a number outside is not a time, or in another unit. */
const EARLIEST_EPOCH_MS = 1_230_768_000_000;
const LATEST_EPOCH_MS = 4_102_444_800_000;

/** Reads a unix time in ms that nothing else checks (a listing, a reply's timestamp); null if implausible. */
export function epochMsOf(value: Numeric): number | null {
  const parsed = numberOf(value);
  return parsed !== null && parsed >= EARLIEST_EPOCH_MS && parsed < LATEST_EPOCH_MS ? parsed : null;
}

const NS_PER_MS = 1_000_000;
/** Whole nanoseconds exceed a double's precision, so six digits are cut off as text. */
const WHOLE_NANOSECONDS = /^\d{7,}$/;

/** Reads a time in nanoseconds, as a string or a number, in whole ms; unknown: null. */
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

/** A row that cannot be used. Only caught by `collectRows`. */
export class RowReject extends ExpectedError {
  readonly reason: RejectReason;
  constructor(reason: RejectReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** A required rate: a fraction of notional, at most 100 % per interval. */
export function rateOf(value: Numeric, field: string): number {
  const parsed = numberOf(value);
  if (parsed === null) throw new RowReject("bad_rate", `${field} is not a number`);
  if (Math.abs(parsed) > MAX_ABS_RATE)
    throw new RowReject("implausible_rate", `${field} is over ${MAX_ABS_RATE}`);
  return parsed;
}

/** A published bound of the rate, unsigned: a fraction above 0, at most 100 % per interval. Else null. */
export function rateBoundOf(value: Numeric): number | null {
  const bound = positiveOf(value);
  return bound !== null && bound <= MAX_ABS_RATE ? bound : null;
}

/** No exchange takes a hundredth of a trade: a larger figure is in percent or basis points already. */
const MAX_STATED_TAKER_BPS = 100;
/** More digits than any fee has. */
const FEE_DIGITS = 12;

/** Reads a taker fee stated as a fraction of notional, in basis points; null if implausible. */
export function takerBpsOf(fraction: Numeric): number | null {
  const parsed = quantityOf(fraction);
  if (parsed === null) return null;
  // 0.00045 x 10,000 is 4.5 except for its last digit.
  const bps = Number(fractionToBps(parsed).toPrecision(FEE_DIGITS));
  return bps <= MAX_STATED_TAKER_BPS ? bps : null;
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

export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join(".") || "body"}: ${issue.message}` : "unreadable";
}
