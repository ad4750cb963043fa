import { z } from "zod";
import { observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset, type CanonicalAsset } from "../domain/symbol.ts";
import { history } from "./btse-history-wire.ts";
import { successOf } from "./btse-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  decodeEnvelope,
  lastDigitOf,
  nonEmpty,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * BTSE perpetuals: rates and quantities from the unified markets API, mark and index from the legacy one, which omits
 * the quote from its symbols and has no envelope. The success code is 1. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * tickers { symbol: "BTC-PERP-USDT", fundingRate: "0.00245711", nextFundingTime: 1793635200000,
 *   fundingIntervalMinutes: 480, openInterest: "596216063", volume: "2402940947.286702" }
 */
const facts = {
  id: "btse",
  name: "BTSE",
  kind: "centralised",
  hosts: { main: "https://api.btse.com" },
  // Documented: 50 requests in 2 s for the markets API, 15 a second for the legacy one.
  pacing: { requests: 8, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.btse.com",
  requestsPerRefresh: 2,
  rateRule:
    "fundingRate of ticker/24hr: the current estimate, charged at nextFundingTime; a fraction per contract interval, used as is.",
  intervalRule: "fundingIntervalMinutes of the same row, divided by 60.",
  providedFields: [
    "nextFundingAtMs",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "exchangeTimeMs",
  ],
  interestOf: "coins",
  caveats: [
    "The user chooses the settlement currency; contracts are shown as settled in USDT.",
    "How the rate behaves in the second of a settlement is not known.",
    "No cap of the rate is published.",
    "Which field counts contracts and which dollars is from one source; two others confirm the path and the interval.",
    "No BTSE response with mark and index prices was recorded; its format is that of a white-label exchange.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const MINUTES_PER_HOUR = 60;
/** The rate at zero premium by interval in hours, where known. */
const NEUTRAL_RATE: ReadonlyMap<number | null, number> = new Map([
  [8, 0.0001],
  [4, 0.00005],
]);

const PERPETUAL = "FuturesPerpetual";
/** `["FuturesPerpetual"]`, encoded. */
const TYPES = `types=%5B%22${PERPETUAL}%22%5D`;
const SETTLE = "USDT";
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC", "USD"]);
/** The suffix missing from legacy symbols. */
const LEGACY_SUFFIX = "-USDT";

/** 1KPEPE is a thousand PEPE. */
const KILO_PREFIX = /^1K(\p{Lu}{2,})$/u;
const KILO = 1000;
const ASSET_OF_CODE: ReadonlyMap<string, string> = new Map([["TRUMPSOL", "TRUMP"]]);
const CLASS_OF_CATEGORY: ReadonlyMap<string, AssetClass> = new Map([
  ["CRYPTO", "crypto"],
  ["STOCK", "stock"],
  ["COMMODITIES", "commodity"],
]);

const symbol = nonEmpty;
const tickerRow = z.object({
  symbol,
  fundingRate: numeric,
  nextFundingTime: numeric,
  fundingIntervalMinutes: numeric,
  openInterest: numeric,
  volume: numeric,
});
type TickerRow = z.infer<typeof tickerRow>;

const priceRow = z.object({ symbol, markPrice: numeric, indexPrice: numeric });
type PriceRow = z.infer<typeof priceRow>;

const marketRow = z.object({
  symbol,
  type: word,
  category: word,
  baseCurrency: word,
  quoteCurrency: word,
  active: z.boolean().nullish().catch(null),
  contractSize: numeric,
});
type MarketRow = z.infer<typeof marketRow>;

interface Timed<T> extends Rows<T> {
  readonly timeMs: number | null;
}

interface Raw {
  readonly tickers: Reply<Timed<TickerRow>>;
  readonly prices: Reply<Rows<PriceRow>> | null;
  readonly markets: Reply<Rows<MarketRow>>;
}

interface Listing {
  readonly exchangeSymbol: string;
  readonly identity: CanonicalAsset & Pick<Quote, "quote" | "settle" | "assetClass">;
  readonly contractSize: number | null;
}

const loadTickers: Load<Timed<TickerRow>> = (http) =>
  http.get(`/public-api/market/v1/ticker/24hr?${TYPES}`, (body) => {
    const { data, timeMs } = successOf(body);
    return { ...decodeRows(tickerRow, data, "symbol"), timeMs };
  });

const loadPrices: Load<Rows<PriceRow>> = (http) =>
  http.get("/futures/api/v2.3/price", (body) => decodeRows(priceRow, body, "symbol"));

const marketList = z.object({ symbols: z.unknown() });

const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get(`/public-api/market/v1/markets?${TYPES}`, (body) =>
    decodeRows(marketRow, decodeEnvelope(marketList, successOf(body).data).symbols, "symbol"),
  );

async function fetchRaw(source: Source): Promise<Raw> {
  const [tickers, prices, markets] = await Promise.all([
    source.essential("tickers", loadTickers),
    source.secondary("prices", loadPrices),
    source.instruments("markets", INSTRUMENTS_EVERY_MS, loadMarkets),
  ]);
  return { tickers, prices, markets };
}

function parse({ tickers, prices, markets }: Raw): Batch {
  const priceOf = new Map(prices?.value.rows.map((row) => [`${row.symbol}${LEGACY_SUFFIX}`, row]));
  return joinRates({
    rates: tickers.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(markets.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) => quoteOf(row, listing, priceOf.get(row.symbol), tickers),
  });
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: MarketRow): Listing | null {
  if (!row.type) throw new RowReject("bad_row", "type is missing");
  if (row.type !== PERPETUAL || row.active === false) return null;
  if (row.active !== true) throw new RowReject("bad_row", "active is neither true nor false");
  if (!row.baseCurrency || !row.quoteCurrency) {
    throw new RowReject("bad_row", "a currency is missing");
  }
  if (!DOLLARS.has(row.quoteCurrency)) return null;
  return {
    exchangeSymbol: row.symbol,
    identity: {
      ...assetOf(row.baseCurrency),
      quote: row.quoteCurrency,
      settle: SETTLE,
      assetClass: CLASS_OF_CATEGORY.get(row.category ?? "") ?? null,
    },
    contractSize: positiveOf(row.contractSize),
  };
}

function assetOf(code: string): CanonicalAsset {
  const many = KILO_PREFIX.exec(code)?.[1];
  if (many !== undefined) return { base: canonicalAsset(many, []).base, multiplier: KILO };
  return canonicalAsset(ASSET_OF_CODE.get(code) ?? code, []);
}

function quoteOf(
  row: TickerRow,
  listing: Listing,
  price: PriceRow | undefined,
  reply: Reply<Timed<TickerRow>>,
): Quote | null {
  const exchangeTimeMs = reply.value.timeMs;
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTime),
    observedAtMs(exchangeTimeMs, reply.receivedAtMs),
    {
      hours: intervalHoursOf(row.fundingIntervalMinutes, MINUTES_PER_HOUR),
      source: "published",
    },
    "nextFundingTime",
  );
  if (times === null) return null;
  const markPrice = positiveOf(price?.markPrice);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: row.symbol,
    ...listing.identity,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    baselineRate: NEUTRAL_RATE.get(times.fundingIntervalHours) ?? null,
    markPrice,
    indexPrice: positiveOf(price?.indexPrice),
    // In contracts.
    openInterestDigit: lastDigitOf(row.openInterest),
    openInterestUsd: product(quantityOf(row.openInterest), listing.contractSize, markPrice),
    // In the quote; `amount` is in contracts.
    volume24hUsd: quantityOf(row.volume),
    exchangeTimeMs,
    receivedAtMs: reply.receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const tickers = raw.tickers.value.rows.find(isAsked);
  const markets = raw.markets.value.rows.find(isAsked);
  const prices = raw.prices?.value.rows.find(
    (row) => `${row.symbol}${LEGACY_SUFFIX}` === exchangeSymbol,
  );
  return originOf("{tickers.fundingRate}", { tickers }, { markets, prices });
}

export const btse = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
