import { z } from "zod";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./aevo-history-wire.ts";
import { checked } from "./aevo-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  anyValue,
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
 * Aevo perpetuals: one list in CoinGecko's format has rates, next times, indices, open interest and volume, the market
 * list has marks and classes. Replies of September 2026 and their history confirm an hourly fraction. Disabled by
 * default because that list rounds its rates. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * statistics { ticker_id: "BTC-PERP", funding_rate: "0.000019", next_funding_rate_timestamp: "1793624400",
 *   index_price: "83583.9", open_interest: "119174.50265", target_volume: "8230155472.847947" }
 * instruments { instrument_name: "BTC-PERP", instrument_type: "PERPETUAL", underlying_asset: "BTC",
 *   quote_asset: "USDC", is_active: true, market_type: "crypto", mark_price: "83561.6" }
 */
const facts = {
  id: "aevo",
  name: "Aevo",
  kind: "decentralised",
  hosts: { main: "https://api.aevo.xyz" },
  // The limit is not published; a known client uses 10 per second and path.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://api-docs.aevo.xyz/reference/getfunding",
  requestsPerRefresh: 1,
  rateRule:
    "funding_rate of coingecko-statistics: a fraction per hour, which the exchange rounds to six decimals; used as is.",
  intervalRule:
    "One hour, according to its recorded history; unknown if next_funding_rate_timestamp is not a full hour or is more than an hour ahead.",
  providedFields: [
    "nextFundingAtMs",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  disabledReason:
    "its list rounds rates to six decimals, which is 0.44 % a year, and most of its order books are nearly empty",
  caveats: [
    "Rates are rounded to six decimals: an annualized rate can be off by 0.44 percentage points.",
    "Compute contracts (H100) have no asset class.",
    "The rate limits, the error messages and the response to addresses in the United States are not known.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** The same reply has the marks, which are of little use when old. */
const PRICES_EVERY_MS = 120_000;
const INTERVAL_HOURS = 1;
const MS_PER_SECOND = 1000;

const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDC", "USDT"]);
/** The settlement currency of every perpetual. */
const SETTLE = "USDC";
const PRE_IPO = "pre_ipo";
/** By market_type; null: a known kind for which we have no class. */
const CLASS_OF_TYPE: ReadonlyMap<string, AssetClass | null> = new Map([
  ["crypto", "crypto"],
  ["equity", "stock"],
  ["etf", "etf"],
  ["commodity", "commodity"],
  ["fx", "forex"],
  ["compute", null],
]);

const marketRow = z.object({
  instrument_name: nonEmpty,
  instrument_type: anyValue,
  underlying_asset: word,
  quote_asset: word,
  is_active: anyValue,
  market_type: word,
  mark_price: numeric,
});
type MarketRow = z.infer<typeof marketRow>;

const statisticsRow = z.object({
  ticker_id: nonEmpty,
  funding_rate: numeric,
  next_funding_rate_timestamp: numeric,
  index_price: numeric,
  open_interest: numeric,
  target_volume: numeric,
});
type StatisticsRow = z.infer<typeof statisticsRow>;

interface Raw {
  readonly statistics: Reply<Rows<StatisticsRow>>;
  readonly instruments: Reply<Rows<MarketRow>>;
  readonly prices: Reply<Rows<MarketRow>> | null;
}

/** A live perpetual of the market list. */
type Listing = Listed<"assetClass">;

const loadStatistics: Load<Rows<StatisticsRow>> = (http) =>
  http.get("/coingecko-statistics", (body) =>
    decodeRows(statisticsRow, checked(body), "ticker_id"),
  );

/** Without the type the list contains thousands of options. */
const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get("/markets?instrument_type=PERPETUAL", (body) =>
    decodeRows(marketRow, checked(body), "instrument_name"),
  );

async function fetchRaw(source: Source): Promise<Raw> {
  const [statistics, instruments, prices] = await Promise.all([
    source.essential("statistics", loadStatistics),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadMarkets),
    source.secondary("prices", loadMarkets, PRICES_EVERY_MS),
  ]);
  return { statistics, instruments, prices };
}

function parse({ statistics, instruments, prices }: Raw): Batch {
  const markOf = new Map(
    prices?.value.rows.map((row) => [row.instrument_name, positiveOf(row.mark_price)]),
  );
  return joinRates({
    rates: statistics.value,
    symbolOf: (row) => row.ticker_id,
    listings: readListings(instruments.value, (row) => row.instrument_name, listingOf),
    quoteOf: (row, listing) =>
      quoteOf(row, listing, markOf.get(row.ticker_id) ?? null, statistics.receivedAtMs),
    // Dead contracts remain in the list without a next time: only one that is still charged should be in the market
    // list.
    shouldBeListed: (row) => positiveOf(row.next_funding_rate_timestamp) !== null,
  });
}

/** Null for an instrument that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: MarketRow): Listing | null {
  const { instrument_type: type, is_active: isActive, market_type: kind } = row;
  if (typeof type !== "string" || type === "")
    throw new RowReject("bad_row", "instrument_type is missing");
  if (type !== "PERPETUAL" || isActive === false) return null;
  if (isActive !== true) throw new RowReject("bad_row", "is_active is neither true nor false");
  const { underlying_asset: asset, quote_asset: quote } = row;
  if (!asset || !quote || !kind)
    throw new RowReject("bad_row", "an asset or market_type is missing");
  if (!DOLLARS.has(quote) || kind === PRE_IPO) return null;
  const assetClass = CLASS_OF_TYPE.get(kind);
  if (assetClass === undefined)
    throw new RowReject("unknown_kind", "market_type is none that is known");
  return {
    exchangeSymbol: row.instrument_name,
    ...canonicalAsset(asset, ["numeric_prefix"]),
    quote,
    settle: SETTLE,
    assetClass,
  };
}

function quoteOf(
  row: StatisticsRow,
  listing: Listing,
  markPrice: number | null,
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.funding_rate, "funding_rate");
  const nextMs = product(positiveOf(row.next_funding_rate_timestamp), MS_PER_SECOND);
  const times = fundingTimesOf(
    nextMs,
    receivedAtMs,
    // The hourly interval is not documented: it applies only to rows with a next time.
    { hours: nextMs === null ? null : INTERVAL_HOURS, source: "documented_default" },
    "next_funding_rate_timestamp",
  );
  if (times === null) return null;
  const indexPrice = positiveOf(row.index_price);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    markPrice,
    indexPrice,
    // In units of the asset; the index is from the same moment, the mark may be minutes older.
    openInterestDigit: lastDigitOf(row.open_interest),
    openInterestUsd: product(quantityOf(row.open_interest), indexPrice),
    volume24hUsd: quantityOf(row.target_volume),
    receivedAtMs,
  };
}

function explain(
  { statistics, instruments, prices }: Raw,
  exchangeSymbol: string,
): RateOrigin | null {
  const rate = statistics.value.rows.find((row) => row.ticker_id === exchangeSymbol);
  const instrument = instruments.value.rows.find((row) => row.instrument_name === exchangeSymbol);
  const rows = { statistics: rate, instruments: instrument };
  return originOf("{statistics.funding_rate}", rows, {
    prices: prices?.value.rows.find((row) => row.instrument_name === exchangeSymbol),
  });
}

export const aevo = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
