import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { anyValue, badEnvelope, decodeEnvelope, nonEmpty, numeric, word } from "./wire.ts";

/** Kraken's calls, and the row fields that are kept, as received. */

export const BASE_PATH = "/derivatives/api/v3";
export const RATE_LIMIT_ERROR = "apiLimitExceeded";

const tickerRow = z.object({
  symbol: nonEmpty,
  tag: anyValue,
  suspended: anyValue,
  postOnly: anyValue,
  pair: word,
  fundingRate: numeric,
  fundingRatePrediction: numeric,
  markPrice: numeric,
  indexPrice: numeric,
  openInterest: numeric,
  volumeQuote: numeric,
});
export type TickerRow = z.infer<typeof tickerRow>;

const instrumentRow = z.object({
  symbol: nonEmpty,
  type: anyValue,
  tradeable: anyValue,
  postOnly: anyValue,
  lastTradingTime: anyValue,
  base: word,
  quote: word,
  openingDate: word,
  category: word,
  tradfi: anyValue,
  maxRelativeFundingRate: numeric,
  minRelativeFundingRate: numeric,
});
export type InstrumentRow = z.infer<typeof instrumentRow>;

const envelope = z.object({
  result: z.string(),
  error: word,
  serverTime: word,
  tickers: anyValue,
  instruments: anyValue,
  rates: anyValue,
});

interface Tickers extends Rows<TickerRow> {
  readonly serverTimeMs: number | null;
}

export interface Raw {
  readonly tickers: Reply<Tickers>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

export const loadTickers: Load<Tickers> = (http) =>
  http.get(`${BASE_PATH}/tickers`, (body) => {
    const { tickers, serverTime } = successOf(body);
    return { ...decodeRows(tickerRow, tickers, "symbol"), serverTimeMs: timeOf(serverTime) };
  });

export const loadInstruments: Load<Rows<InstrumentRow>> = (http) =>
  http.get(`${BASE_PATH}/instruments`, (body) =>
    decodeRows(instrumentRow, successOf(body).instruments, "symbol"),
  );

const errorList = z.object({ errors: z.array(z.object({ message: word })).min(1) });

/** Errors come with HTTP 200 as well: `{result:"error",error}` or `{errors:[{code,message}]}`. */
export function successOf(body: unknown): z.infer<typeof envelope> {
  const listed = errorList.safeParse(body);
  if (listed.success) throw failureOf(listed.data.errors[0]?.message);
  const reply = decodeEnvelope(envelope, body);
  if (reply.result !== "success") throw failureOf(reply.error);
  return reply;
}

function failureOf(error: string | null | undefined): RequestFailure {
  if (error === RATE_LIMIT_ERROR) return new RequestFailure("rate_limited", RATE_LIMIT_ERROR);
  return badEnvelope(`error ${error ?? "without a text"}`);
}

/** ISO 8601 with a zone; without one the machine's zone would be used. */
const ZONED_TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;

export function timeOf(iso: string | null | undefined): number | null {
  if (iso === null || iso === undefined || !ZONED_TIME.test(iso)) return null;
  const parsed = Date.parse(iso);
  return Number.isFinite(parsed) ? parsed : null;
}
