import { observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./bitget-history-wire.ts";
import { categoryOf, load, ROWS } from "./bitget-wire.ts";
import type {
  Family,
  InstrumentRow,
  RateRow,
  Raw,
  Settle,
  TickerRow,
  Timed,
} from "./bitget-wire.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { joinRates, NOT_PUBLISHED, readListings } from "./wire-join.ts";
import type { Listed, ListedBatch } from "./wire-join.ts";
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
  takerBpsOf,
} from "./wire.ts";

/**
 * Bitget perpetuals of the families USDT-FUTURES and USDC-FUTURES, only over API v3: it is the current generation (v2
 * is in maintenance), its bulk replies agreed with v2 on rate, mark and index when both were measured, and one code
 * path cannot mix up their fields. An interval missing from the rate's own reply is taken from the instrument list
 * while that is recent. See `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTCUSDT", fundingRate: "0.0001", fundingRateInterval: "8", nextUpdate: "1793635200000",
 *   minFundingRate: "-0.018", maxFundingRate: "0.018" }
 * instruments { symbol: "BTCUSDT", category: "USDT-FUTURES", type: "perpetual", status: "online", baseCoin: "BTC",
 *   quoteCoin: "USDT", deliveryTime: "", isRwa: "NO", symbolType: "crypto", launchTime: "1762992000000",
 *   fundInterval: "8", takerFeeRate: "0.0006" }
 */
const facts = {
  id: "bitget",
  name: "Bitget",
  kind: "centralised",
  hosts: { main: "https://api.bitget.com" },
  // Documented: 20 requests a second per address.
  pacing: { requests: 8, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://www.bitget.com/docs/catalog/market/derivatives",
  requestsPerRefresh: 4,
  rateRule:
    "fundingRate of current-fund-rate: a fraction per contract interval, charged at nextUpdate.",
  intervalRule:
    "fundingRateInterval of the same row, or else fundInterval of an instrument list less than 30 minutes old.",
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
  caveats: [
    "isRwa marks stocks, indices, metals, forex and pre-listing contracts alike. If symbolType calls such a contract crypto, as it does with forex, the asset class is unknown.",
    "No field identifies pre-listing contracts; only names known to be such are left out.",
    "Which regions are blocked, and how, is not known: a 403 counts as an HTTP failure.",
    "The documented default interest does not apply to contracts other than coins, so their resting rate is unknown.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** Intervals older than this are treated as unknown. */
const INTERVAL_LIFETIME_MS = 30 * 60_000;
/** Documented: a fixed interest of 0.01 % per 8 h on coins, divided by 8 / interval. */
const INTEREST_PER_HOUR = 0.0001 / 8;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
/** Values of `deliveryTime` on contracts without one. */
const NO_DELIVERY: ReadonlySet<unknown> = new Set([undefined, null, "", "0", 0]);
const CLASS_OF_TYPE: ReadonlyMap<string, AssetClass> = new Map([
  ["crypto", "crypto"],
  ["stock", "stock"],
  ["metal", "metal"],
  ["commodity", "commodity"],
]);

/** A live perpetual of the instrument list. */
type Listing = Listed<"assetClass" | "listedAtMs" | "takerFeeBps">;

async function fetchFamily(source: Source, settle: Settle): Promise<Family> {
  const path = (call: string): string => `/api/v3/market/${call}?category=${categoryOf(settle)}`;
  const [rates, tickers, instruments] = await Promise.all([
    source.essential(`rates${settle}`, load(path("current-fund-rate"), ROWS[settle].rates)),
    source.secondary(`tickers${settle}`, load(path("tickers"), ROWS[settle].tickers)),
    source.instruments(
      `instruments${settle}`,
      INSTRUMENTS_EVERY_MS,
      load(path("instruments"), ROWS[settle].instruments),
    ),
  ]);
  return { settle, rates, tickers, instruments };
}

async function fetchRaw(source: Source): Promise<Raw> {
  return {
    families: await Promise.all([fetchFamily(source, "USDT"), fetchFamily(source, "USDC")]),
  };
}

function parse(raw: Raw): Batch {
  const batches = raw.families.map(batchOf);
  return {
    quotes: batches.flatMap((batch) => batch.quotes),
    rejects: batches.flatMap((batch) => batch.rejects),
    expected: batches.reduce((sum, batch) => sum + batch.expected, 0),
    unlisted: batches.reduce((sum, batch) => sum + batch.unlisted, 0),
  };
}

function batchOf(family: Family): ListedBatch {
  const { rates, tickers, instruments, settle } = family;
  const listAgeMs = rates.receivedAtMs - instruments.receivedAtMs;
  const listedIntervals = new Map(
    instruments.value.rows.map((row) => [row.symbol, intervalHoursOf(row.fundInterval)]),
  );
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.symbol, row]));
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(
      instruments.value,
      (row) => row.symbol,
      (row) => listingOf(row, settle),
    ),
    quoteOf: (row, listing) => {
      const listed = listedIntervals.get(row.symbol) ?? null;
      const fallbackHours = listAgeMs <= INTERVAL_LIFETIME_MS ? listed : null;
      return quoteOf(row, listing, tickerOf.get(row.symbol), rates, fallbackHours);
    },
  });
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow, settle: Settle): Listing | null {
  if (!row.type || !row.status) throw new RowReject("bad_row", "type or status is missing");
  if (row.type === "delivery" || row.status !== "online") return null;
  if (row.type !== "perpetual") throw new RowReject("unknown_kind", `type ${row.type}`);
  if (!NO_DELIVERY.has(row.deliveryTime)) return null;
  if (!row.baseCoin || !row.quoteCoin) throw new RowReject("bad_row", "a coin is missing");
  if (!DOLLARS.has(row.quoteCoin)) return null;
  if (row.quoteCoin !== settle)
    throw new RowReject("bad_row", "quoteCoin is that of the other family");
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(row.baseCoin, ["numeric_prefix", "million_prefix"]),
    quote: row.quoteCoin,
    settle,
    assetClass: assetClassOf(row),
    listedAtMs: epochMsOf(row.launchTime),
    takerFeeBps: takerBpsOf(row.takerFeeRate),
  };
}

/** `symbolType` states it, but calls forex and compute "crypto" too: it is a coin if `isRwa` is "NO". */
function assetClassOf(row: InstrumentRow): AssetClass | null {
  const named = CLASS_OF_TYPE.get(row.symbolType ?? "") ?? null;
  return named === "crypto" && row.isRwa !== "NO" ? null : named;
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  ticker: TickerRow | undefined,
  reply: Reply<Timed<RateRow>>,
  fallbackHours: number | null,
): Quote | null {
  // "0" means that the contract pays no funding.
  if (numberOf(row.nextUpdate) === 0) return null;
  const exchangeTimeMs = reply.value.timeMs;
  const atMs = observedAtMs(exchangeTimeMs, reply.receivedAtMs);
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  // An implausible stated interval does not count as missing.
  const isStated = positiveOf(row.fundingRateInterval) !== null;
  const times = fundingTimesOf(
    positiveOf(row.nextUpdate),
    atMs,
    {
      hours: isStated ? intervalHoursOf(row.fundingRateInterval) : fallbackHours,
      source: "published",
      cached: !isStated,
    },
    "nextUpdate",
  );
  if (times === null) return null;
  const markPrice = positiveOf(ticker?.markPrice);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(row.maxFundingRate),
    rateFloor: rateFloorOf(row.minFundingRate),
    baselineRate: product(times.fundingIntervalHours, INTEREST_PER_HOUR),
    markPrice,
    indexPrice: positiveOf(ticker?.indexPrice),
    // In base coin; contract size is 1.
    openInterestDigit: lastDigitOf(ticker?.openInterest),
    openInterestUsd: product(quantityOf(ticker?.openInterest), markPrice),
    volume24hUsd: quantityOf(ticker?.turnover24h),
    exchangeTimeMs,
    receivedAtMs: reply.receivedAtMs,
  };
}

/** A symbol belongs to a family that has both a rate and an instrument with its name. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  for (const family of raw.families) {
    const rates = family.rates.value.rows.find(isAsked);
    const instruments = family.instruments.value.rows.find(isAsked);
    if (rates === undefined || instruments === undefined) continue;
    const tickers = family.tickers?.value.rows.find(isAsked) ?? null;
    return { rows: { rates, instruments, tickers }, formula: "{rates.fundingRate}" };
  }
  return null;
}

export const bitget = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
