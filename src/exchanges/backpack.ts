import { z } from "zod";
import { bpsToFraction } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./backpack-history-wire.ts";
import { listOf, RATE_LIMIT_CODE } from "./backpack-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  lastDigitOf,
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
 * Backpack perpetuals. Rate, next settlement, mark and index come in one reply; the interval is in the market list,
 * which is therefore refetched as often as intervals need, and trusted for half an hour. Market kinds are matched
 * against known ones, as new ones were announced. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * markPrices { symbol: "BTC_USDC_PERP", fundingRate: "0.0000125", nextFundingTimestamp: 1793624400000,
 *   markPrice: "83606.54344596", indexPrice: "83587.72503636" }
 */
const facts = {
  id: "backpack",
  name: "Backpack",
  kind: "centralised",
  hosts: { main: "https://api.backpack.exchange" },
  // Clients assume 2000 requests a minute per address; no official source was found.
  pacing: { requests: 5, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.backpack.exchange",
  requestsPerRefresh: 3,
  rateRule:
    "fundingRate of markPrices: the current estimate, charged at nextFundingTimestamp; a fraction per contract interval, used as is.",
  intervalRule: "fundingInterval of the market list, milliseconds divided by 3,600,000.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  coinsByExclusion: true,
  caveats: [
    "The request limit is the one that clients assume.",
    "That a lower-case k before capitals (kPEPE) means a thousand is not confirmed; it is read as such, and the price confirms or refutes it.",
    "That openInterest counts both sides follows from its values, each an even number of steps; half of it is shown.",
    "INDEX also marks funds (QQQ.US); one that is not in the table of disputed classes is shown as an index.",
  ],
  classifyFailure: (_status, bodyStart) =>
    bodyStart.includes(RATE_LIMIT_CODE) ? "rate_limited" : null,
} satisfies ExchangeFacts;

/** The list contains the intervals, which have been changed before. */
const MARKETS_EVERY_MS = 5 * 60_000;
/** Intervals older than this are treated as unknown. */
const INTERVAL_LIFETIME_MS = 30 * 60_000;
const MS_PER_HOUR = 3_600_000;

const DOLLARS: ReadonlySet<string> = new Set(["USDC", "USDT", "USD"]);
/** The suffix of US equities' tickers: CRCL.US. */
const EQUITY_SUFFIX = ".US";

/** Open interest counts the long and the short side of each contract. */
const SIDES = 2;
/** Market kinds that are not linear perpetuals. */
const OTHER_TYPES: ReadonlySet<string> = new Set([
  "SPOT",
  "IPERP",
  "DATED",
  "PREDICTION",
  "RFQ",
  "MONAD",
]);
/** By rwaMarketType; null is for coins, and older lists do not have the key. */
const CLASS_OF_RWA: ReadonlyMap<unknown, AssetClass> = new Map<unknown, AssetClass>([
  [null, "crypto"],
  ["STOCK", "stock"],
  ["INDEX", "index"],
]);

const symbol = nonEmpty;
const priceRow = z.object({
  symbol,
  fundingRate: numeric,
  nextFundingTimestamp: numeric,
  markPrice: numeric,
  indexPrice: numeric,
});
type PriceRow = z.infer<typeof priceRow>;

const openInterestRow = z.object({ symbol, openInterest: numeric });
type OpenInterestRow = z.infer<typeof openInterestRow>;

const tickerRow = z.object({ symbol, quoteVolume: numeric });
type TickerRow = z.infer<typeof tickerRow>;

const marketRow = z.object({
  symbol,
  marketType: word,
  orderBookState: word,
  visible: anyValue,
  rwaMarketType: anyValue,
  baseSymbol: word,
  quoteSymbol: word,
  fundingInterval: numeric,
  fundingRateUpperBound: numeric,
  fundingRateLowerBound: numeric,
});
type MarketRow = z.infer<typeof marketRow>;

interface Raw {
  readonly prices: Reply<Rows<PriceRow>>;
  readonly openInterests: Reply<Rows<OpenInterestRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly markets: Reply<Rows<MarketRow>>;
}

/** A live perpetual, and the interval of its list. */
interface Listing {
  readonly exchangeSymbol: string;
  readonly identity: Pick<
    Quote,
    "base" | "multiplier" | "quote" | "settle" | "assetClass" | "rateCap" | "rateFloor"
  >;
  readonly intervalHours: number | null;
}

const load =
  <S extends z.ZodType>(call: string, row: S): Load<Rows<z.output<S>>> =>
  (http) =>
    http.get(`/api/v1/${call}`, (body) => decodeRows(row, listOf(body), "symbol"));

async function fetchRaw(source: Source): Promise<Raw> {
  const [prices, openInterests, tickers, markets] = await Promise.all([
    source.essential("markPrices", load("markPrices", priceRow)),
    source.secondary("openInterest", load("openInterest", openInterestRow)),
    source.secondary("tickers", load("tickers", tickerRow)),
    source.instruments("markets", MARKETS_EVERY_MS, load("markets", marketRow)),
  ]);
  return { prices, openInterests, tickers, markets };
}

function parse({ prices, openInterests, tickers, markets }: Raw): Batch {
  // Older lists do not have the key.
  const isToday = markets.value.rows.some((row) => row.visible !== undefined);
  const isListFresh = prices.receivedAtMs - markets.receivedAtMs <= INTERVAL_LIFETIME_MS;
  const openInterestOf = new Map(
    openInterests?.value.rows.map((row) => [row.symbol, row.openInterest]),
  );
  const volumeOf = new Map(tickers?.value.rows.map((row) => [row.symbol, row.quoteVolume]));
  return joinRates({
    rates: prices.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(
      markets.value,
      (row) => row.symbol,
      isToday ? listingOf : olderListingOf,
    ),
    quoteOf: (row, listing) => {
      const others = {
        intervalHours: isListFresh ? listing.intervalHours : null,
        openInterest: openInterestOf.get(row.symbol),
        volume: volumeOf.get(row.symbol),
      };
      return quoteOf(row, listing, others, prices.receivedAtMs);
    },
  });
}

/** For an older list, whose rows do not say whether they are visible. */
function olderListingOf(row: MarketRow): Listing | null {
  return listingOf({ ...row, visible: true });
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: MarketRow): Listing | null {
  if (!row.marketType || !row.orderBookState) {
    throw new RowReject("bad_row", "marketType or orderBookState is missing");
  }
  if (OTHER_TYPES.has(row.marketType)) return null;
  if (row.marketType !== "PERP") {
    throw new RowReject("unknown_kind", `marketType ${row.marketType}`);
  }
  if (row.orderBookState !== "Open" || row.visible === false) return null;
  if (row.visible !== true) {
    throw new RowReject("bad_row", "visible is neither true nor false");
  }
  if (!row.baseSymbol || !row.quoteSymbol) throw new RowReject("bad_row", "a symbol is missing");
  if (!DOLLARS.has(row.quoteSymbol)) return null;
  const ticker = row.baseSymbol.endsWith(EQUITY_SUFFIX)
    ? row.baseSymbol.slice(0, -EQUITY_SUFFIX.length)
    : row.baseSymbol;
  return {
    exchangeSymbol: row.symbol,
    identity: {
      ...canonicalAsset(ticker, ["kilo_prefix"]),
      quote: row.quoteSymbol,
      settle: row.quoteSymbol,
      assetClass: CLASS_OF_RWA.get(row.rwaMarketType) ?? null,
      rateCap: rateCapOf(boundOf(row.fundingRateUpperBound)),
      rateFloor: rateFloorOf(boundOf(row.fundingRateLowerBound)),
    },
    intervalHours: intervalHoursOf(row.fundingInterval, MS_PER_HOUR),
  };
}

/** Bounds are in basis points. */
function boundOf(bps: Numeric): number | null {
  const value = numberOf(bps);
  return value === null ? null : bpsToFraction(value);
}

interface JoinedFields {
  readonly intervalHours: number | null;
  readonly openInterest: Numeric;
  readonly volume: Numeric;
}

function quoteOf(
  row: PriceRow,
  listing: Listing,
  { intervalHours, openInterest, volume }: JoinedFields,
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTimestamp),
    receivedAtMs,
    { hours: intervalHours, source: "published", cached: true },
    "nextFundingTimestamp",
  );
  if (times === null) return null;
  const markPrice = positiveOf(row.markPrice);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: listing.exchangeSymbol,
    ...listing.identity,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    markPrice,
    indexPrice: positiveOf(row.indexPrice),
    // In units of the base.
    openInterestDigit: lastDigitOf(openInterest),
    openInterestUsd: product(quantityOf(openInterest), markPrice, 1 / SIDES),
    volume24hUsd: quantityOf(volume),
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const markPrices = raw.prices.value.rows.find(isAsked);
  return originOf(
    "{markPrices.fundingRate}",
    { markPrices },
    {
      markets: raw.markets.value.rows.find(isAsked),
      openInterest: raw.openInterests?.value.rows.find(isAsked),
      tickers: raw.tickers?.value.rows.find(isAsked),
    },
  );
}

export const backpack = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
