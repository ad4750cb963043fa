import { z } from "zod";
import { HOURS_PER_DAY, nextGridTimeMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./apex-history-wire.ts";
import { CATALOGUE_PATH, catalogueOf, dataOf } from "./apex-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, joinedRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  anyValue,
  lastDigitOf,
  nonEmpty,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * ApeX Omni perpetuals: those of coins, and those of stocks, indices and commodities, which are a separate list in the
 * catalogue. Prediction contracts are in the tickers' reply, too, and in a third list that is not read.
 * `predictedFundingRate` was always the interest component and is not used; the unit of the caps is not confirmed, so
 * none is given. See `caveats` for what else the sources leave open.
 *
 * Sample row, with made-up numbers:
 * tickers { symbol: "BTCUSDT", markPrice: "83609.0", indexPrice: "83579.6", openInterest: "115389.021",
 *   turnover24h: "10163492627.1163559", fundingRate: "0.0000125", nextFundingTime: "2026-11-02T13:00:00Z" }
 * contracts { crossSymbolName: "BTCUSDT", baseTokenId: "BTC", settleAssetId: "USDT", enableTrade: true,
 *   isPrelaunch: false, enableFundingSettlement: true, fundingInterestRate: "0.0003", category: "L1" }
 */
const facts = {
  id: "apex",
  name: "ApeX Omni",
  kind: "decentralised",
  hosts: { main: "https://omni.apex.exchange" },
  // Documented: 600 requests in 60 s per address.
  pacing: { requests: 2, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://api-docs.omni.apex.exchange",
  requestsPerRefresh: 1,
  rateRule: "fundingRate of data/all-ticker-info: a fraction per hour, charged at nextFundingTime.",
  intervalRule: "One hour for every market, as documented; no field says so.",
  providedFields: [
    "nextFundingAtMs",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  coinsByExclusion: true,
  caveats: [
    "That fundingRate is the estimate for the current hour was observed; the exchange does not define it.",
    "predictedFundingRate was only seen at the interest component and may be a constant: it is not used.",
    "Whether fundingMaxRate and fundingMinRate are per hour is not confirmed: no cap is used.",
    "A contract of the stock list without a category (SOXL) has no asset class; any contract of the perpetual list is a coin, with or without its sector as category.",
    "Whether openInterest counts one side or both is not known; the few values seen are all even numbers of steps.",
  ],
  // Documented: too many requests are answered with 403.
  classifyFailure: (status) => (status === 403 ? "rate_limited" : null),
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** Funding is exchanged hourly. */
const INTERVAL_HOURS = 1;
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** The older format, without a date. */
const TIME_OF_DAY = /^\d\d:\d\d:\d\d$/;

/** The categories of the stock list; those of the perpetual list are sectors of coins. */
const CLASS_OF_CATEGORY: ReadonlyMap<string, AssetClass> = new Map([
  ["STOCK", "stock"],
  ["INDEX", "index"],
  ["COMMODITY", "commodity"],
]);

const tickerRow = z.object({
  symbol: nonEmpty,
  markPrice: numeric,
  indexPrice: numeric,
  openInterest: numeric,
  turnover24h: numeric,
  fundingRate: numeric,
  nextFundingTime: word,
});
const contractRow = z.object({
  crossSymbolName: nonEmpty,
  baseTokenId: word,
  settleAssetId: word,
  enableTrade: anyValue,
  isPrelaunch: anyValue,
  enableFundingSettlement: anyValue,
  fundingInterestRate: numeric,
  category: word,
});
type TickerRow = z.infer<typeof tickerRow>;
type ContractRow = z.infer<typeof contractRow>;

/** The catalogue's lists of contracts that are charged funding. */
interface Contracts {
  readonly perpetuals: Rows<ContractRow>;
  readonly stocks: Rows<ContractRow>;
}

interface Raw {
  readonly tickers: Reply<Rows<TickerRow>>;
  readonly contracts: Reply<Contracts>;
}

type Listing = Listed<"assetClass" | "baselineRate">;

const loadTickers: Load<Rows<TickerRow>> = (http) =>
  http.get("/api/v3/data/all-ticker-info", (body) => decodeRows(tickerRow, dataOf(body), "symbol"));

const loadContracts: Load<Contracts> = (http) =>
  http.get(CATALOGUE_PATH, (body) => {
    const { perpetuals, stocks } = catalogueOf(body);
    return {
      perpetuals: decodeRows(contractRow, perpetuals, "crossSymbolName"),
      // Older catalogues have no such list, and it may be empty.
      stocks:
        stocks.length === 0
          ? { rows: [], rejects: [] }
          : decodeRows(contractRow, stocks, "crossSymbolName"),
    };
  });

async function fetchRaw(source: Source): Promise<Raw> {
  const [tickers, contracts] = await Promise.all([
    source.essential("tickers", loadTickers),
    source.instruments("contracts", INSTRUMENTS_EVERY_MS, loadContracts),
  ]);
  return { tickers, contracts };
}

function parse({ tickers, contracts }: Raw): Batch {
  const { perpetuals, stocks } = contracts.value;
  const ofStocks = new Set(stocks.rows);
  return joinRates({
    rates: tickers.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(
      joinedRows([perpetuals, stocks], (row) => row.crossSymbolName),
      (row) => row.crossSymbolName,
      (row) => listingOf(row, ofStocks.has(row)),
    ),
    quoteOf: (row, listing) => quoteOf(row, listing, tickers.receivedAtMs),
    // By design predictions are tickers without a perpetual.
    shouldBeListed: () => false,
  });
}

/** Null for a contract that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: ContractRow, isOfStocks: boolean): Listing | null {
  if (row.enableTrade === false || row.isPrelaunch === true) return null;
  if (row.enableFundingSettlement === false) return null;
  if (row.enableTrade !== true || row.isPrelaunch !== false) {
    throw new RowReject("bad_row", "enableTrade or isPrelaunch is neither true nor false");
  }
  if (row.enableFundingSettlement !== true) {
    throw new RowReject("bad_row", "enableFundingSettlement is neither true nor false");
  }
  const { baseTokenId: base, settleAssetId: settle } = row;
  if (!base || !settle) throw new RowReject("bad_row", "an asset is missing");
  if (!DOLLARS.has(settle)) return null;
  return {
    exchangeSymbol: row.crossSymbolName,
    ...canonicalAsset(base, ["numeric_prefix"]),
    quote: settle,
    settle,
    assetClass: isOfStocks ? (CLASS_OF_CATEGORY.get(row.category ?? "") ?? null) : "crypto",
    // The interest is per day.
    baselineRate: rateBoundOf(product(positiveOf(row.fundingInterestRate), 1 / HOURS_PER_DAY)),
  };
}

function quoteOf(row: TickerRow, listing: Listing, receivedAtMs: number): Quote | null {
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    nextTimeOf(row.nextFundingTime, receivedAtMs),
    receivedAtMs,
    { hours: INTERVAL_HOURS, source: "documented_default" },
    "nextFundingTime",
  );
  if (times === null) return null;
  const markPrice = positiveOf(row.markPrice);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    markPrice,
    indexPrice: positiveOf(row.indexPrice),
    openInterestDigit: lastDigitOf(row.openInterest),
    openInterestUsd: product(quantityOf(row.openInterest), markPrice),
    volume24hUsd: quantityOf(row.turnover24h),
    receivedAtMs,
  };
}

/** Unix ms of an ISO time; a time of day means the next full hour; anything else is unknown. */
function nextTimeOf(time: string | null | undefined, receivedAtMs: number): number | null {
  if (!time) return null;
  if (TIME_OF_DAY.test(time)) return nextGridTimeMs(receivedAtMs, INTERVAL_HOURS);
  return ISO_TIME.test(time) ? positiveOf(Date.parse(time)) : null;
}

function explain({ tickers, contracts }: Raw, exchangeSymbol: string): RateOrigin | null {
  const ticker = tickers.value.rows.find((row) => row.symbol === exchangeSymbol);
  const { perpetuals, stocks } = contracts.value;
  const contract = [...perpetuals.rows, ...stocks.rows].find(
    (row) => row.crossSymbolName === exchangeSymbol,
  );
  return originOf("{tickers.fundingRate}", { tickers: ticker, contracts: contract });
}

export const apex = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
