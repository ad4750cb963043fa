import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { ExchangeHttp, Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  nonEmpty,
  numberOf,
  numeric,
  type Numeric,
  word,
} from "./wire.ts";

/** XT's calls, and the row fields that are kept, as received. */

export const BASE_PATH = "/future/market/v1/public";
const TOO_MANY = "TOO_MANY_REQUESTS";
/** Documented: exceeding the limit locks a client out for this long. */
export const LOCK_MS = 10 * 60_000;

/** The interval of one contract, if the feed of all contracts has none. */
export interface OneInterval {
  /** Hours in this call; seconds in its history. */
  readonly collectionInternal?: Numeric;
}

const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  product_type: word,
  target_currency: word,
  funding_rate: numeric,
  collection_internal: numeric,
  next_funding_rate_timestamp: numeric,
});
export type RateRow = z.infer<typeof rateRow>;
const tickerRow = z.object({ s: symbol, m: numeric, i: numeric, v: numeric });
export type TickerRow = z.infer<typeof tickerRow>;
const instrumentRow = z.object({
  symbol,
  productType: word,
  underlyingType: word,
  tradeSwitch: anyValue,
  inPreMarket: anyValue,
  baseCoin: word,
  quoteCoin: word,
  onboardDate: numeric,
});
export type InstrumentRow = z.infer<typeof instrumentRow>;

export interface Raw {
  /** Of contracts without an interval in the feed. */
  readonly intervals: ReadonlyMap<string, Reply<OneInterval>>;
  readonly rates: Reply<Rows<RateRow>>;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

const envelope = z.object({
  returnCode: numeric,
  error: z.object({ code: word }).nullish().catch(null),
  result: anyValue,
});

export function isTooMany(words: string): boolean {
  return words.toUpperCase().includes(TOO_MANY);
}

/** Failures come with HTTP 200, `returnCode` 1 and a text as code. */
export function resultOf(body: unknown): unknown {
  const { returnCode, error, result } = decodeEnvelope(envelope, body);
  if (isTooMany(error?.code ?? ""))
    throw new RequestFailure("rate_limited", TOO_MANY, { retryAfterMs: LOCK_MS });
  if (numberOf(returnCode) !== 0)
    throw badEnvelope(`returnCode ${numberOf(returnCode) ?? "unreadable"}`);
  return result;
}

export const loadRates: Load<Rows<RateRow>> = (http) =>
  // A bare list; only failures have an envelope.
  http.get(`${BASE_PATH}/cg/contracts`, (body) =>
    decodeRows(rateRow, Array.isArray(body) ? body : resultOf(body), "symbol"),
  );

export const loadTickers: Load<Rows<TickerRow>> = (http) =>
  http.get(`${BASE_PATH}/q/agg-tickers`, (body) => decodeRows(tickerRow, resultOf(body), "s"));

export const loadInstruments: Load<Rows<InstrumentRow>> = (http) =>
  http.get(`${BASE_PATH}/symbol/list`, (body) =>
    decodeRows(instrumentRow, resultOf(body), "symbol"),
  );

/**
 * One request per contract, documented as one per second: the first rotation is five times faster than the others, and
 * 13 minutes for all 730 contracts stay within that.
 */
export const ONE_INTERVAL_ROTATION_MS = 65 * 60_000;

const one = z.object({ symbol: z.string(), collectionInternal: numeric });

/** Throws RequestFailure if the answer is for another contract. */
export const loadOneInterval = (http: ExchangeHttp, key: string): Promise<OneInterval> =>
  http.get(`${BASE_PATH}/q/funding-rate?symbol=${encodeURIComponent(key)}`, (body) => {
    const answer = decodeEnvelope(one, resultOf(body));
    if (answer.symbol !== key) throw badEnvelope("the answer is another contract's");
    return answer;
  });
