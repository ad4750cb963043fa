import { z } from "zod";
import { observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./mexc-history-wire.ts";
import { BASE_PATH, dataOf } from "./mexc-wire.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  epochMsOf,
  lastDigitOf,
  nonEmpty,
  numberOf,
  numeric,
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
 * MEXC linear perpetuals settled in USDT, USDC and USD1. One reply contains rate, interval, next time and both prices
 * of all contracts; a second one volume and open interest in contracts, whose size is in the instrument list. See
 * `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTC_USDT", fundingRate: -0.000028, maxFundingRate: 0.003, minFundingRate: -0.003, collectCycle: 4,
 *   nextSettleTime: 1793635200000, timestamp: 1793621820000, idxPrice: 83575.1, fairPrice: 83567.6 }
 * instruments { symbol: "BTC_USDT", baseCoin: "BTC", quoteCoin: "USDT", settleCoin: "USDT", contractSize: 0.0001,
 *   state: 0, type: 1, futureType: 1 }
 */
const facts = {
  id: "mexc",
  name: "MEXC",
  kind: "centralised",
  hosts: { main: "https://api.mexc.com" },
  // Documented: 20 requests in 2 s for the rates, 10 for the others; older pages allow less.
  pacing: { requests: 4, perMs: 2000 },
  accrual: "periodic",
  documentation: "https://www.mexc.com/api-docs/futures/market-endpoints/get-funding-rate",
  requestsPerRefresh: 2,
  rateRule:
    "fundingRate: the current estimate, charged at nextSettleTime; a fraction per contract cycle, used as is.",
  intervalRule: "collectCycle of the same row, in hours.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "exchangeTimeMs",
  ],
  caveats: [
    "About a fifth of the contracts have a rate of exactly 0: that is what MEXC charges, but it says little about demand.",
    "MEXC has its own names for stocks and some coins. Five known ones are translated; any other is shown as sent (YMTCSTOCK) and joins the name without STOCK if the prices agree.",
    "Contract type 2 is a stock; the other types are not documented, so their asset class is unknown.",
    "No interest component and no pre-market mark are documented.",
    "Contracts that cannot be traded over the API are shown like the others.",
    "Which regions are blocked, and how, is not known; the web firewall sends a 403 if requests are too frequent.",
  ],
  classifyFailure: (status, bodyStart) =>
    status === 403 || TOO_FREQUENT.test(bodyStart) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const TOO_FREQUENT = /"code"\s*:\s*510\b/;

const STATE_ENABLED = 0;
const FUTURE_TYPE_PERPETUAL = 1;
const FUTURE_TYPE_DATED = 2;
const TYPE_STOCK = 2;
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC", "USD1"]);

/** MEXC's own names for assets that have another ticker everywhere else. */
const TICKER_OF_OWN_NAME: ReadonlyMap<string, string> = new Map([
  ["NVIDIA", "NVDA"],
  ["TESLA", "TSLA"],
  ["FILECOIN", "FIL"],
  ["PUMPFUN", "PUMP"],
  ["TRUMPOFFICIAL", "TRUMP"],
]);

const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  fundingRate: numeric,
  maxFundingRate: numeric,
  minFundingRate: numeric,
  collectCycle: numeric,
  nextSettleTime: numeric,
  timestamp: numeric,
  idxPrice: numeric,
  fairPrice: numeric,
});
type RateRow = z.infer<typeof rateRow>;

const tickerRow = z.object({
  symbol,
  holdVol: numeric,
  amount24: numeric,
  indexPrice: numeric,
  fairPrice: numeric,
});
type TickerRow = z.infer<typeof tickerRow>;

const instrumentRow = z.object({
  symbol,
  baseCoin: word,
  quoteCoin: word,
  settleCoin: word,
  contractSize: numeric,
  state: numeric,
  type: numeric,
  // Kept raw: absent and of a wrong type are different here.
  futureType: anyValue,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

/** A live linear perpetual of the instrument list. */
interface Listing {
  readonly exchangeSymbol: string;
  readonly contractSize: number | null;
  readonly identity: Pick<Quote, "base" | "multiplier" | "quote" | "settle" | "assetClass">;
}

const load =
  <S extends z.ZodType>(call: string, row: S): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`${BASE_PATH}/${call}`, (body) => decodeRows(row, dataOf(body), "symbol"));

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, tickers, instruments] = await Promise.all([
    source.essential("rates", load("funding_rate", rateRow)),
    source.secondary("tickers", load("ticker", tickerRow)),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, load("detail", instrumentRow)),
  ]);
  return { rates, tickers, instruments };
}

function parse({ rates, tickers, instruments }: Raw): Batch {
  // Older lists lack the key, or have it only on a few rows.
  const stated = instruments.value.rows.filter((row) => isThere(row.futureType)).length;
  const isToday = stated * 2 >= instruments.value.rows.length;
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.symbol, row]));
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(
      instruments.value,
      (row) => row.symbol,
      isToday ? listingOf : olderListingOf,
    ),
    quoteOf: (row, listing) => quoteOf(row, listing, tickerOf.get(row.symbol), rates.receivedAtMs),
  });
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Null for a row that must not be shown; throws RowReject if unclear: without a kind it may be dated. */
function listingOf(row: InstrumentRow): Listing | null {
  return isEnabled(row) && isPerpetual(row) ? contractOf(row) : null;
}

/** For an older list: by the coins alone if a row does not state its kind. */
function olderListingOf(row: InstrumentRow): Listing | null {
  if (isThere(row.futureType)) return listingOf(row);
  return isEnabled(row) ? contractOf(row) : null;
}

function isEnabled(row: InstrumentRow): boolean {
  const state = numberOf(row.state);
  if (state === null) throw new RowReject("bad_row", "state is not a number");
  return state === STATE_ENABLED;
}

function isPerpetual({ futureType }: InstrumentRow): boolean {
  const kind = typeof futureType === "string" ? numberOf(futureType) : futureType;
  if (typeof kind !== "number") throw new RowReject("bad_row", "futureType is not a number");
  if (kind === FUTURE_TYPE_DATED) return false;
  if (kind !== FUTURE_TYPE_PERPETUAL) throw new RowReject("unknown_kind", `futureType ${kind}`);
  return true;
}

function contractOf(row: InstrumentRow): Listing | null {
  const { settleCoin } = row;
  // Documented: the symbol also names two of the coins, but never the settlement currency.
  const [symbolBase, symbolQuote] = row.symbol.split("_");
  const baseCoin = row.baseCoin || symbolBase;
  const quoteCoin = row.quoteCoin || symbolQuote;
  if (!baseCoin || !quoteCoin || !settleCoin) throw new RowReject("bad_row", "a coin is missing");
  if (quoteCoin !== settleCoin || !DOLLARS.has(settleCoin)) return null;
  return {
    exchangeSymbol: row.symbol,
    contractSize: positiveOf(row.contractSize),
    identity: {
      ...canonicalAsset(TICKER_OF_OWN_NAME.get(baseCoin) ?? baseCoin, ["numeric_prefix"]),
      quote: quoteCoin,
      settle: settleCoin,
      assetClass: numberOf(row.type) === TYPE_STOCK ? "stock" : null,
    },
  };
}

function quoteOf(
  row: RateRow,
  { exchangeSymbol, identity, contractSize }: Listing,
  ticker: TickerRow | undefined,
  receivedAtMs: number,
): Quote | null {
  const exchangeTimeMs = epochMsOf(row.timestamp);
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextSettleTime),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours: intervalHoursOf(row.collectCycle), source: "published" },
    "nextSettleTime",
  );
  if (times === null) return null;
  // The prices were added to this reply in 2026; the ticker has them too, some seconds older.
  const markPrice = positiveOf(row.fairPrice) ?? positiveOf(ticker?.fairPrice);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol,
    ...identity,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(row.maxFundingRate),
    rateFloor: rateFloorOf(row.minFundingRate),
    markPrice,
    indexPrice: positiveOf(row.idxPrice) ?? positiveOf(ticker?.indexPrice),
    // Contracts x coins in one x price.
    openInterestDigit: lastDigitOf(ticker?.holdVol),
    openInterestUsd: product(quantityOf(ticker?.holdVol), contractSize, markPrice),
    volume24hUsd: quantityOf(ticker?.amount24),
    exchangeTimeMs,
    receivedAtMs,
  };
}

/** The rates row as received; the rate needs no conversion. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const bySymbol = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = raw.rates.value.rows.find(bySymbol);
  const instruments = raw.instruments.value.rows.find(bySymbol);
  const tickers = raw.tickers?.value.rows.find(bySymbol);
  return originOf("{rates.fundingRate}", { rates, instruments }, { tickers });
}

export const mexc = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
