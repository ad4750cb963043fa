import { z } from "zod";
import type { ExchangeHttp, Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { badEnvelope, decodeEnvelope, nonEmpty, numeric, word } from "./wire.ts";

/** Binance's calls, and the row fields that are kept, as received. */

const symbol = nonEmpty;
const premiumRow = z.object({
  symbol,
  markPrice: numeric,
  indexPrice: numeric,
  lastFundingRate: numeric,
  nextFundingTime: numeric,
  interestRate: numeric,
  time: numeric,
});
export type PremiumRow = z.infer<typeof premiumRow>;

const symbolRow = z.object({
  symbol,
  contractType: word,
  status: word,
  baseAsset: word,
  quoteAsset: word,
  marginAsset: word,
  underlyingType: word,
  underlyingSubType: z.array(z.unknown()).nullish().catch(null),
  onboardDate: numeric,
});
export type SymbolRow = z.infer<typeof symbolRow>;

const fundingRow = z.object({
  symbol: nonEmpty,
  fundingIntervalHours: numeric,
  adjustedFundingRateCap: numeric,
  adjustedFundingRateFloor: numeric,
});
export type FundingRow = z.infer<typeof fundingRow>;

const tickerRow = z.object({ symbol, quoteVolume: numeric });
type TickerRow = z.infer<typeof tickerRow>;
const openInterest = z.object({ symbol, openInterest: numeric });
type OpenInterest = z.infer<typeof openInterest>;
const exchangeInfo = z.object({ symbols: z.unknown() });

export interface Raw {
  readonly premiums: Reply<Rows<PremiumRow>>;
  readonly symbols: Reply<Rows<SymbolRow>>;
  readonly intervals: Reply<Rows<FundingRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly openInterests: ReadonlyMap<string, Reply<OpenInterest>>;
}

export const loadPremiums: Load<Rows<PremiumRow>> = (http) =>
  http.get("/fapi/v1/premiumIndex", (body) => decodeRows(premiumRow, body, "symbol"));
export const loadSymbols: Load<Rows<SymbolRow>> = (http) =>
  http.get("/fapi/v1/exchangeInfo", (body) =>
    decodeRows(symbolRow, decodeEnvelope(exchangeInfo, body).symbols, "symbol"),
  );
export const loadIntervals: Load<Rows<FundingRow>> = (http) =>
  http.get("/fapi/v1/fundingInfo", (body) => decodeRows(fundingRow, body, "symbol"));
export const loadTickers: Load<Rows<TickerRow>> = (http) =>
  http.get("/fapi/v1/ticker/24hr", (body) => decodeRows(tickerRow, body, "symbol"));

/** Throws RequestFailure("bad_envelope") if the answer is for another symbol. */
export const loadOpenInterest = (http: ExchangeHttp, key: string): Promise<OpenInterest> =>
  http.get(`/fapi/v1/openInterest?symbol=${encodeURIComponent(key)}`, (body) => {
    const answer = decodeEnvelope(openInterest, body);
    if (answer.symbol !== key) throw badEnvelope("the open interest is that of another symbol");
    return answer;
  });
