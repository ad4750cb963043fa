import { z } from "zod";
import { fractionToBps, MAX_ABS_RATE } from "../domain/funding.ts";
import type { RejectReason } from "../domain/quote.ts";
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

/** A plain number, whose last digit but 0 is read. */
const PLAIN = /^\d+(?:\.\d+)?$/;

/** The last digit of a quantity as published that is not 0; null where it is none, or written in another way. */
export function lastDigitOf(value: Numeric): number | null {
  const figure = String(value ?? "").trim();
  if (!PLAIN.test(figure)) return null;
  const last = figure.replace(".", "").replace(/0+$/, "").at(-1);
  return last === undefined ? null : Number(last);
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

/** A row that cannot be used. Caught by `collectRows`, by nothing else. */
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

/** No exchange takes a hundredth of a trade: such a figure is in percent or in basis points already. */
const MAX_STATED_TAKER_BPS = 100;
/** More than any fee has. */
const FEE_DIGITS = 12;

/** Reads a taker fee that a payload states as a fraction of notional, in basis points; what can be no fee is unknown. */
export function takerBpsOf(fraction: Numeric): number | null {
  const parsed = quantityOf(fraction);
  if (parsed === null) return null;
  // 0.00045 x 10,000 is 4.5 but for its last digit.
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
