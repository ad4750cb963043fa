import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./blofin-history-wire.ts";
import { intervalOf, publishedHours } from "./blofin-interval-wire.ts";
import {
  loadInstruments,
  loadInterests,
  loadPrices,
  loadRates,
  loadSettledTimes,
  loadTickers,
} from "./blofin-wire.ts";
import type {
  InstrumentRow,
  InterestRow,
  PriceRow,
  RateRow,
  Raw,
  Settlement,
  TickerRow,
} from "./blofin-wire.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import type { Listed, Listings } from "./wire-join.ts";
import type { Rows } from "./wire-rows.ts";
import { type FundingTimes, fundingTimesOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  positiveOf,
  product,
  quantityOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
} from "./wire.ts";

/**
 * BloFin perpetuals. Each rate row states its interval and bounds; for a row that does not, the interval is the next
 * settlement minus the last one, fetched one instrument at a time. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * rates { instId: "BTC-USDT", fundingRate: "0.000087945752455563", fundingTime: "1793635200000", fundingInterval: "8",
 *   fundingIntervalUnit: "hour", fundingRateCap: "0.003", fundingRateFloor: "-0.003" }
 * instruments { instId: "BTC-USDT", baseCurrency: "BTC", quoteCurrency: "USDT", settleCurrency: "USDT",
 *   instType: "SWAP", contractType: "linear", state: "live", assetClass: "Crypto", listTime: "1696377600000" }
 */
const facts = {
  id: "blofin",
  name: "BloFin",
  kind: "centralised",
  hosts: { main: "https://openapi.blofin.com" },
  // Documented: 1500 requests in 5 min, so 5 a second on average, and 500 in a minute.
  pacing: { requests: 3, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.blofin.com/index.html#get-funding-rate",
  requestsPerRefresh: 2,
  rateRule:
    "fundingRate of market/funding-rate: a fraction per contract interval, charged at fundingTime.",
  intervalRule:
    "fundingInterval of the same row. If absent: fundingTime minus the last settlement in market/funding-rate-history, if that equals the time between the last two settlements.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "listedAtMs",
  ],
  caveats: [
    "That fundingRate is the current estimate, and positive when longs pay, is from the documentation alone.",
    "fundingInterval, the cap and floor, and open-interest without instId are sent but not documented.",
    "A contract without fundingInterval has no interval until its history has been read, up to a quarter of an hour.",
    "The asset class is BloFin's own except for disputed names: it calls gold a coin.",
    "ETHBTC is a ratio of two coins and is left out.",
  ],
  classifyFailure: (status, bodyStart) => {
    if (status !== 403) return null;
    // The firewall's ban (5 min) and the page for blocked countries share the status.
    return REGION_PAGE.test(bodyStart) ? "geo_blocked" : "banned";
  },
} satisfies ExchangeFacts;

/** "Restricted" alone may also refer to an address blocked by the firewall. */
const REGION_PAGE = /countr|region|jurisdiction/i;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** Volume and open interest are needed every few minutes. */
const QUANTITIES_EVERY_MS = 3 * 60_000;
/** All 471 instruments would take one request per 2 s; a value expires after two rotations, i.e. half an hour. */
const SETTLEMENTS_ROTATION_MS = 15 * 60_000;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
/** Their prices are not dollar amounts of an asset. */
const RATIOS: ReadonlySet<string> = new Set(["ETHBTC", "ETHBTC-USDT"]);
const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["Crypto", "crypto"],
  ["Stocks", "stock"],
  ["Commodities", "commodity"],
  ["Indices", "index"],
]);

const SWAP = "SWAP";
const LINEAR = "linear";
/** Known kinds that are not shown. */
const OTHER_KINDS: ReadonlySet<string> = new Set(["SPOT", "FUTURES", "OPTION", "inverse"]);

type Listing = Listed<"assetClass" | "listedAtMs">;

async function fetchRaw(source: Source): Promise<Raw> {
  const ratesReply = source.essential("rates", loadRates);
  const listed = source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments);
  const [rates, instruments, prices, tickers, interests, settlements] = await Promise.all([
    ratesReply,
    listed,
    source.secondary("prices", loadPrices),
    source.secondary("tickers", loadTickers, QUANTITIES_EVERY_MS),
    source.secondary("openInterest", loadInterests, QUANTITIES_EVERY_MS),
    Promise.all([ratesReply, listed]).then(([{ value }, list]) =>
      fetchSettlements(source, value, list.value),
    ),
  ]);
  return { rates, instruments, prices, tickers, interests, settlements };
}

/** Uses the next settlement of these rates, so that all times are from one moment. */
function fetchSettlements(
  source: Source,
  rates: Rows<RateRow>,
  instruments: Rows<InstrumentRow>,
): Promise<ReadonlyMap<string, Reply<Settlement>>> {
  const { live } = listingsOf(instruments);
  const silent = rates.rows.filter((row) => live.has(row.instId) && publishedHours(row) === null);
  const nextOf = new Map(silent.map((row) => [row.instId, epochMsOf(row.fundingTime)]));
  return source.rotation(
    "settlements",
    [...nextOf.keys()],
    SETTLEMENTS_ROTATION_MS,
    async (http, key) => ({
      settledAtMs: await loadSettledTimes(http, key),
      nextAtMs: nextOf.get(key) ?? null,
    }),
  );
}

function listingsOf(list: Rows<InstrumentRow>): Listings<Listing> {
  return readListings(list, (row) => row.instId, listingOf);
}

function parse(raw: Raw): Batch {
  const { rates, instruments, prices, tickers, interests, settlements } = raw;
  const priceOf = new Map(prices?.value.rows.map((row) => [row.instId, row]));
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.instId, row]));
  const interestOf = new Map(interests?.value.rows.map((row) => [row.instId, row]));
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.instId,
    listings: listingsOf(instruments.value),
    quoteOf: (row, listing) => {
      const times = fundingTimesOf(
        positiveOf(row.fundingTime),
        rates.receivedAtMs,
        intervalOf(row, settlements.get(row.instId)),
        "fundingTime",
      );
      if (times === null) return null;
      const sizes = sizesOf(
        priceOf.get(row.instId),
        tickerOf.get(row.instId),
        interestOf.get(row.instId),
      );
      return quoteOf(row, { ...listing, ...times, ...sizes }, rates.receivedAtMs);
    },
  });
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  const { instType, contractType, state, baseCurrency, quoteCurrency, settleCurrency } = row;
  if (!instType || !contractType || !state) {
    throw new RowReject("bad_row", "instType, contractType or state is missing");
  }
  // expireTime is meaningless: perpetuals have one too.
  if (instType !== SWAP || contractType !== LINEAR) {
    const kind = instType === SWAP ? contractType : instType;
    if (OTHER_KINDS.has(kind)) return null;
    throw new RowReject("unknown_kind", `instType ${instType}, contractType ${contractType}`);
  }
  if (state !== "live") return null;
  if (!baseCurrency || !quoteCurrency || !settleCurrency) {
    throw new RowReject("bad_row", "a currency is missing");
  }
  if (!DOLLARS.has(quoteCurrency) || !DOLLARS.has(settleCurrency)) return null;
  if (RATIOS.has(baseCurrency) || RATIOS.has(row.instId)) return null;
  return {
    exchangeSymbol: row.instId,
    ...canonicalAsset(baseCurrency, ["numeric_prefix"]),
    quote: quoteCurrency,
    settle: settleCurrency,
    assetClass: CLASSES.get(row.assetClass ?? "") ?? null,
    listedAtMs: epochMsOf(row.listTime),
  };
}

type Sizes = Pick<
  Quote,
  "markPrice" | "indexPrice" | "openInterestUsd" | "openInterestDigit" | "volume24hUsd"
>;

function sizesOf(
  price: PriceRow | undefined,
  ticker: TickerRow | undefined,
  interest: InterestRow | undefined,
): Sizes {
  const markPrice = positiveOf(price?.markPrice);
  return {
    markPrice,
    indexPrice: positiveOf(price?.indexPrice),
    // Both are in base coins; the amounts in contracts are in other fields.
    openInterestDigit: lastDigitOf(interest?.openInterestCurrency),
    openInterestUsd: product(quantityOf(interest?.openInterestCurrency), markPrice),
    volume24hUsd: product(quantityOf(ticker?.volCurrency24h), positiveOf(ticker?.last)),
  };
}

function quoteOf(row: RateRow, known: Listing & FundingTimes & Sizes, receivedAtMs: number): Quote {
  return {
    ...NOT_PUBLISHED,
    ...known,
    accrual: facts.accrual,
    fundingRate: rateOf(row.fundingRate, "fundingRate"),
    rateCap: rateCapOf(row.fundingRateCap),
    rateFloor: rateFloorOf(row.fundingRateFloor),
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly instId: string }): boolean => row.instId === exchangeSymbol;
  const rates = raw.rates.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  return originOf(
    "{rates.fundingRate}",
    { rates, instruments },
    {
      prices: raw.prices?.value.rows.find(isAsked),
      tickers: raw.tickers?.value.rows.find(isAsked),
      interests: raw.interests?.value.rows.find(isAsked),
      settlements: raw.settlements.get(exchangeSymbol)?.value,
    },
  );
}

export const blofin = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
