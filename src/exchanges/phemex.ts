import { z } from "zod";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./phemex-history-wire.ts";
import { dataOf, PRODUCTS_PATH } from "./phemex-wire.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
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
 * Phemex linear perpetuals in USDT and USDC. Rates are paged, and a reply of one page looks complete, so pages are read
 * until the stated total is reached. Prices, open interest and volume are in the ticker of all contracts. See `caveats`
 * for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTCUSDT", fundingInterval: 28800, nextfundingTime: 1793635200000, fundingRate: "0.00070730",
 *   interestRate: "0.0001", fundingRateCap: "0.003", fundingRateFloor: "-0.003" }
 * instruments { symbol: "BTCUSDT", type: "PerpetualV2", status: "Listed", perpProductSubType: "Normal",
 *   baseCurrency: "BTC", quoteCurrency: "USDT", settleCurrency: "USDT", listTime: 1701043200000 }
 */
const facts = {
  id: "phemex",
  name: "Phemex",
  kind: "centralised",
  hosts: { main: "https://api.phemex.com" },
  // Documented: 5,000 requests in 5 minutes per address; headers show 300 per minute for two of the calls.
  pacing: { requests: 3, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://phemex-docs.github.io/#query-real-funding-rates",
  requestsPerRefresh: 2,
  rateRule:
    "fundingRate: the current estimate, charged at nextfundingTime; a fraction per contract interval, used as is.",
  intervalRule: "fundingInterval of the same row, seconds divided by 3600.",
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
  ],
  coinsByExclusion: true,
  caveats: [
    "That longs pay a positive rate is the usual convention; the exchange pages consulted do not state it.",
    "How the estimate becomes the settled rate at a settlement was not observed.",
    "The period of interestRate is not stated; it is taken as the resting rate of 8-hour contracts only.",
    "A contract marked TradFi may be a stock, an index or a commodity: its asset class is unknown.",
    "It is not stated whether open interest counts one side or both; it is shown as sent.",
    "Which regions are blocked, and how, is not known.",
  ],
} satisfies ExchangeFacts;

const RATES_PATH = "/contract-biz/public/real-funding-rates";
/** Known to work; the default is 20. */
const PAGE_SIZE = 200;
/** All listings fit in one page, or in seven of the default size; a larger total is wrong. */
const MAX_PAGES = 8;
const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const SECONDS_PER_HOUR = 3600;
const INTEREST_PERIOD_HOURS = 8;
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
const PRE_MARKET = "PreMarket";
const COIN = "Normal";
const ORDINARY: ReadonlySet<string> = new Set([COIN, "TradFi"]);
/** Phemex's own name for a fund that has another ticker elsewhere. */
const TICKER_OF_OWN_NAME: ReadonlyMap<string, string> = new Map([["SPYX", "SPY"]]);

const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  fundingInterval: numeric,
  nextfundingTime: numeric,
  fundingRate: numeric,
  interestRate: numeric,
  fundingRateCap: numeric,
  fundingRateFloor: numeric,
});
type RateRow = z.infer<typeof rateRow>;
const tickerRow = z.object({
  symbol,
  markRp: numeric,
  indexRp: numeric,
  openInterestRv: numeric,
  turnoverRv: numeric,
});
type TickerRow = z.infer<typeof tickerRow>;
const productRow = z.object({
  symbol,
  type: word,
  status: word,
  perpProductSubType: word,
  baseCurrency: word,
  quoteCurrency: word,
  settleCurrency: word,
  listTime: numeric,
});
type ProductRow = z.infer<typeof productRow>;

interface Products extends Rows<ProductRow> {
  /** Symbols of coin-margined and spot products, which the rates contain too. */
  readonly others: ReadonlySet<string>;
}

interface Rates extends Rows<RateRow> {
  /** What the page limit cut off; null: nothing. */
  readonly left: string | null;
}

interface Raw {
  readonly rates: Reply<Rates>;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly instruments: Reply<Products>;
}

/** A live linear perpetual of the product list. */
type Listing = Listed<"assetClass" | "listedAtMs">;

const ratePage = z.object({ total: numeric, rows: z.array(z.unknown()) });
const productLists = z.object({
  products: z.array(z.unknown()).catch([]),
  perpProductsV2: z.unknown(),
});
const tickerEnvelope = z.object({ error: anyValue, result: anyValue });
const named = z.object({ symbol });

const loadRates: Load<Rates> = async (http) => {
  const rows: unknown[] = [];
  let left: string | null = null;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const path = `${RATES_PATH}?pageNum=${page}&pageSize=${PAGE_SIZE}`;
    const reply = await http.get(path, (body) => decodeEnvelope(ratePage, dataOf(body)));
    const total = numberOf(reply.total);
    if (total === null) throw badEnvelope("total is not a number");
    rows.push(...reply.rows);
    // An empty page ends the list, whatever the total says.
    const isLast = rows.length >= total || reply.rows.length === 0;
    left = isLast ? null : `rates after the first ${rows.length} of ${total}`;
    if (isLast) break;
  }
  return { ...decodeRows(rateRow, rows, "symbol"), left };
};

const loadTickers: Load<Rows<TickerRow>> = (http) =>
  http.get("/md/v3/ticker/24hr/all", (body) => {
    const { error, result } = decodeEnvelope(tickerEnvelope, body);
    if (error !== null && error !== undefined) throw badEnvelope("the reply is an error");
    return decodeRows(tickerRow, result, "symbol");
  });

const loadProducts: Load<Products> = (http) =>
  http.get(PRODUCTS_PATH, (body) => {
    const { products, perpProductsV2 } = decodeEnvelope(productLists, dataOf(body));
    const others = products.flatMap((row) => named.safeParse(row).data?.symbol ?? []);
    return { ...decodeRows(productRow, perpProductsV2, "symbol"), others: new Set(others) };
  });

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, tickers, instruments] = await Promise.all([
    source.essential("rates", loadRates),
    source.secondary("tickers", loadTickers),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadProducts),
  ]);
  return { rates, tickers, instruments };
}

function parse({ rates, tickers, instruments }: Raw): Batch {
  const { rows: listed, others } = instruments.value;
  // Older lists lack the key.
  const isToday = listed.some((row) => row.perpProductSubType);
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.symbol, row]));
  const { left } = rates.value;
  return {
    ...joinRates({
      rates: rates.value,
      symbolOf: (row) => row.symbol,
      listings: readListings(
        instruments.value,
        (row) => row.symbol,
        isToday ? listingOf : contractOf,
      ),
      quoteOf: (row, listing) =>
        quoteOf(row, listing, tickerOf.get(row.symbol), rates.receivedAtMs),
      shouldBeListed: (row) => !others.has(row.symbol),
    }),
    ...(left === null ? {} : { leftOut: left }),
  };
}

/** Null for a row that must not be shown; throws RowReject if unclear: without a kind it may be pre-market. */
function listingOf(row: ProductRow): Listing | null {
  const { perpProductSubType: subType } = row;
  if (!isListed(row) || subType === PRE_MARKET) return null;
  if (!subType) throw new RowReject("bad_row", "perpProductSubType is missing");
  if (!ORDINARY.has(subType))
    throw new RowReject("unknown_kind", "perpProductSubType is none of the known ones");
  return contractOf(row);
}

function isListed({ type, status }: ProductRow): boolean {
  if (!type || !status) throw new RowReject("bad_row", "type or status is missing");
  return type === "PerpetualV2" && status === "Listed";
}

function contractOf(row: ProductRow): Listing | null {
  const { perpProductSubType: subType, quoteCurrency, settleCurrency } = row;
  if (!isListed(row)) return null;
  // "1000 SHIB" has a space.
  const base = row.baseCurrency?.replaceAll(" ", "");
  if (!base || !quoteCurrency || !settleCurrency)
    throw new RowReject("bad_row", "a currency is missing");
  if (!DOLLARS.has(quoteCurrency) || !DOLLARS.has(settleCurrency)) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(TICKER_OF_OWN_NAME.get(base) ?? base, ["numeric_prefix"]),
    quote: quoteCurrency,
    settle: settleCurrency,
    assetClass: subType === COIN ? "crypto" : null,
    listedAtMs: epochMsOf(row.listTime),
  };
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  ticker: TickerRow | undefined,
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextfundingTime),
    receivedAtMs,
    { hours: intervalHoursOf(row.fundingInterval, SECONDS_PER_HOUR), source: "published" },
    "nextfundingTime",
  );
  if (times === null) return null;
  const markPrice = positiveOf(ticker?.markRp);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(row.fundingRateCap),
    rateFloor: rateFloorOf(row.fundingRateFloor),
    baselineRate:
      times.fundingIntervalHours === INTEREST_PERIOD_HOURS ? rateCapOf(row.interestRate) : null,
    markPrice,
    indexPrice: positiveOf(ticker?.indexRp),
    // In base coins.
    openInterestDigit: lastDigitOf(ticker?.openInterestRv),
    openInterestUsd: product(quantityOf(ticker?.openInterestRv), markPrice),
    volume24hUsd: quantityOf(ticker?.turnoverRv),
    receivedAtMs,
  };
}

/** The rates row as received; the rate needs no conversion. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const ours = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = raw.rates.value.rows.find(ours);
  const instruments = raw.instruments.value.rows.find(ours);
  const tickers = raw.tickers?.value.rows.find(ours);
  return originOf("{rates.fundingRate}", { rates, instruments }, { tickers });
}

export const phemex = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
