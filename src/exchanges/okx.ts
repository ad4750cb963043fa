import { HOUR_MS, MAX_ABS_RATE, observedAtMs, settlementMinuteMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./okx-history-wire.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { indexRow, instrumentRow, load, markRow, oiRow, rateRow, tickerRow } from "./okx-wire.ts";
import type { InstrumentRow, RateRow, Raw } from "./okx-wire.ts";
import { joinRates, type Listed, NOT_PUBLISHED, readListings } from "./wire-join.ts";
import type { Rows } from "./wire-rows.ts";
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

/**
 * OKX linear swaps settled in USDT and USDC. One reply contains the rates of all swaps; its `fundingTime` is the next
 * settlement and `nextFundingTime` the one after it. The rate is that of the running period, which began at
 * `prevFundingTime`: the following period may have another length if the interval changes after the coming settlement.
 * See `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * rates { instId: "BTC-USDT-SWAP", instType: "SWAP", fundingRate: "0.0000171920397681", fundingTime: "1793635200000",
 *   nextFundingTime: "1793649600000", prevFundingTime: "1793620800000", formulaType: "withRate",
 *   interestRate: "0.0001000000000000", minFundingRate: "-0.01", maxFundingRate: "0.01",
 *   settFundingRate: "0.0000133302627861", settState: "settled", ts: "1793621820000" }
 * instruments { instId: "BTC-USDT-SWAP", instType: "SWAP", ctType: "linear", state: "live", ruleType: "normal",
 *   settleCcy: "USDT", uly: "BTC-USDT", instFamily: "BTC-USDT", instCategory: "1", listTime: "1780531200000" }
 */
const facts = {
  id: "okx",
  name: "OKX",
  kind: "centralised",
  hosts: { main: "https://www.okx.com" },
  // Documented: 10 requests in 2 s per endpoint and address; this is the pace for all endpoints together.
  pacing: { requests: 8, perMs: 2000 },
  accrual: "periodic",
  documentation: "https://www.okx.com/docs-v5/en/#public-data-rest-api-get-funding-rate",
  requestsPerRefresh: 5,
  rateRule:
    "fundingRate of public/funding-rate: a fraction per contract interval, charged at fundingTime (nextFundingTime is the settlement after that).",
  intervalRule:
    "Hours from prevFundingTime to fundingTime of the same row, which is the current period. For a contract that has never settled: from fundingTime to nextFundingTime.",
  providedFields: [
    "nextFundingAtMs",
    "settledRate",
    "settledAtMs",
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
    "The response that OKX sends to blocked regions is not confirmed; a 403 with an HTML page is treated as such a block.",
    "No field distinguishes pre-IPO swaps from stock swaps; only names known to be pre-IPO are left out.",
    "Index prices in USDC are not requested, because no live USDC swap has been seen.",
    "The resting rate is the 8-hour interest scaled to the interval: this follows from recorded rows, not from the documentation.",
  ],
  classifyFailure: (status, bodyStart) =>
    status === 403 && /^\s*</.test(bodyStart) ? "geo_blocked" : null,
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const INTEREST_PERIOD_HOURS = 8;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
/** Rule types of contracts that are not ordinary perpetuals. */
const OTHER_RULES: ReadonlySet<string> = new Set(["pre_market", "rebase_contract", "xperp"]);
/** 6 is bonds, for which there is no class. */
const CLASS_OF_CATEGORY: ReadonlyMap<number, AssetClass> = new Map([
  [1, "crypto"],
  [3, "stock"],
  [4, "commodity"],
  [5, "forex"],
]);

/** A live linear swap of the instrument list; `underlying` (`BTC-USDT`) is also its index. */
interface Listing {
  readonly exchangeSymbol: string;
  readonly underlying: string;
  readonly identity: Listed<"assetClass" | "listedAtMs">;
}

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, instruments, marks, openInterests, tickers, indexes] = await Promise.all([
    source.essential("fundingRate", load("/api/v5/public/funding-rate?instId=ANY", rateRow)),
    source.instruments(
      "instruments",
      INSTRUMENTS_EVERY_MS,
      load("/api/v5/public/instruments?instType=SWAP", instrumentRow),
    ),
    source.secondary("markPrice", load("/api/v5/public/mark-price?instType=SWAP", markRow)),
    source.secondary("openInterest", load("/api/v5/public/open-interest?instType=SWAP", oiRow)),
    source.secondary("tickers", load("/api/v5/market/tickers?instType=SWAP", tickerRow)),
    source.secondary("indexTickers", load("/api/v5/market/index-tickers?quoteCcy=USDT", indexRow)),
  ]);
  return { rates, instruments, marks, openInterests, tickers, indexes };
}

const byId = <R extends { readonly instId: string }>(reply: Reply<Rows<R>> | null) =>
  new Map(reply?.value.rows.map((row) => [row.instId, row]));

function parse(raw: Raw): Batch {
  const prices = pricesOf(raw);
  return joinRates({
    rates: raw.rates.value,
    symbolOf: (row) => row.instId,
    listings: readListings(raw.instruments.value, (row) => row.instId, listingOf),
    quoteOf: (row, listing) =>
      isSwap(row) ? quoteOf(row, listing, prices(listing), raw.rates.receivedAtMs) : null,
    shouldBeListed: isSwap,
  });
}

/** The reply also contains dated contracts (X-Perps) as FUTURES. */
function isSwap({ instType }: RateRow): boolean {
  return typeof instType !== "string" || instType === "SWAP";
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  // A preopen row may contain nothing but its id, type and state.
  if (!row.instType || !row.state) throw new RowReject("bad_row", "instType or state is missing");
  if (row.instType !== "SWAP" || row.state !== "live") return null;
  if (!row.ctType || !row.ruleType) throw new RowReject("bad_row", "ctType or ruleType is missing");
  if (row.ctType !== "linear" || OTHER_RULES.has(row.ruleType)) return null;
  if (row.ruleType !== "normal") throw new RowReject("unknown_kind", `ruleType ${row.ruleType}`);
  if (!row.settleCcy) throw new RowReject("bad_row", "settleCcy is missing");
  const underlying = row.uly || row.instFamily || "";
  const [base, quote, ...rest] = underlying.split("-");
  if (!base || !quote || rest.length > 0) {
    throw new RowReject("unknown_kind", "uly is not BASE-QUOTE");
  }
  if (!DOLLARS.has(row.settleCcy) || !DOLLARS.has(quote)) return null;
  return {
    exchangeSymbol: row.instId,
    underlying,
    identity: {
      exchangeSymbol: row.instId,
      ...canonicalAsset(base, ["numeric_prefix", "million_prefix"]),
      quote,
      settle: row.settleCcy,
      assetClass: CLASS_OF_CATEGORY.get(numberOf(row.instCategory) ?? 0) ?? null,
      listedAtMs: epochMsOf(row.listTime),
    },
  };
}

type Prices = Pick<Quote, "markPrice" | "indexPrice" | "openInterestUsd" | "volume24hUsd">;

function pricesOf(raw: Raw): (listing: Listing) => Prices {
  const marks = byId(raw.marks);
  const openInterests = byId(raw.openInterests);
  const tickers = byId(raw.tickers);
  const indexes = byId(raw.indexes);
  return ({ exchangeSymbol, underlying }) => {
    const markPrice = positiveOf(marks.get(exchangeSymbol)?.markPx);
    const openInterest = openInterests.get(exchangeSymbol);
    const ticker = tickers.get(exchangeSymbol);
    return {
      markPrice,
      indexPrice: positiveOf(indexes.get(underlying)?.idxPx),
      openInterestDigit: lastDigitOf(openInterest?.oiCcy),
      openInterestUsd:
        quantityOf(openInterest?.oiUsd) ?? product(quantityOf(openInterest?.oiCcy), markPrice),
      // `volCcy24h` of a swap is in base coin.
      volume24hUsd: product(quantityOf(ticker?.volCcy24h), positiveOf(ticker?.last)),
    };
  };
}

function quoteOf(row: RateRow, of: Listing, prices: Prices, receivedAtMs: number): Quote | null {
  const exchangeTimeMs = epochMsOf(row.ts);
  const atMs = observedAtMs(exchangeTimeMs, receivedAtMs);
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const interval = { hours: intervalOf(row), source: "derived" } as const;
  const times = fundingTimesOf(positiveOf(row.fundingTime), atMs, interval, "fundingTime");
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    ...of.identity,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    ...settledOf(row, atMs),
    rateCap: rateCapOf(row.maxFundingRate),
    rateFloor: rateFloorOf(row.minFundingRate),
    baselineRate: baselineOf(row, times.fundingIntervalHours),
    ...prices,
    exchangeTimeMs,
    receivedAtMs,
  };
}

/** The running period; if nothing was settled before it, the following one. */
function intervalOf(row: RateRow): number | null {
  const previousMs = epochMsOf(row.prevFundingTime);
  const comingMs = epochMsOf(row.fundingTime);
  if (previousMs !== null) return hoursBetween(previousMs, comingMs);
  return hoursBetween(comingMs, epochMsOf(row.nextFundingTime));
}

/** Hours between two settlements (unix ms); null if either is unknown or the span is not an interval. */
function hoursBetween(fromMs: number | null, toMs: number | null): number | null {
  if (fromMs === null || toMs === null) return null;
  return intervalHoursOf(settlementMinuteMs(toMs) - settlementMinuteMs(fromMs), HOUR_MS);
}

/** While `settState` is "processing" the rate is not charged yet. */
function settledOf(row: RateRow, atMs: number): Pick<Quote, "settledRate" | "settledAtMs"> {
  const settledRate = numberOf(row.settFundingRate);
  const settledAtMs = epochMsOf(row.prevFundingTime);
  const isCharged = row.settState === "settled" && settledAtMs !== null && settledAtMs <= atMs;
  return isCharged && settledRate !== null && Math.abs(settledRate) <= MAX_ABS_RATE
    ? { settledRate, settledAtMs }
    : { settledRate: null, settledAtMs: null };
}

/** Only if the formula has an interest component; `interestRate` is per 8 h. */
function baselineOf(row: RateRow, intervalHours: number | null): number | null {
  const interest = numberOf(row.interestRate);
  const isStated = row.formulaType === "withRate" && Math.abs(interest ?? 0) <= MAX_ABS_RATE;
  if (!isStated) return null;
  return product(interest, intervalHours, 1 / INTEREST_PERIOD_HOURS);
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly instId: string }): boolean => row.instId === exchangeSymbol;
  const rates = raw.rates.value.rows.find(isAsked);
  if (rates === undefined) return null;
  const instruments = raw.instruments.value.rows.find(isAsked) ?? null;
  const underlying = instruments?.uly || instruments?.instFamily;
  const rows = {
    rates,
    instruments,
    marks: raw.marks?.value.rows.find(isAsked) ?? null,
    openInterests: raw.openInterests?.value.rows.find(isAsked) ?? null,
    tickers: raw.tickers?.value.rows.find(isAsked) ?? null,
    indexes: raw.indexes?.value.rows.find(({ instId }) => instId === underlying) ?? null,
  };
  return { rows, formula: "{rates.fundingRate}" };
}

export const okx = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
