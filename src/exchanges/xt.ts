import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import type { Listed, Listings } from "./wire-join.ts";
import type { Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import { epochMsOf, type Numeric, positiveOf, quantityOf, rateOf, RowReject } from "./wire.ts";
import { history } from "./xt-history-wire.ts";
import {
  isTooMany,
  loadInstruments,
  loadOneInterval,
  loadRates,
  loadTickers,
  LOCK_MS,
  ONE_INTERVAL_ROTATION_MS,
} from "./xt-wire.ts";
import type { InstrumentRow, OneInterval, RateRow, Raw, TickerRow } from "./xt-wire.ts";

/**
 * XT USDT-margined perpetuals. The rates come from the feed that XT provides for CoinGecko, their only bulk form;
 * prices and volume from the tickers, which contain dead contracts too and are looked up by symbol.
 *
 * The open interest of the feed is documented as contracts but not confirmed, so it is not shown.
 *
 * Sample row, with made-up numbers:
 * contracts { symbol: "btc_usdt", product_type: "PERPETUAL", target_currency: "USDT", funding_rate: "0.00004477",
 *   collection_internal: 4, next_funding_rate_timestamp: 1793635200000 }
 * instruments { symbol: "btc_usdt", productType: "perpetual", underlyingType: "U_BASED", tradeSwitch: true,
 *   inPreMarket: false, baseCoin: "btc", quoteCoin: "usdt", onboardDate: 1701820800000 }
 */
const facts = {
  id: "xt",
  name: "XT.COM",
  kind: "centralised",
  hosts: { main: "https://fapi.xt.com" },
  // Documented: 1,000 requests per minute and address, then a lock of ten minutes.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://doc.xt.com/docs/futures/MarketData/get-funding-rate-information",
  requestsPerRefresh: 2,
  rateRule:
    "funding_rate: the current estimate, charged at next_funding_rate_timestamp; a fraction per contract interval, used as is.",
  intervalRule:
    "collection_internal of the same row, in hours. If the feed lacks it: collectionInternal of q/funding-rate, requested contract by contract within 65 minutes, if the row's next settlement time agrees with it.",
  providedFields: ["nextFundingAtMs", "markPrice", "indexPrice", "volume24hUsd", "listedAtMs"],
  caveats: [
    "That longs pay a positive rate is the usual convention; the exchange pages consulted do not state it.",
    "Open interest is documented as contracts, which is not confirmed, and the dollar value of another call contradicts itself: neither is shown.",
    "Only one source saw collection_internal in the feed: without it, an interval is unknown until its contract has been requested, up to thirteen minutes after a start.",
    "What the rate shows at the moment of a settlement is not known.",
    "About 217 contracts are stocks, currencies, indices or commodities; no field says which.",
    "Which regions are blocked, and how, is not known.",
  ],
  classifyFailure: (_status, bodyStart) => (isTooMany(bodyStart) ? "rate_limited" : null),
  statedWaitMs: (bodyStart) => (isTooMany(bodyStart) ? LOCK_MS : null),
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const QUOTE = "USDT";

/** A live linear perpetual of the symbol list. */
type Listing = Listed<"listedAtMs">;

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, tickers, instruments] = await Promise.all([
    source.essential("rates", loadRates),
    source.secondary("tickers", loadTickers),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments),
  ]);
  const withoutIntervals = withoutInterval(rates.value, instruments.value);
  const intervals =
    withoutIntervals.length === 0
      ? new Map<string, Reply<OneInterval>>()
      : await source.rotation(
          "intervals",
          withoutIntervals,
          ONE_INTERVAL_ROTATION_MS,
          loadOneInterval,
        );
  return { rates, tickers, instruments, intervals };
}

/** Live contracts whose row in the feed has no interval. */
function withoutInterval(
  rates: Rows<RateRow>,
  instruments: Rows<InstrumentRow>,
): readonly string[] {
  const silent = rates.rows.filter((row) => intervalHoursOf(row.collection_internal) === null);
  const names = new Set(silent.map((row) => row.symbol));
  return [...listingsOf(instruments).live.keys()].filter((name) => names.has(name));
}

function listingsOf(list: Rows<InstrumentRow>): Listings<Listing> {
  // Older lists lack the key, or have it only on a few rows.
  const stated = list.rows.filter((row) => !isAbsent(row.inPreMarket)).length;
  const isToday = stated * 2 >= list.rows.length;
  return readListings(list, (row) => row.symbol, isToday ? listingOf : olderListingOf);
}

function parse({ rates, tickers, instruments, intervals }: Raw): Batch {
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.s, row]));
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: listingsOf(instruments.value),
    quoteOf: (row, listing) => {
      if (!isPerpetual(row)) return null;
      const ownHours = intervals.get(row.symbol)?.value.collectionInternal;
      const others = { ticker: tickerOf.get(row.symbol), ownHours };
      return quoteOf(row, listing, others, rates.receivedAtMs);
    },
  });
}

/**
 * Null for a row that must not be shown; throws RowReject if that cannot be determined. `state` and `isOpenApi` do not
 * show whether it is live, and perpetuals may have a delivery date.
 */
function listingOf(row: InstrumentRow): Listing | null {
  if (row.tradeSwitch === false || row.inPreMarket === true) return null;
  if (row.tradeSwitch !== true || row.inPreMarket !== false)
    throw new RowReject("bad_row", "tradeSwitch or inPreMarket is neither true nor false");
  return contractOf(row);
}

/** For an older list, whose rows need not say whether they are pre-market. */
function olderListingOf(row: InstrumentRow): Listing | null {
  return listingOf(isAbsent(row.inPreMarket) ? { ...row, inPreMarket: false } : row);
}

function contractOf(row: InstrumentRow): Listing | null {
  const { productType, underlyingType, baseCoin, quoteCoin } = row;
  if (!productType || !underlyingType)
    throw new RowReject("bad_row", "productType or underlyingType is missing");
  if (productType !== "perpetual" || underlyingType !== "U_BASED") return null;
  if (!baseCoin || !quoteCoin) throw new RowReject("bad_row", "a coin is missing");
  // Coins are lower case here; 1mbabydoge is a million of them.
  if (quoteCoin.toUpperCase() !== QUOTE) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(baseCoin.toUpperCase(), ["numeric_prefix", "million_prefix"]),
    quote: QUOTE,
    settle: QUOTE,
    listedAtMs: epochMsOf(row.onboardDate),
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** The feed contains dated contracts too. Throws RowReject if a row does not state its kind. */
function isPerpetual({ product_type: kind, target_currency: currency }: RateRow): boolean {
  if (!kind || !currency)
    throw new RowReject("bad_row", "product_type or target_currency is missing");
  return kind === "PERPETUAL" && currency === QUOTE;
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  { ticker, ownHours }: { readonly ticker: TickerRow | undefined; readonly ownHours: Numeric },
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.funding_rate, "funding_rate");
  const feedHours = intervalHoursOf(row.collection_internal);
  const times = fundingTimesOf(
    positiveOf(row.next_funding_rate_timestamp),
    receivedAtMs,
    {
      hours: feedHours ?? intervalHoursOf(ownHours),
      source: "published",
      cached: feedHours === null,
    },
    "next_funding_rate_timestamp",
  );
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    markPrice: positiveOf(ticker?.m),
    indexPrice: positiveOf(ticker?.i),
    volume24hUsd: quantityOf(ticker?.v),
    receivedAtMs,
  };
}

/** The rates row as received; the rate needs no conversion. */
function explain({ rates, instruments, ...raw }: Raw, exchangeSymbol: string): RateOrigin | null {
  const ours = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const contract = rates.value.rows.find(ours);
  const instrument = instruments.value.rows.find(ours);
  const rows = { contracts: contract, instruments: instrument };
  return originOf("{contracts.funding_rate}", rows, {
    tickers: raw.tickers?.value.rows.find((row) => row.s === exchangeSymbol),
    intervals: raw.intervals.get(exchangeSymbol)?.value,
  });
}

export const xt = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
