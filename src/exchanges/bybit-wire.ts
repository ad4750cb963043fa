import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { ExchangeHttp, Reply } from "./exchange.ts";
import { decodeRows, joinedRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  nonEmpty,
  numberOf,
  numeric,
  word,
} from "./wire.ts";

/** Bybit's calls, and the row fields that are kept, as received. */

/** Pages of 1,000 rows: ten times what is listed. Beyond that the cursor is endless. */
const MAX_PAGES = 10;
const RATE_LIMIT_CODES: ReadonlySet<number> = new Set([10006, 10018]);

const tickerRow = z.object({
  symbol: nonEmpty,
  fundingRate: numeric,
  fundingIntervalHour: numeric,
  nextFundingTime: numeric,
  fundingCap: numeric,
  markPrice: numeric,
  indexPrice: numeric,
  singleOpenInterest: numeric,
  singleOpenInterestValue: numeric,
  openInterest: numeric,
  openInterestValue: numeric,
  turnover24h: numeric,
  curPreListingPhase: word,
});
export type TickerRow = z.infer<typeof tickerRow>;

const instrumentRow = z.object({
  symbol: nonEmpty,
  contractType: word,
  status: word,
  baseCoin: word,
  quoteCoin: word,
  settleCoin: word,
  symbolType: word,
  isPreListing: anyValue,
  launchTime: numeric,
  upperFundingRate: numeric,
  lowerFundingRate: numeric,
});
export type InstrumentRow = z.infer<typeof instrumentRow>;

interface Tickers extends Rows<TickerRow> {
  readonly timeMs: number | null;
}

export interface Raw {
  readonly tickers: Reply<Tickers>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

// An error may come without a result, so its code is checked.
const envelope = z.object({
  retCode: numeric,
  retMsg: word,
  time: numeric,
  result: anyValue,
});
const result = z.object({ list: anyValue, nextPageCursor: word });

/** The result of a success. Failures come with HTTP 200 and another `retCode`. */
export function resultOf(
  body: unknown,
): z.infer<typeof result> & { readonly timeMs: number | null } {
  const { retCode, retMsg, time, ...rest } = decodeEnvelope(envelope, body);
  const code = numberOf(retCode);
  if (code !== 0) {
    const message = `retCode ${code ?? "missing"}: ${retMsg ?? ""}`;
    if (code !== null && RATE_LIMIT_CODES.has(code))
      throw new RequestFailure("rate_limited", message);
    throw badEnvelope(message);
  }
  return { ...decodeEnvelope(result, rest.result), timeMs: epochMsOf(time) };
}

export function loadTickers(http: ExchangeHttp): Promise<Tickers> {
  return http.get("/v5/market/tickers?category=linear", (body) => {
    const { list, timeMs } = resultOf(body);
    return { ...decodeRows(tickerRow, list, "symbol"), timeMs };
  });
}

export async function loadInstruments(http: ExchangeHttp): Promise<Rows<InstrumentRow>> {
  const first = "/v5/market/instruments-info?category=linear&limit=1000";
  const pages: Rows<InstrumentRow>[] = [];
  let path = first;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { rows, cursor } = await http.get(path, (body) => {
      const { list, nextPageCursor } = resultOf(body);
      // Only a page after a full last one may be empty.
      const isEnd = page > 0 && Array.isArray(list) && list.length === 0;
      const none: Rows<InstrumentRow> = { rows: [], rejects: [] };
      return {
        rows: isEnd ? none : decodeRows(instrumentRow, list, "symbol"),
        cursor: isEnd ? null : nextPageCursor,
      };
    });
    pages.push(rows);
    if (!cursor) return joinedRows(pages, (row) => row.symbol);
    path = `${first}&cursor=${encodeURIComponent(cursor)}`;
  }
  throw badEnvelope(`the instrument list does not end after ${MAX_PAGES} pages`);
}
