import { z } from "zod";
import { MAX_ABS_RATE, observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./weex-history-wire.ts";
import { successOf } from "./weex-wire.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
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
 * WEEX perpetuals over API v3. `forecastFundingRate` is the rate of the coming settlement and `lastFundingRate` the one
 * charged last; some clients interpret them the other way round. A success has no envelope: an object instead of a list
 * is an error. See `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTCUSDT", forecastFundingRate: "-0.00030192", lastFundingRate: "-0.00038395", collectCycle: 240,
 *   nextFundingTime: 1793635200000, time: 1793621820000, markPrice: "83546.1", indexPrice: "83571.3" }
 */
const facts = {
  id: "weex",
  name: "WEEX",
  kind: "centralised",
  hosts: { main: "https://api-contract.weex.com" },
  // Documented: weight 500 in 10 s; the ticker list weighs 40, the others 1.
  pacing: { requests: 40, perMs: 10_000 },
  accrual: "periodic",
  documentation: "https://www.weex.com/api-doc/contract/Market_API/GetCurrentFundingRate",
  requestsPerRefresh: 2,
  rateRule:
    "forecastFundingRate of premiumIndex: the current estimate, charged at nextFundingTime; a fraction per contract interval, used as is.",
  intervalRule: "collectCycle of the same row, minutes divided by 60.",
  providedFields: [
    "nextFundingAtMs",
    "settledRate",
    "markPrice",
    "indexPrice",
    "volume24hUsd",
    "assetClass",
    "exchangeTimeMs",
  ],
  caveats: [
    "That longs pay a positive rate is the usual convention; WEEX does not state it.",
    "How the rate behaves in the minute of a settlement is not known.",
    "Caps exist per contract but are not published.",
    "The time of the last settlement is not in the response.",
    "Open interest is available one contract at a time, in an unknown unit: read as coins, BTC's would be $10.8 bn, fourteen times its daily volume. It is not shown.",
    "WEEX settles at the rates of Toobit and Binance: a spread between these three is a delay, not a profit.",
    "Only some of the contracts can be traded over the API.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const MINUTES_PER_HOUR = 60;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC", "USD"]);
/** The margin coin of demo contracts. A symbol that ends with it may be real: GASUSDT. */
const DEMO_COIN = "SUSDT";
const CONTRACT_TYPES: ReadonlySet<string> = new Set(["PERPETUAL", "TRADIFI_PERPETUAL"]);
const PRE_IPO = "Pre-IPO";
const CLASS_OF_TYPE: ReadonlyMap<string, AssetClass> = new Map([
  ["COIN", "crypto"],
  ["Stocks", "stock"],
  ["Indices", "index"],
  ["Metals", "metal"],
  ["Forex", "forex"],
  ["Commodities", "commodity"],
]);
/** The Nikkei, which WEEX lists as a coin. */
const MISFILED_INDEX = "JP225";

const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  forecastFundingRate: numeric,
  lastFundingRate: numeric,
  collectCycle: numeric,
  nextFundingTime: numeric,
  time: numeric,
  markPrice: numeric,
  indexPrice: numeric,
});
type RateRow = z.infer<typeof rateRow>;

const tickerRow = z.object({
  symbol,
  markPrice: numeric,
  indexPrice: numeric,
  quoteVolume: numeric,
});
type TickerRow = z.infer<typeof tickerRow>;

const instrumentRow = z.object({
  symbol,
  baseAsset: word,
  quoteAsset: word,
  marginAsset: word,
  contractType: word,
  underlyingType: word,
  forwardContractFlag: z.boolean().nullish().catch(null),
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

type Listing = Listed<"assetClass">;

const loadRates: Load<Rows<RateRow>> = (http) =>
  http.get("/capi/v3/market/premiumIndex", (body) =>
    decodeRows(rateRow, successOf(body), "symbol"),
  );

const loadTickers: Load<Rows<TickerRow>> = (http) =>
  http.get("/capi/v3/market/ticker/24hr", (body) =>
    decodeRows(tickerRow, successOf(body), "symbol"),
  );

const instrumentList = z.object({ symbols: z.unknown() });

const loadInstruments: Load<Rows<InstrumentRow>> = (http) =>
  http.get("/capi/v3/market/exchangeInfo", (body) =>
    decodeRows(instrumentRow, decodeEnvelope(instrumentList, successOf(body)).symbols, "symbol"),
  );

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, tickers, instruments] = await Promise.all([
    source.essential("rates", loadRates),
    source.secondary("tickers", loadTickers),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments),
  ]);
  return { rates, tickers, instruments };
}

function parse({ rates, instruments, tickers }: Raw): Batch {
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.symbol, row]));
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(instruments.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) => quoteOf(row, listing, tickerOf.get(row.symbol), rates.receivedAtMs),
  });
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  const { baseAsset, quoteAsset, marginAsset, contractType, underlyingType } = row;
  if (!baseAsset || !quoteAsset || !marginAsset) {
    throw new RowReject("bad_row", "an asset is missing");
  }
  if (marginAsset === DEMO_COIN || quoteAsset === DEMO_COIN) return null;
  if (!DOLLARS.has(quoteAsset) || marginAsset !== quoteAsset) return null;
  if (row.forwardContractFlag === false) return null;
  if (row.forwardContractFlag !== true) {
    throw new RowReject("bad_row", "forwardContractFlag is neither true nor false");
  }
  if (!contractType || !underlyingType) {
    throw new RowReject("bad_row", "contractType or underlyingType is missing");
  }
  if (!CONTRACT_TYPES.has(contractType)) {
    throw new RowReject("unknown_kind", `contractType ${contractType}`);
  }
  if (underlyingType === PRE_IPO) return null;
  const assetClass = CLASS_OF_TYPE.get(underlyingType);
  if (assetClass === undefined) {
    throw new RowReject("unknown_kind", `underlyingType ${underlyingType}`);
  }
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(baseAsset, ["numeric_prefix", "million_prefix"]),
    quote: quoteAsset,
    settle: marginAsset,
    assetClass: baseAsset === MISFILED_INDEX ? "index" : assetClass,
  };
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  ticker: TickerRow | undefined,
  receivedAtMs: number,
): Quote | null {
  const exchangeTimeMs = epochMsOf(row.time);
  const fundingRate = rateOf(row.forecastFundingRate, "forecastFundingRate");
  const times = fundingTimesOf(
    // A contract without settlements has a time in 1970.
    epochMsOf(row.nextFundingTime),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours: intervalHoursOf(row.collectCycle, MINUTES_PER_HOUR), source: "published" },
    "nextFundingTime",
  );
  if (times === null) return null;
  const settledRate = numberOf(row.lastFundingRate);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    settledRate: settledRate !== null && Math.abs(settledRate) <= MAX_ABS_RATE ? settledRate : null,
    // The ticker's prices are live; those next to the rate are up to a minute old.
    markPrice: positiveOf(ticker?.markPrice) ?? positiveOf(row.markPrice),
    indexPrice: positiveOf(ticker?.indexPrice) ?? positiveOf(row.indexPrice),
    volume24hUsd: quantityOf(ticker?.quoteVolume),
    exchangeTimeMs,
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = raw.rates.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  const tickers = raw.tickers?.value.rows.find(isAsked);
  return originOf("{rates.forecastFundingRate}", { rates }, { instruments, tickers });
}

export const weex = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
