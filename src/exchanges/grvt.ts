import { z } from "zod";
import { observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset, type CanonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, ExchangeHttp, Load, Reply, Source } from "./exchange.ts";
import { history } from "./grvt-history-wire.ts";
import { replyOf } from "./grvt-wire.ts";
import { joinAnswers, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import type { Listed, Listings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  lastDigitOf,
  msOfNanoseconds,
  nonEmpty,
  numberOf,
  numeric,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * GRVT perpetuals. Rates, caps and floors are percentage points per the instrument's own interval, times are
 * nanoseconds, every call is a POST. The interval is in the instrument list, which is therefore requested every 5
 * minutes. funding_rate_8h_curr is the same figure under an old name, whatever the interval (seen on every ticker,
 * 2026-09).
 *
 * Sample row, with made-up numbers:
 * tickers { instrument: "BTC_USDT_Perp", event_time: "1793621820000025205", mark_price: "83574.106300760",
 *   index_price: "83574.352242878", funding_rate: "0.16488", next_funding_time: "1793635200000000000",
 *   open_interest: "63696.143557308", buy_volume_24h_q: "3322907533.4703", sell_volume_24h_q: "3458536412.3874" }
 * instruments { instrument: "BTC_USDT_Perp", base: "BTC", quote: "USDT", kind: "PERPETUAL", funding_interval_hours: 8,
 *   adjusted_funding_rate_cap: "0.3", adjusted_funding_rate_floor: "-0.3" }
 */
const facts = {
  id: "grvt",
  name: "GRVT",
  kind: "decentralised",
  hosts: { main: "https://market-data.grvt.io" },
  // Not clearly documented: known clients assume 20 to 25 per second.
  pacing: { requests: 10, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://api-docs.grvt.io/market_data_api/",
  requestsPerRefresh: 0,
  requestsPerInstrument: 1,
  sweepInFlight: 4,
  rateRule: "funding_rate of the ticker: percentage points per contract interval, divided by 100.",
  intervalRule:
    "funding_interval_hours of the instrument list; unknown if the list is more than 30 minutes old.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "exchangeTimeMs",
  ],
  interestOf: "coins",
  caveats: [
    "The list does not state whether a contract trades: that it omits those that do not is assumed, not confirmed.",
    "Whether the rate remains an estimate until the settlement is not confirmed.",
    "The rate limit and its HTTP status are not confirmed.",
    "Three names are known to mean thousands (KPEPE, KSHIB, KBONK), in addition to a leading 1000; other names that begin with K are used as they are.",
    "The resting rate of an hourly contract is scaled from those seen at 8 h and 4 h.",
    "The list gives the asset class of every contract as UNSPECIFIED.",
  ],
  classifyFailure: (_status, bodyStart) =>
    RATE_LIMIT_BODY.test(bodyStart) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const RATE_LIMIT_BODY = /"code"\s*:\s*"?1006\b/;
/** The list contains the intervals, which change within hours. */
const INSTRUMENTS_EVERY_MS = 5 * 60_000;
/** Intervals older than this are treated as unknown. */
const INTERVAL_LIFETIME_MS = 30 * 60_000;

const PERCENT = 100;
/** The baseline of coins is 0.01 % at 8 h and 0.005 % at 4 h, as seen in 2026-09; AAPL was at 0. */
const BASELINE_RATE_PER_HOUR = 0.0001 / 8;

/** Contracts of a thousand coins, judging by their prices; KAITO, KAS and KSM start with the same letter. */
const THOUSANDS: Readonly<Record<string, string>> = { KPEPE: "PEPE", KSHIB: "SHIB", KBONK: "BONK" };

const THOUSAND = 1000;

const PERPETUAL = "PERPETUAL";
/** Known kinds that are not shown. */
const OTHER_KINDS: ReadonlySet<string> = new Set(["FUTURE", "CALL", "PUT"]);

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);

const instrumentRow = z.object({
  instrument: nonEmpty,
  base: word,
  quote: word,
  kind: anyValue,
  funding_interval_hours: numeric,
  adjusted_funding_rate_cap: numeric,
  adjusted_funding_rate_floor: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

const tickerRow = z.object({
  instrument: nonEmpty,
  event_time: numeric,
  mark_price: numeric,
  index_price: numeric,
  funding_rate: numeric,
  next_funding_time: numeric,
  open_interest: numeric,
  buy_volume_24h_q: numeric,
  sell_volume_24h_q: numeric,
});
type TickerRow = z.infer<typeof tickerRow>;

interface Raw {
  readonly instruments: Reply<Rows<InstrumentRow>>;
  readonly tickers: ReadonlyMap<string, Reply<TickerRow>>;
}

/** A live perpetual of the instrument list. */
type Listing = Listed & {
  readonly row: InstrumentRow;
};

const loadInstruments: Load<Rows<InstrumentRow>> = (http) =>
  http.postRead("/full/v1/all_instruments", { is_active: true }, (body) =>
    decodeRows(instrumentRow, replyOf(body).result, "instrument"),
  );

const loadTicker = (http: ExchangeHttp, instrument: string): Promise<TickerRow> =>
  http.postRead("/full/v1/ticker", { instrument }, (body) => {
    const row = decodeEnvelope(tickerRow, replyOf(body).result);
    if (row.instrument !== instrument) throw badEnvelope("the answer is another instrument's");
    return row;
  });

async function fetchRaw(source: Source): Promise<Raw> {
  const instruments = await source.instruments(
    "instruments",
    INSTRUMENTS_EVERY_MS,
    loadInstruments,
  );
  const keys = [...listingsOf(instruments.value).live.keys()];
  if (keys.length === 0) throw badEnvelope("the list holds no live perpetual");
  return { instruments, tickers: await source.sweep("tickers", keys, loadTicker) };
}

function parse({ instruments, tickers }: Raw): Batch {
  return joinAnswers(listingsOf(instruments.value), (listing) => {
    const reply = tickers.get(listing.exchangeSymbol);
    return reply === undefined ? null : quoteOf(listing, reply, instruments.receivedAtMs);
  });
}

function listingsOf(list: Rows<InstrumentRow>): Listings<Listing> {
  return readListings(list, (row) => row.instrument, listingOf);
}

/** Null for an instrument that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  const { kind, base, quote } = row;
  if (typeof kind !== "string") throw new RowReject("bad_row", "kind is not a text");
  if (kind !== PERPETUAL) {
    if (OTHER_KINDS.has(kind)) return null;
    throw new RowReject("unknown_kind", `kind ${kind}`);
  }
  if (!base || !quote) throw new RowReject("bad_row", "base or quote is missing");
  if (!DOLLARS.has(quote)) return null;
  return { exchangeSymbol: row.instrument, ...assetOf(base), quote, settle: quote, row };
}

function assetOf(name: string): CanonicalAsset {
  const base = THOUSANDS[name];
  return base === undefined
    ? canonicalAsset(name, ["numeric_prefix"])
    : { ...canonicalAsset(base, []), multiplier: THOUSAND };
}

function quoteOf(
  { row: instrument, ...listing }: Listing,
  { value: row, receivedAtMs }: Reply<TickerRow>,
  listedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(fractionOf(row.funding_rate), "funding_rate / 100");
  const exchangeTimeMs = epochMsOf(msOfNanoseconds(row.event_time));
  const isYoung = receivedAtMs - listedAtMs <= INTERVAL_LIFETIME_MS;
  const hours = isYoung ? intervalHoursOf(instrument.funding_interval_hours) : null;
  const times = fundingTimesOf(
    positiveOf(msOfNanoseconds(row.next_funding_time)),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours, source: "published", cached: true },
    "next_funding_time",
  );
  if (times === null) return null;
  const markPrice = positiveOf(row.mark_price);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(fractionOf(instrument.adjusted_funding_rate_cap)),
    rateFloor: rateFloorOf(fractionOf(instrument.adjusted_funding_rate_floor)),
    baselineRate: product(BASELINE_RATE_PER_HOUR, times.fundingIntervalHours),
    markPrice,
    indexPrice: positiveOf(row.index_price),
    openInterestDigit: lastDigitOf(row.open_interest),
    openInterestUsd: product(quantityOf(row.open_interest), markPrice),
    volume24hUsd: volumeOf(row),
    exchangeTimeMs,
    receivedAtMs,
  };
}

/** Percentage points to a fraction. */
function fractionOf(points: Numeric): number | null {
  const value = numberOf(points);
  return value === null ? null : value / PERCENT;
}

/** Taker buys and sells are separate fields. */
function volumeOf(row: TickerRow): number | null {
  const bought = quantityOf(row.buy_volume_24h_q);
  const sold = quantityOf(row.sell_volume_24h_q);
  return bought === null || sold === null ? null : bought + sold;
}

function explain({ instruments, tickers }: Raw, exchangeSymbol: string): RateOrigin | null {
  const ticker = tickers.get(exchangeSymbol);
  const instrument = instruments.value.rows.find((row) => row.instrument === exchangeSymbol);
  return originOf(`{tickers.funding_rate} / ${PERCENT}`, {
    tickers: ticker?.value,
    instruments: instrument,
  });
}

export const grvt = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
