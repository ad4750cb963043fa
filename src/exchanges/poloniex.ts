import { z } from "zod";
import { HOUR_MS, MAX_ABS_RATE } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, ExchangeHttp, Load, Reply, Source } from "./exchange.ts";
import { history } from "./poloniex-history-wire.ts";
import { dataOf } from "./poloniex-wire.ts";
import { joinAnswers, NOT_PUBLISHED, readListings } from "./wire-join.ts";
import type { Listed, Listings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  nonEmpty,
  numberOf,
  numeric,
  positiveOf,
  quantityOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * Poloniex Futures v3. `nFR` is the running estimate of the rate charged at `nFT`; `fR` was charged at `fT`. The
 * difference of the two times is the interval, which is unknown if it is not a usual one. Open interest is null:
 * neither the shape of its reply nor its unit is confirmed.
 *
 * Sample row, with made-up numbers:
 * rates { s: "BTC_USDT_PERP", fR: "0.000157", fT: "1793606400000", nFR: "0.000182", nFT: "1793635200000" }
 * instruments { symbol: "BTC_USDT_PERP", bCcy: "BTC", qCcy: "USDT", sCcy: "USDT", ctType: "LINEAR", status: "OPEN",
 *   alias: "" }
 * tickers { s: "BTC_USDT_PERP", amt: "7702651775.49", mPx: "83617.9", iPx: "83580.4" }
 */
const facts = {
  id: "poloniex",
  name: "Poloniex",
  kind: "centralised",
  hosts: { main: "https://api.poloniex.com" },
  // Documented: 300 per second and address over market data.
  pacing: { requests: 20, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://api-docs.poloniex.com/v3/futures/api/market/get-current-funding-rate",
  requestsPerRefresh: 1,
  requestsPerInstrument: 1,
  sweepInFlight: 4,
  rateRule:
    "nFR of each contract's funding rate call: the current estimate, charged at nFT; a fraction per contract interval, used as is.",
  intervalRule: "Derived: nFT minus fT of the same response, if that is 1, 2, 4 or 8 hours.",
  providedFields: [
    "nextFundingAtMs",
    "settledRate",
    "settledAtMs",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "volume24hUsd",
  ],
  interestOf: "coins",
  caveats: [
    "That nFR is charged at nFT and that fR was charged at fT is from one source; one trading client reads fR as the current rate.",
    "The format and unit of open interest are not confirmed, so it is unknown.",
    "What the two times show right after a change of interval is not known; any other difference between them means an unknown interval.",
    "The resting rate is documented for 8 h only; no cap is published.",
    "The index price is from a ticker field that is not documented.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;

/** Settlement times jitter: only the minute matters. */
const JITTER_MS = 30_000;
const USUAL_HOURS = [1, 2, 4, 8];
/** The interest rate, the baseline of many contracts. */
const BASELINE_HOURS = 8;
const BASELINE_RATE = 0.0001;

const instrumentRow = z.object({
  symbol: nonEmpty,
  bCcy: word,
  qCcy: word,
  sCcy: word,
  ctType: anyValue,
  status: anyValue,
  alias: anyValue,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

const tickerRow = z.object({ s: nonEmpty, amt: numeric, mPx: numeric, iPx: numeric });
type TickerRow = z.infer<typeof tickerRow>;

const rateRow = z.object({
  s: nonEmpty,
  fR: numeric,
  fT: numeric,
  nFR: numeric,
  nFT: numeric,
});
type RateRow = z.infer<typeof rateRow>;

interface Raw {
  readonly instruments: Reply<Rows<InstrumentRow>>;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly rates: ReadonlyMap<string, Reply<RateRow>>;
}

const load =
  <S extends z.ZodType>(call: string, row: S, symbolKey: string): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`/v3/market/${call}`, (body) => decodeRows(row, dataOf(body), symbolKey));

const loadRate = (http: ExchangeHttp, symbol: string): Promise<RateRow> =>
  http.get(`/v3/market/fundingRate?symbol=${encodeURIComponent(symbol)}`, (body) => {
    const row = decodeEnvelope(rateRow, dataOf(body));
    if (row.s !== symbol) throw badEnvelope("the answer is another contract's");
    return row;
  });

async function fetchRaw(source: Source): Promise<Raw> {
  const tickers = source.secondary("tickers", load("tickers", tickerRow, "s"));
  const keyed = source
    .instruments(
      "instruments",
      INSTRUMENTS_EVERY_MS,
      load("allInstruments", instrumentRow, "symbol"),
    )
    .then(async (instruments) => {
      const keys = [...listingsOf(instruments.value).live.keys()];
      if (keys.length === 0) throw badEnvelope("the list holds no live perpetual");
      return { instruments, rates: await source.sweep("rates", keys, loadRate) };
    });
  const [known, prices] = await Promise.all([keyed, tickers]);
  return { ...known, tickers: prices };
}

function parse({ instruments, tickers, rates }: Raw): Batch {
  const listings = listingsOf(instruments.value);
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.s, row]));
  return {
    ...joinAnswers(listings, (listing) => {
      const reply = rates.get(listing.exchangeSymbol);
      if (reply === undefined) return null;
      return quoteOf(listing, reply, tickerOf.get(listing.exchangeSymbol));
    }),
    // Rates are requested by list, so an incomplete list only shows in the tickers.
    unlisted: [...tickerOf.keys()].filter((name) => !listings.known.has(name)).length,
  };
}

function listingsOf(list: Rows<InstrumentRow>): Listings<Listed> {
  return readListings(list, (row) => row.symbol, listingOf);
}

/** Null for a contract that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listed | null {
  const { ctType, status, alias, bCcy, qCcy, sCcy } = row;
  if (typeof ctType !== "string" || typeof status !== "string" || typeof alias !== "string") {
    throw new RowReject("bad_row", "ctType, status or alias is not a text");
  }
  if (ctType === "" || status === "") throw new RowReject("bad_row", "ctType or status is missing");
  // A dated contract has an alias (this_week, quarter).
  if (ctType !== "LINEAR" || status !== "OPEN" || alias !== "") return null;
  if (!row.symbol.endsWith("_PERP")) return null;
  if (!bCcy || !qCcy || !sCcy) throw new RowReject("bad_row", "a currency is missing");
  if (sCcy !== "USDT" || qCcy !== "USDT") return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(bCcy, ["numeric_prefix"]),
    quote: qCcy,
    settle: sCcy,
  };
}

function quoteOf(
  listing: Listed,
  { value: row, receivedAtMs }: Reply<RateRow>,
  ticker: TickerRow | undefined,
): Quote | null {
  const fundingRate = rateOf(row.nFR, "nFR");
  const times = fundingTimesOf(
    positiveOf(row.nFT),
    receivedAtMs,
    { hours: intervalOf(row), source: "derived" },
    "nFT",
  );
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    ...settledOf(row),
    baselineRate: times.fundingIntervalHours === BASELINE_HOURS ? BASELINE_RATE : null,
    markPrice: positiveOf(ticker?.mPx),
    indexPrice: positiveOf(ticker?.iPx),
    volume24hUsd: quantityOf(ticker?.amt),
    receivedAtMs,
  };
}

/** From the last settlement to the next; null unless it is a usual interval. */
function intervalOf(row: RateRow): number | null {
  const fromMs = epochMsOf(row.fT);
  const toMs = epochMsOf(row.nFT);
  if (fromMs === null || toMs === null) return null;
  const nearest = Math.round((toMs - fromMs) / HOUR_MS);
  if (Math.abs(toMs - fromMs - nearest * HOUR_MS) > JITTER_MS) return null;
  return USUAL_HOURS.includes(nearest) ? nearest : null;
}

/** A charged rate and its time belong together: one is useless without the other. */
function settledOf(row: RateRow): Pick<Quote, "settledRate" | "settledAtMs"> {
  const settledRate = numberOf(row.fR);
  const settledAtMs = epochMsOf(row.fT);
  if (settledRate === null || settledAtMs === null || Math.abs(settledRate) > MAX_ABS_RATE) {
    return { settledRate: null, settledAtMs: null };
  }
  return { settledRate, settledAtMs };
}

function explain({ instruments, tickers, rates }: Raw, exchangeSymbol: string): RateOrigin | null {
  const rate = rates.get(exchangeSymbol);
  const instrument = instruments.value.rows.find((row) => row.symbol === exchangeSymbol);
  if (rate === undefined || instrument === undefined) return null;
  const ticker = tickers?.value.rows.find((row) => row.s === exchangeSymbol);
  return {
    rows: { rates: rate.value, instruments: instrument, ...(ticker && { tickers: ticker }) },
    formula: "{rates.nFR}",
  };
}

export const poloniex = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
