import { z } from "zod";
import { observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { RequestFailure } from "../lib/request-failure.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import type { ExchangeHistory } from "./history.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  nonEmpty,
  numberOf,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * LBank perpetuals of the product group SwapU: rates, prices and turnover in one reply, the currencies in the list of
 * instruments. There is no open interest. Any other product group, or none, yields an empty list with a success code,
 * so an empty list is a failure. See `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * marketData { symbol: "BTCUSDT", fundingRate: "0.00005000", positionFeeTime: 14400, nextFeeTime: 1793635200000,
 *   markedPrice: "83561.0", underlyingPrice: "83581.0", turnover: "8409309988.589613", lastTime: 1793621800 }
 * instrument { symbol: "BTCUSDT", baseCurrency: "BTC", priceCurrency: "USDT", clearCurrency: "USDT" }
 */
const facts = {
  id: "lbank",
  name: "LBank",
  kind: "centralised",
  hosts: { main: "https://lbkperp.lbank.com" },
  // Not documented for contracts; a known client uses 20 per second.
  pacing: { requests: 2, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://www.lbank.com/docs/contract.html",
  requestsPerRefresh: 1,
  rateRule:
    "fundingRate: the current time-weighted estimate, charged at nextFeeTime; a fraction per contract interval, used as is.",
  intervalRule: "positionFeeTime of the same row, seconds divided by 3600.",
  providedFields: ["nextFundingAtMs", "markPrice", "indexPrice", "volume24hUsd", "exchangeTimeMs"],
  caveats: [
    "That longs pay a positive rate is the usual convention; the exchange pages consulted do not state it.",
    "LBank has its own names for stocks, such as METASTOCK; they are shown as sent and join META if the prices agree.",
    "Whether the last estimate before a settlement is the rate charged was not observed.",
    "needSuspend is not documented; the few contracts that have it are shares and commodities with trading hours, and are shown.",
    "No field distinguishes stocks and commodities from coins; the asset class is always unknown.",
    "Some tickers mean another coin elsewhere (CROSS, ONE, EDGEX); they are distinguished by price alone.",
    "LBank publishes no open interest, no caps and no funding history.",
  ],
  classifyFailure: (_status, bodyStart) => (TOO_FREQUENT.test(bodyStart) ? "rate_limited" : null),
} satisfies ExchangeFacts;

const history: ExchangeHistory = {
  kind: "none",
  reason:
    "The public contract API has four calls (time, instruments, market data, order book), none of them a history.",
};

const BASE_PATH = "/cfd/openApi/v1/pub";
const GROUP = "?productGroup=SwapU";
const RATE_LIMIT_CODE = 183;
const TOO_FREQUENT = /"error_code"\s*:\s*"?183\b/;
const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const SECONDS_PER_HOUR = 3600;
const MS_PER_SECOND = 1000;
const QUOTE = "USDT";
/** A listing that contains its multiplier twice; it is not a real contract. */
const ODD_SYMBOL = "10001000SATSUSDT";

const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  fundingRate: numeric,
  positionFeeTime: numeric,
  nextFeeTime: numeric,
  markedPrice: numeric,
  underlyingPrice: numeric,
  turnover: numeric,
  // In seconds.
  lastTime: numeric,
});
type RateRow = z.infer<typeof rateRow>;
const instrumentRow = z.object({
  symbol,
  baseCurrency: word,
  priceCurrency: word,
  clearCurrency: word,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

const envelope = z.object({
  success: anyValue,
  error_code: numeric,
  data: anyValue,
});

const load =
  <S extends z.ZodType>(call: string, row: S): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`${BASE_PATH}/${call}${GROUP}`, (body) => {
      const { success, error_code: code, data } = decodeEnvelope(envelope, body);
      if (numberOf(code) === RATE_LIMIT_CODE)
        throw new RequestFailure("rate_limited", `error_code ${RATE_LIMIT_CODE}`);
      if (success !== true || numberOf(code) !== 0)
        throw badEnvelope(`error_code ${numberOf(code) ?? "unreadable"}`);
      return decodeRows(row, data, "symbol");
    });

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, instruments] = await Promise.all([
    source.essential("rates", load("marketData", rateRow)),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, load("instrument", instrumentRow)),
  ]);
  return { rates, instruments };
}

function parse({ rates, instruments }: Raw): Batch {
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    // Listings without funding are expected as well: otherwise a reply that lost its rates would confirm itself.
    listings: readListings(instruments.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) =>
      paysNoFunding(row) ? null : quoteOf(row, listing, rates.receivedAtMs),
  });
}

/** A few listings have no rate, with or without an interval: they cannot be traded. */
function paysNoFunding({ fundingRate }: RateRow): boolean {
  return fundingRate === undefined || fundingRate === null;
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listed | null {
  const { baseCurrency, priceCurrency, clearCurrency } = row;
  if (row.symbol === ODD_SYMBOL) return null;
  if (!baseCurrency || !priceCurrency || !clearCurrency)
    throw new RowReject("bad_row", "a currency is missing");
  if (priceCurrency !== QUOTE || clearCurrency !== QUOTE) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(baseCurrency, ["numeric_prefix"]),
    quote: QUOTE,
    settle: QUOTE,
  };
}

function quoteOf(row: RateRow, listing: Listed, receivedAtMs: number): Quote | null {
  const exchangeTimeMs = epochMsOf(product(positiveOf(row.lastTime), MS_PER_SECOND));
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextFeeTime),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours: intervalHoursOf(row.positionFeeTime, SECONDS_PER_HOUR), source: "published" },
    "nextFeeTime",
  );
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    markPrice: positiveOf(row.markedPrice),
    indexPrice: positiveOf(row.underlyingPrice),
    volume24hUsd: quantityOf(row.turnover),
    exchangeTimeMs,
    receivedAtMs,
  };
}

/** The rates row as received; the rate needs no conversion. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const ours = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const marketData = raw.rates.value.rows.find(ours);
  const instrument = raw.instruments.value.rows.find(ours);
  return originOf("{marketData.fundingRate}", { marketData, instrument });
}

export const lbank = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
