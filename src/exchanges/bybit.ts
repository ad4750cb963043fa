import { observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./bybit-history-wire.ts";
import { loadInstruments, loadTickers } from "./bybit-wire.ts";
import type { InstrumentRow, Raw, TickerRow } from "./bybit-wire.ts";
import { defineExchange, type ExchangeFacts, type Source } from "./exchange.ts";
import { joinRates, type Listed, NOT_PUBLISHED, readListings } from "./wire-join.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  numberOf,
  positiveOf,
  product,
  quantityOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
} from "./wire.ts";

/** The text for a blocked address; the documentation asks for a pause of ten minutes. */
const TOO_FREQUENT = /too frequent/i;
const BAN_MS = 10 * 60_000;

/**
 * Bybit linear perpetuals, settled in USDT and USDC. Rate, interval and next time come in one reply. `openInterest`
 * counts both sides; the single figure is used, else half of it. See `caveats` for what the sources leave open.
 * `isPreListing` in the list marks pre-market contracts; the ticker's phase, which stays "Finished" on former ones,
 * only counts if the list does not have that mark.
 *
 * Sample row, with made-up numbers:
 * tickers { symbol: "BTCUSDT", fundingRate: "0.00017847", fundingIntervalHour: "8", nextFundingTime: "1793635200000",
 *   fundingCap: "0.003", markPrice: "83622.8", indexPrice: "83587.4", singleOpenInterest: "58356.489",
 *   singleOpenInterestValue: "4879933948.66", openInterest: "116712.978", openInterestValue: "9759867875.59",
 *   turnover24h: "12461788066.2310", curPreListingPhase: "" }
 */
const facts = {
  id: "bybit",
  name: "Bybit",
  kind: "centralised",
  hosts: { main: "https://api.bybit.com" },
  // Documented: 600 requests in 5 s per address.
  pacing: { requests: 10, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://bybit-exchange.github.io/docs/v5/market/tickers",
  requestsPerRefresh: 1,
  rateRule:
    "fundingRate of the linear tickers: a fraction per contract interval, charged at nextFundingTime.",
  intervalRule: "fundingIntervalHour of the same row.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "takerFeeBps",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "listedAtMs",
    "exchangeTimeMs",
  ],
  interestOf: "coins",
  coinsByExclusion: true,
  caveats: [
    "openInterest counts both sides according to Bybit and several clients, so singleOpenInterest is used (its ratio to daily turnover matches OKX and Gate), or half of openInterest if that is missing. Odd recorded values speak against it.",
    "That a trailing multiplier (SHIB1000) is written this way is from memory; a contradicting price undoes it.",
    "Only its HTML body distinguishes a country block from a rate limit.",
    "It is not stated whether every pre-IPO contract carries the pre-listing mark.",
    "The 11 bps taker fee of Innovation Zone contracts is from a single reading of the fee page; whether it also applies to the Adventure Zone is not known.",
  ],
  // The rate limit answers 403 with a text; the edge refuses countries with 403 and an HTML page.
  classifyFailure: (status, bodyStart) => {
    if (status !== 403) return null;
    if (TOO_FREQUENT.test(bodyStart)) return "banned";
    return /^\s*</.test(bodyStart) ? "geo_blocked" : null;
  },
  statedWaitMs: (bodyStart) => (TOO_FREQUENT.test(bodyStart) ? BAN_MS : null),
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** Documented: interest of 0.03 % a day on coins, charged in proportion to the length of the interval. */
const INTEREST_PER_HOUR = 0.0001 / 8;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
const CLASS_OF_TYPE: ReadonlyMap<string, AssetClass> = new Map([
  ["", "crypto"],
  ["innovation", "crypto"],
  ["adventure", "crypto"],
  ["stock", "stock"],
  ["xstocks", "stock"],
  ["etf", "etf"],
  ["forex", "forex"],
  ["commodity", "commodity"],
]);

/** Taker fee of contracts in the innovation zone, twice the usual 5.5 bps; they are marked in the list. */
const TAKER_BPS_OF_TYPE: ReadonlyMap<string, number> = new Map([["innovation", 11]]);
/** Ticker phases of contracts that are not (or no longer) pre-market. */
const NORMAL_PHASES: ReadonlySet<string> = new Set(["", "Finished"]);
const OTHER_CONTRACTS: ReadonlySet<string> = new Set([
  "LinearFutures",
  "InversePerpetual",
  "InverseFutures",
]);

/** A live linear perpetual of the instrument list. */
type Listing = Listed<"assetClass" | "takerFeeBps" | "listedAtMs" | "rateCap" | "rateFloor">;

async function fetchRaw(source: Source): Promise<Raw> {
  const [tickers, instruments] = await Promise.all([
    source.essential("tickers", loadTickers),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments),
  ]);
  return { tickers, instruments };
}

function parse({ tickers, instruments }: Raw): Batch {
  const isMarked = instruments.value.rows.some((row) => row.isPreListing !== undefined);
  const { listingOf, isPreMarket } = isMarked ? TODAY : OF_2023;
  return joinRates({
    rates: tickers.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(instruments.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) =>
      isPreMarket(row) ? null : quoteOf(row, listing, tickers.receivedAtMs, tickers.value.timeMs),
  });
}

/** The list marks contracts that are not launched yet: a row without the mark is damaged. */
const TODAY = { listingOf: markedListingOf, isPreMarket: () => false };
/** No such mark in the list: the ticker says what is not launched yet. */
const OF_2023 = { listingOf: contractOf, isPreMarket: isInPreListing };

function markedListingOf(row: InstrumentRow): Listing | null {
  const contract = contractOf(row);
  if (contract === null || row.isPreListing === true) return null;
  if (row.isPreListing !== false) throw new RowReject("bad_row", "isPreListing is not a boolean");
  return contract;
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function contractOf(row: InstrumentRow): Listing | null {
  if (!row.status || !row.contractType) {
    throw new RowReject("bad_row", "status or contractType is missing");
  }
  if (OTHER_CONTRACTS.has(row.contractType)) return null;
  if (row.contractType !== "LinearPerpetual") {
    throw new RowReject("unknown_kind", `contractType ${row.contractType}`);
  }
  if (row.status !== "Trading") return null;
  const { baseCoin, quoteCoin, settleCoin } = row;
  if (!baseCoin || !quoteCoin || !settleCoin) throw new RowReject("bad_row", "a coin is missing");
  if (!DOLLARS.has(quoteCoin) || !DOLLARS.has(settleCoin)) return null;
  const symbolType = typeof row.symbolType === "string" ? row.symbolType.toLowerCase() : null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(baseCoin, ["numeric_prefix", "numeric_suffix"]),
    quote: quoteCoin,
    settle: settleCoin,
    assetClass: symbolType === null ? null : (CLASS_OF_TYPE.get(symbolType) ?? null),
    takerFeeBps: symbolType === null ? null : (TAKER_BPS_OF_TYPE.get(symbolType) ?? null),
    listedAtMs: epochMsOf(row.launchTime),
    rateCap: rateCapOf(row.upperFundingRate),
    rateFloor: rateFloorOf(row.lowerFundingRate),
  };
}

/** By the ticker alone. Throws RowReject if that cannot be determined. */
function isInPreListing({ curPreListingPhase: phase }: TickerRow): boolean {
  if (typeof phase !== "string") {
    throw new RowReject("bad_row", "neither isPreListing nor curPreListingPhase is known");
  }
  return !NORMAL_PHASES.has(phase);
}

function quoteOf(
  row: TickerRow,
  listing: Listing,
  receivedAtMs: number,
  exchangeTimeMs: number | null,
): Quote | null {
  // "0" means that the contract pays no funding.
  if (numberOf(row.nextFundingTime) === 0) return null;
  const atMs = observedAtMs(exchangeTimeMs, receivedAtMs);
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTime),
    atMs,
    { hours: intervalHoursOf(row.fundingIntervalHour), source: "published" },
    "nextFundingTime",
  );
  if (times === null) return null;
  const cap = rateCapOf(row.fundingCap);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    // The symmetric cap was received with the rate; the bounds of the list may be older.
    rateCap: cap ?? listing.rateCap,
    rateFloor: cap === null ? listing.rateFloor : -cap,
    baselineRate: product(times.fundingIntervalHours, INTEREST_PER_HOUR),
    markPrice: positiveOf(row.markPrice),
    indexPrice: positiveOf(row.indexPrice),
    // Of the figure that is shown, or the one that it is half of.
    openInterestDigit: lastDigitOf(row.singleOpenInterest ?? row.openInterest),
    openInterestUsd:
      quantityOf(row.singleOpenInterestValue) ?? product(quantityOf(row.openInterestValue), 0.5),
    volume24hUsd: quantityOf(row.turnover24h),
    exchangeTimeMs,
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const tickers = raw.tickers.value.rows.find(isAsked);
  if (tickers === undefined) return null;
  const instruments = raw.instruments.value.rows.find(isAsked) ?? null;
  return { rows: { tickers, instruments }, formula: "{tickers.fundingRate}" };
}

export const bybit = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
