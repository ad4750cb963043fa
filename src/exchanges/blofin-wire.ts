import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { Decode, ExchangeHttp, Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  nonEmpty,
  numeric,
  word,
} from "./wire.ts";

/** BloFin's calls, and the row fields that are kept, as received. */

const SUCCESS = "0";

const instId = nonEmpty;
const rateRow = z.object({
  instId,
  fundingRate: numeric,
  fundingTime: numeric,
  // Undocumented, but on every row since September 2026.
  fundingInterval: numeric.optional(),
  fundingIntervalUnit: word.optional(),
  fundingRateCap: numeric.optional(),
  fundingRateFloor: numeric.optional(),
});
const priceRow = z.object({ instId, markPrice: numeric, indexPrice: numeric });
const tickerRow = z.object({ instId, last: numeric, volCurrency24h: numeric });
const interestRow = z.object({ instId, openInterestCurrency: numeric });
const instrumentRow = z.object({
  instId,
  baseCurrency: word,
  quoteCurrency: word,
  settleCurrency: word,
  instType: word,
  contractType: word,
  state: word,
  assetClass: word,
  listTime: numeric,
});
export type RateRow = z.infer<typeof rateRow>;
export type PriceRow = z.infer<typeof priceRow>;
export type TickerRow = z.infer<typeof tickerRow>;
export type InterestRow = z.infer<typeof interestRow>;
export type InstrumentRow = z.infer<typeof instrumentRow>;

/** The last settlements of one instrument and the next one at that moment (unix ms). */
export interface Settlement {
  /** Newest first. */
  readonly settledAtMs: readonly number[];
  readonly nextAtMs: number | null;
}

export interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
  readonly prices: Reply<Rows<PriceRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly interests: Reply<Rows<InterestRow>> | null;
  /** Of instruments whose rate row states no interval. */
  readonly settlements: ReadonlyMap<string, Reply<Settlement>>;
}

const envelope = z.object({
  code: z.union([z.string(), z.number()]),
  data: anyValue,
});

export function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (String(code) === "429") throw new RequestFailure("rate_limited", "code 429");
  if (String(code) !== SUCCESS) throw badEnvelope(`code ${code}`);
  return data;
}

const rowsOf =
  <S extends z.ZodType>(row: S): Decode<Rows<z.infer<S>>> =>
  (body) =>
    decodeRows(row, dataOf(body), "instId");

const load =
  <S extends z.ZodType>(call: string, row: S): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`/api/v1/market/${call}`, rowsOf(row));

export const loadRates = load("funding-rate", rateRow);
export const loadPrices = load("mark-price", priceRow);
export const loadTickers = load("tickers", tickerRow);
/** Undocumented without instId; it returns all instruments. */
export const loadInterests = load("open-interest", interestRow);
export const loadInstruments = load("instruments", instrumentRow);

/** Two settlements: the newest, and the one before it, which gives the previous interval. */
const SETTLEMENTS = 2;

/** Settlement times of one instrument, newest first; empty for a new listing. */
export function loadSettledTimes(
  http: ExchangeHttp,
  instrument: string,
): Promise<readonly number[]> {
  const path = `/api/v1/market/funding-rate-history?instId=${encodeURIComponent(instrument)}`;
  return http.get(`${path}&limit=${SETTLEMENTS}`, (body) => {
    const data = dataOf(body);
    if (Array.isArray(data) && data.length === 0) return [];
    const { rows } = decodeRows(rateRow, data, "fundingTime");
    if (rows.some((row) => row.instId !== instrument))
      throw badEnvelope("the answer is another instrument's");
    // The rows may be in any order.
    const times = rows.map((row) => epochMsOf(row.fundingTime)).filter((time) => time !== null);
    return times.toSorted((a, b) => b - a);
  });
}
