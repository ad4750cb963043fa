import { observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { history } from "./aster-history-wire.ts";
import { type Listing, listingOf } from "./aster-listing-wire.ts";
import {
  loadInstruments,
  loadIntervals,
  loadOpenInterest,
  loadRates,
  loadTickers,
} from "./aster-wire.ts";
import type { InstrumentRow, IntervalRow, RateRow, Raw } from "./aster-wire.ts";
import { defineExchange, type ExchangeFacts, type Source } from "./exchange.ts";
import { joinRates, type Listings, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import type { Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  numberOf,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
} from "./wire.ts";

/**
 * Aster: an API like Binance's on its own hosts. An interval that is not in fundingInfo is unknown, as no default is
 * documented. See `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTCUSDT", markPrice: "83573.70660162", indexPrice: "83578.55731878", lastFundingRate: "0.00018876",
 *   nextFundingTime: 1793635200000, time: 1793621820000 }
 * intervals { symbol: "BTCUSDT", interestRate: "0.00010000", fundingIntervalHours: 8, fundingFeeCap: 0.003,
 *   fundingFeeFloor: -0.003 }
 * instruments { symbol: "BTCUSDT", contractType: "PERPETUAL", status: "TRADING", baseAsset: "BTC", quoteAsset: "USDT",
 *   marginAsset: "USDT", underlyingSubType: [], symbolType: 0, onboardDate: 1721001600000 }
 */
const facts = {
  id: "aster",
  name: "Aster",
  kind: "decentralised",
  hosts: { main: "https://fapi.asterdex.com" },
  // Documented: weight 2400 in a minute and address. All requests weigh 1 but one of 40 in three minutes.
  pacing: { requests: 2, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://github.com/asterdex/api-docs",
  requestsPerRefresh: 1,
  rateRule:
    "lastFundingRate of premiumIndex: a fraction per contract interval, charged at nextFundingTime.",
  intervalRule:
    "fundingIntervalHours of fundingInfo; unknown for a contract that is not in it, since no default is documented.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "listedAtMs",
    "exchangeTimeMs",
  ],
  coinsByExclusion: true,
  caveats: [
    "That lastFundingRate is the current estimate, charged next, follows from the similarity to Binance; Aster does not state it.",
    "The asset class is in underlyingSubType, whose values are not documented: STOCK, ETF and Commodities are known; a contract with none of them and symbolType 0 is a coin.",
    "The interest component is that of 8 hours whatever the interval, as measured; the documentation shows half of it at 4 hours.",
    "Which stablecoins besides USDT settle contracts is not known: contracts in USDC, USDF, USD1 and FDUSD are shown, others are left out.",
    "Open interest is from an undocumented call, one contract at a time; that it counts coins and one side follows from the similarity to Binance.",
  ],
  // The web firewall answers 403 to clients that send too many requests.
  classifyFailure: (status) => (status === 403 ? "banned" : null),
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const INTERVALS_EVERY_MS = 5 * 60_000;
/** Its weight is 40 where the others weigh 1. */
const TICKERS_EVERY_MS = 3 * 60_000;
/** About 770 symbols in 15 minutes are 0.9 requests a second. */
const OPEN_INTEREST_ROTATION_MS = 15 * 60_000;
/** The period that the interest component refers to. */
const INTEREST_HOURS = 8;

async function fetchRaw(source: Source): Promise<Raw> {
  const listed = source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments);
  const [rates, intervals, tickers, instruments, openInterests] = await Promise.all([
    source.essential("rates", loadRates),
    source.intervals("intervals", INTERVALS_EVERY_MS, loadIntervals),
    source.secondary("tickers", loadTickers, TICKERS_EVERY_MS),
    listed,
    listed.then(({ value }) =>
      source.rotation(
        "openInterest",
        [...listingsOf(value).live.keys()],
        OPEN_INTEREST_ROTATION_MS,
        loadOpenInterest,
      ),
    ),
  ]);
  return { rates, intervals, tickers, instruments, openInterests };
}

function listingsOf(list: Rows<InstrumentRow>): Listings<Listing> {
  return readListings(list, (row) => row.symbol, listingOf);
}

function parse({ rates, intervals, tickers, instruments, openInterests }: Raw): Batch {
  const intervalOf = new Map(intervals?.value.rows.map((row) => [row.symbol, row]));
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.symbol, row]));
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: listingsOf(instruments.value),
    quoteOf: (row, listing) => {
      const quote = quoteOf(row, listing, intervalOf.get(row.symbol), rates.receivedAtMs);
      const openInterest = openInterests.get(row.symbol)?.value?.openInterest;
      return (
        quote && {
          ...quote,
          openInterestDigit: lastDigitOf(openInterest),
          openInterestUsd: product(quantityOf(openInterest), quote.markPrice),
          volume24hUsd: quantityOf(tickerOf.get(row.symbol)?.quoteVolume),
        }
      );
    },
  });
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  interval: IntervalRow | undefined,
  receivedAtMs: number,
): Omit<Quote, "openInterestUsd" | "volume24hUsd"> | null {
  // 0 means that the contract pays no funding.
  if (numberOf(row.nextFundingTime) === 0) return null;
  const fundingRate = rateOf(row.lastFundingRate, "lastFundingRate");
  const exchangeTimeMs = epochMsOf(row.time);
  const hours = intervalHoursOf(interval?.fundingIntervalHours);
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTime),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours, source: "published", cached: true },
    "nextFundingTime",
  );
  if (times === null) return null;
  // Cap, floor and interest refer to the interval in the same row.
  const limits = times.fundingIntervalHours === null ? undefined : interval;
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(limits?.fundingFeeCap),
    rateFloor: rateFloorOf(limits?.fundingFeeFloor),
    baselineRate: product(rateBoundOf(limits?.interestRate), hours && hours / INTEREST_HOURS),
    markPrice: positiveOf(row.markPrice),
    indexPrice: positiveOf(row.indexPrice),
    exchangeTimeMs,
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = raw.rates.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  const intervals = raw.intervals?.value.rows.find(isAsked);
  const tickers = raw.tickers?.value.rows.find(isAsked);
  const openInterest = raw.openInterests.get(exchangeSymbol)?.value;
  const others = { intervals, tickers, openInterest };
  return originOf("{rates.lastFundingRate}", { rates, instruments }, others);
}

export const aster = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
