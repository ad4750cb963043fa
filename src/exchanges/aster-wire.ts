import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { Decode, ExchangeHttp, Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { badEnvelope, decodeEnvelope, nonEmpty, numberOf, numeric, word } from "./wire.ts";

/** Aster's calls, and the row fields that are kept, as received. */

/** The answer of a call that no longer exists, or not for this contract. */
const NOT_THERE: ReadonlySet<number | null> = new Set([400, 404, 410]);

/** Orders and errors share one envelope: only `code` 200 is not an error. */
const SUCCESS = 200;
const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  markPrice: numeric,
  indexPrice: numeric,
  lastFundingRate: numeric,
  nextFundingTime: numeric,
  time: numeric,
});
const intervalRow = z.object({
  symbol,
  interestRate: numeric,
  fundingIntervalHours: numeric,
  fundingFeeCap: numeric,
  fundingFeeFloor: numeric,
});
const tickerRow = z.object({ symbol, quoteVolume: numeric });
const interestRow = z.object({ symbol, openInterest: numeric });
const instrumentRow = z.object({
  symbol,
  contractType: word,
  status: word,
  baseAsset: word,
  quoteAsset: word,
  marginAsset: word,
  underlyingSubType: z.array(z.string()).nullish().catch(null),
  symbolType: numeric,
  onboardDate: numeric,
});
export type InstrumentRow = z.infer<typeof instrumentRow>;
export type RateRow = z.infer<typeof rateRow>;
export type IntervalRow = z.infer<typeof intervalRow>;
export type TickerRow = z.infer<typeof tickerRow>;
export type InterestRow = z.infer<typeof interestRow>;

export interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly intervals: Reply<Rows<IntervalRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
  readonly openInterests: ReadonlyMap<string, Reply<InterestRow | null>>;
}

const errorBody = z.object({ code: z.union([z.string(), z.number()]) });

/** Any object with a `code` other than 200 is an error, whatever the HTTP status. */
export function refuseError(body: unknown): void {
  const { success, data } = errorBody.safeParse(body);
  if (success && numberOf(data.code) !== SUCCESS) throw badEnvelope(`code ${data.code}`);
}

const listOf =
  <S extends z.ZodType>(row: S): Decode<Rows<z.infer<S>>> =>
  (body) => {
    refuseError(body);
    return decodeRows(row, body, "symbol");
  };

const exchangeInfo = z.object({ symbols: z.array(z.unknown()) });
const decodeInstruments: Decode<Rows<InstrumentRow>> = (body) => {
  refuseError(body);
  return decodeRows(instrumentRow, decodeEnvelope(exchangeInfo, body).symbols, "symbol");
};

export const loadRates: Load<Rows<RateRow>> = (http) =>
  http.get("/fapi/v3/premiumIndex", listOf(rateRow));
export const loadIntervals: Load<Rows<IntervalRow>> = (http) =>
  http.get("/fapi/v3/fundingInfo", listOf(intervalRow));
export const loadTickers: Load<Rows<TickerRow>> = (http) =>
  http.get("/fapi/v3/ticker/24hr", listOf(tickerRow));
export const loadInstruments: Load<Rows<InstrumentRow>> = (http) =>
  http.get("/fapi/v3/exchangeInfo", decodeInstruments);

/** This call is undocumented, so its removal is not a failure of the exchange. */
export async function loadOpenInterest(
  http: ExchangeHttp,
  key: string,
): Promise<InterestRow | null> {
  try {
    return await http.get(`/fapi/v1/openInterest?symbol=${encodeURIComponent(key)}`, (body) => {
      refuseError(body);
      const row = decodeEnvelope(interestRow, body);
      if (row.symbol !== key) throw badEnvelope("the answer is another contract's");
      return row;
    });
  } catch (error) {
    if (error instanceof RequestFailure && NOT_THERE.has(error.status)) return null;
    throw error;
  }
}
