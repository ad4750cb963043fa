import { MAX_ABS_RATE, observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { fundingLookup, type FundingLookup, NO_BOUNDS } from "./binance-funding-wire.ts";
import { history } from "./binance-history-wire.ts";
import {
  loadIntervals,
  loadOpenInterest,
  loadPremiums,
  loadSymbols,
  loadTickers,
} from "./binance-wire.ts";
import type { PremiumRow, Raw, SymbolRow } from "./binance-wire.ts";
import { defineExchange, type ExchangeFacts, type Source } from "./exchange.ts";
import { joinRates, type Listings, NOT_PUBLISHED, readListings } from "./wire-join.ts";
import type { Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  numberOf,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
} from "./wire.ts";

/**
 * Binance USD-M perpetuals, quoted and margined in the same dollar coin. See `caveats` for what the sources leave open.
 * There is no bulk open interest: it is requested symbol by symbol. A cached interval that the published next funding
 * time contradicts counts as unknown.
 *
 * Sample row, with made-up numbers:
 * premiumIndex { symbol: "BTCUSDT", markPrice: "83544.77611196", indexPrice: "83567.05847378",
 *   lastFundingRate: "0.00005016", nextFundingTime: 1793635200000, interestRate: "0.00010000", time: 1793621820000 }
 * fundingInfo { symbol: "BTCUSDT", fundingIntervalHours: 4, adjustedFundingRateCap: "0.00300000",
 *   adjustedFundingRateFloor: "-0.00300000" }
 * ticker24hr { symbol: "BTCUSDT", quoteVolume: "9561824675.10" }
 * openInterest { symbol: "BTCUSDT", openInterest: "58188.33" }
 */
const facts = {
  id: "binance",
  name: "Binance",
  kind: "centralised",
  hosts: { main: "https://fapi.binance.com" },
  // Documented: 2,400 weight a minute per address. 300 requests a minute, nearly all of weight 1, are far inside.
  pacing: { requests: 5, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://developers.binance.com/docs/derivatives/usds-margined-futures",
  requestsPerRefresh: 2,
  rateRule:
    "lastFundingRate of premiumIndex: despite its name the current estimate, charged at nextFundingTime; a fraction per contract interval, used as is.",
  intervalRule:
    "fundingIntervalHours of fundingInfo. A contract absent from a complete list has the documented 8 hours if its next settlement is on the 8-hour grid.",
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
  caveats: [
    "underlyingType COMMODITY includes metals, so the asset class of such contracts is unknown.",
    "It is not stated whether open interest counts one side or both; it is shown as sent.",
    "A contract with an unrecognized underlyingType or contractType is reported and not shown, because it may be a pre-market listing.",
    "If fundingInfo has fewer than three quarters of the expected rows, a contract absent from it has an unknown interval, not 8 hours.",
    "That interestRate is per 8 h is from Binance's general description, not from that of the field.",
    "A perpetual with an early deliveryDate is probably about to be delisted; it is shown until it stops trading.",
    "Binance shortens an interval without notice when a rate stays at its cap; the change can take up to five minutes to appear here.",
  ],
  // The web firewall: too many requests or odd headers.
  classifyFailure: (status) => (status === 403 ? "banned" : null),
  // "IP banned until 1790000000000": the end of the ban if there is no Retry-After.
  statedWaitMs: (bodyStart, nowMs) => {
    const until = /banned until (\d{13})/.exec(bodyStart)?.[1];
    return until === undefined ? null : Number(until) - nowMs;
  },
} satisfies ExchangeFacts;

const MINUTE_MS = 60_000;
const INSTRUMENTS_EVERY_MS = 30 * MINUTE_MS;
const INTERVALS_EVERY_MS = 5 * MINUTE_MS;
/** About 740 symbols in 8 minutes are 1.5 requests a second. */
const OPEN_INTEREST_ROTATION_MS = 8 * MINUTE_MS;

/** `interestRate` refers to this period. */
const INTEREST_PERIOD_HOURS = 8;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC", "FDUSD", "USD1"]);

const CLASS_OF_UNDERLYING: Readonly<Record<string, AssetClass | null>> = {
  COIN: "crypto",
  INDEX: "index",
  EQUITY: "stock",
  HK_EQUITY: "stock",
  KR_EQUITY: "stock",
  CN_EQUITY: "stock",
  COMMODITY: null, // Metals go by this name too.
  FX: "forex",
};
const PERPETUALS: ReadonlySet<string> = new Set(["PERPETUAL", "TRADIFI_PERPETUAL"]);
/** Dated contracts, and contracts being delivered. */
const OTHER_CONTRACT = /^(CURRENT|NEXT)_(MONTH|QUARTER)\b|DELIVERING$/;
/** The tag of shares that are not traded yet, in addition to underlyingType PREMARKET. */
const PRE_IPO_TAG = "Pre-IPO";

/** A live linear perpetual of exchangeInfo. */
type Listing = Pick<Quote, "exchangeSymbol" | "base" | "quote" | "assetClass" | "listedAtMs">;

async function fetchRaw(source: Source): Promise<Raw> {
  const listed = source.instruments("exchangeInfo", INSTRUMENTS_EVERY_MS, loadSymbols);
  const [premiums, symbols, intervals, tickers, openInterests] = await Promise.all([
    source.essential("premiumIndex", loadPremiums),
    listed,
    source.intervals("fundingInfo", INTERVALS_EVERY_MS, loadIntervals),
    source.secondary("ticker24hr", loadTickers),
    listed.then((reply) =>
      source.rotation(
        "openInterest",
        [...listingsOf(reply.value).live.keys()],
        OPEN_INTEREST_ROTATION_MS,
        loadOpenInterest,
      ),
    ),
  ]);
  return { premiums, symbols, intervals, tickers, openInterests };
}

function parse(raw: Raw): Batch {
  const listings = listingsOf(raw.symbols.value);
  const funding = fundingLookup(raw.intervals?.value ?? null, listings.live.size);
  const volumes = new Map(raw.tickers?.value.rows.map((row) => [row.symbol, row.quoteVolume]));
  return joinRates({
    rates: raw.premiums.value,
    symbolOf: (row) => row.symbol,
    listings,
    quoteOf: (row, listing) =>
      quoteOf(row, listing, funding, raw.premiums.receivedAtMs, {
        openInterest: raw.openInterests.get(row.symbol)?.value.openInterest,
        volume: volumes.get(row.symbol),
      }),
  });
}

function listingsOf(list: Rows<SymbolRow>): Listings<Listing> {
  return readListings(list, (row) => row.symbol, listingOf);
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: SymbolRow): Listing | null {
  if (!row.status || typeof row.contractType !== "string") {
    throw new RowReject("bad_row", "status or contractType is missing");
  }
  // A contract that does not trade yet has an empty contractType.
  if (row.status !== "TRADING") return null;
  if (row.contractType === "") throw new RowReject("bad_row", "contractType is missing");
  if (OTHER_CONTRACT.test(row.contractType)) return null;
  if (!PERPETUALS.has(row.contractType))
    throw new RowReject("unknown_kind", `contractType ${row.contractType}`);
  const { baseAsset, quoteAsset, marginAsset } = row;
  if (!baseAsset || !quoteAsset || !marginAsset) {
    throw new RowReject("bad_row", "an asset is missing");
  }
  // Coin-margined rows have another margin asset than quote asset.
  if (!DOLLARS.has(quoteAsset) || quoteAsset !== marginAsset) return null;
  if (row.underlyingType === "PREMARKET") return null;
  if (row.underlyingSubType?.includes(PRE_IPO_TAG) === true) return null;
  if (!row.underlyingType) throw new RowReject("bad_row", "underlyingType is missing");
  const assetClass = CLASS_OF_UNDERLYING[row.underlyingType];
  if (assetClass === undefined)
    throw new RowReject("unknown_kind", `underlyingType ${row.underlyingType}`);
  return {
    exchangeSymbol: row.symbol,
    base: baseAsset,
    quote: quoteAsset,
    assetClass,
    listedAtMs: epochMsOf(row.onboardDate),
  };
}

function quoteOf(
  row: PremiumRow,
  listing: Listing,
  fundingOf: FundingLookup,
  receivedAtMs: number,
  secondary: { readonly openInterest: Numeric; readonly volume: Numeric },
): Quote | null {
  // 0 means that the contract pays no funding.
  if (numberOf(row.nextFundingTime) === 0) return null;
  const exchangeTimeMs = epochMsOf(row.time);
  const atMs = observedAtMs(exchangeTimeMs, receivedAtMs);
  const fundingRate = rateOf(row.lastFundingRate, "lastFundingRate");
  const nextMs = positiveOf(row.nextFundingTime);
  const { bounds, ...interval } = fundingOf(row.symbol, nextMs);
  const times = fundingTimesOf(nextMs, atMs, interval, "nextFundingTime");
  if (times === null) return null;
  const markPrice = positiveOf(row.markPrice);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: row.symbol,
    ...canonicalAsset(listing.base, ["numeric_prefix", "million_prefix"]),
    quote: listing.quote,
    settle: listing.quote,
    assetClass: listing.assetClass,
    accrual: facts.accrual,
    listedAtMs: listing.listedAtMs,
    fundingRate,
    ...times,
    // They were received with the interval and are as old as it is.
    ...(times.fundingIntervalHours === interval.hours ? bounds : NO_BOUNDS),
    baselineRate: baselineOf(row.interestRate, times.fundingIntervalHours),
    markPrice,
    indexPrice: positiveOf(row.indexPrice),
    // The contract size is 1 unit of the base.
    openInterestDigit: lastDigitOf(secondary.openInterest),
    openInterestUsd: product(quantityOf(secondary.openInterest), markPrice),
    volume24hUsd: quantityOf(secondary.volume),
    exchangeTimeMs,
    receivedAtMs,
  };
}

/** `interestRate` is charged in proportion to the interval's length. */
function baselineOf(interestRate: Numeric, intervalHours: number | null): number | null {
  const interest = numberOf(interestRate);
  if (interest === null || Math.abs(interest) > MAX_ABS_RATE) return null;
  return product(interest, intervalHours, 1 / INTEREST_PERIOD_HOURS);
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const premiumIndex = raw.premiums.value.rows.find(isAsked);
  if (premiumIndex === undefined) return null;
  const rows = {
    premiumIndex,
    fundingInfo: raw.intervals?.value.rows.find(isAsked) ?? null,
    exchangeInfo: raw.symbols.value.rows.find(isAsked) ?? null,
    ticker24hr: raw.tickers?.value.rows.find(isAsked) ?? null,
    openInterest: raw.openInterests.get(exchangeSymbol)?.value ?? null,
  };
  return { rows, formula: "{premiumIndex.lastFundingRate}" };
}

export const binance = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
