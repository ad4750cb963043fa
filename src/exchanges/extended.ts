import { z } from "zod";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./extended-history-wire.ts";
import { dataOf } from "./extended-wire.ts";
import { NOT_PUBLISHED, onlyReply, originOf } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  anyValue,
  lastDigitOf,
  nonEmpty,
  numeric,
  positiveOf,
  quantityOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * Extended: list, rates and statistics in one reply. `nextFundingRate` is a time despite its name. The hourly cap is in
 * an unconfirmed unit and therefore unknown. See `caveats` for what else the sources leave open.
 *
 * Sample row, with made-up numbers:
 * markets { name: "BTC-USD", category: "Crypto", subCategory: "DeFi", assetName: "BTC", collateralAssetName: "USD",
 *   active: true, status: "ACTIVE", type: "PERPETUAL", marketStats: { dailyVolume: "2987284775.715176",
 *   markPrice: "83604.287846719002", indexPrice: "83590.662847339976", fundingRate: "0.000034",
 *   nextFundingRate: 1793624400000, openInterest: "1767164802.697586", openInterestBase: "21137.25083" } }
 */
const facts = {
  id: "extended",
  name: "Extended",
  kind: "decentralised",
  hosts: { main: "https://api.starknet.extended.exchange" },
  // Documented: 1000 requests a minute per address.
  pacing: { requests: 2, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://api.docs.extended.exchange/#get-markets",
  requestsPerRefresh: 1,
  rateRule:
    "marketStats.fundingRate of info/markets: a fraction per hour, charged at the time in nextFundingRate.",
  intervalRule: "One hour for every market, as documented.",
  providedFields: [
    "nextFundingAtMs",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  caveats: [
    "That fundingRate is recomputed during the hour follows from its formula; the API page does not state it.",
    "hourlyFundingRateCap is probably in percent, but this is not confirmed: no cap is used.",
    "Any status other than ACTIVE counts as not live (PRELISTED, REDUCE_ONLY and DELISTED were seen).",
    "ETF/Index is a single subcategory: its markets are shown as indices. Markets of an unrecognized category or subcategory are not shown.",
    "The suffix _24_5 and the m of two indices are removed from names; a name with any other suffix is not shown.",
  ],
} satisfies ExchangeFacts;

/** Every market charges hourly. */
const INTERVAL_HOURS = 1;

/** The API calls its collateral USD, but it is USDC. */
const COLLATERAL = "USD";
const SETTLE = "USDC";
const SPOT = "SPOT";
const PERPETUAL = "PERPETUAL";

const COINS = "Crypto";
const REAL_WORLD = "RWA";
/** The classes of real-world assets by subcategory. */
const CLASSES: Readonly<Record<string, AssetClass>> = {
  Equity: "stock",
  "ETF/Index": "index",
  Commodity: "commodity",
  FX: "forex",
};
/** Companies that are not listed yet. */
const PRE_MARKET = "Pre-market";

/** Shares that trade round the clock five days a week carry this suffix. */
const ROUND_THE_CLOCK = /_24_5$/;
/** Indices whose m is added by the exchange; other lower-case letters are kept. */
const MARKED_INDICES: Readonly<Record<string, string>> = { SPX500m: "SPX500", TECH100m: "TECH100" };

const marketRow = z.object({
  name: nonEmpty,
  category: word,
  subCategory: word,
  assetName: word,
  collateralAssetName: word,
  active: anyValue,
  status: word,
  type: anyValue,
  marketStats: z
    .object({
      dailyVolume: numeric,
      markPrice: numeric,
      indexPrice: numeric,
      fundingRate: numeric,
      nextFundingRate: numeric,
      openInterest: numeric,
      openInterestBase: numeric,
    })
    .nullish()
    .catch(null),
});
type MarketRow = z.infer<typeof marketRow>;

interface Raw {
  readonly markets: Reply<Rows<MarketRow>>;
}

const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get("/api/v1/info/markets", (body) => decodeRows(marketRow, dataOf(body), "name"));

async function fetchRaw(source: Source): Promise<Raw> {
  return { markets: await source.essential("markets", loadMarkets) };
}

function parse({ markets }: Raw): Batch {
  return onlyReply(
    markets.value,
    (row) => row.name,
    (row) => quoteOf(row, markets.receivedAtMs),
  );
}

function quoteOf(row: MarketRow, receivedAtMs: number): Quote | null {
  if (!isLive(row)) return null;
  const { assetName, marketStats: stats } = row;
  if (!assetName) throw new RowReject("bad_row", "assetName is missing");
  if (isSpotName(assetName.toUpperCase())) return null;
  const assetClass = classOf(row);
  if (assetClass === null) return null;
  const fundingRate = rateOf(stats?.fundingRate, "marketStats.fundingRate");
  const times = fundingTimesOf(
    positiveOf(stats?.nextFundingRate),
    receivedAtMs,
    { hours: INTERVAL_HOURS, source: "documented_default" },
    "marketStats.nextFundingRate",
  );
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: row.name,
    ...canonicalAsset(tickerOf(assetName), ["numeric_prefix", "kilo_prefix"]),
    quote: COLLATERAL,
    settle: SETTLE,
    assetClass,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    markPrice: positiveOf(stats?.markPrice),
    indexPrice: positiveOf(stats?.indexPrice),
    // Both are in dollars already; the fields of the same name with Base are not.
    openInterestDigit: lastDigitOf(stats?.openInterestBase),
    openInterestUsd: quantityOf(stats?.openInterest),
    volume24hUsd: quantityOf(stats?.dailyVolume),
    receivedAtMs,
  };
}

/** Throws RowReject if a deciding field is unreadable: the market may be dead, or spot. */
function isLive({ status, active, type, collateralAssetName: collateral }: MarketRow): boolean {
  if (typeof type === "string" && type.toUpperCase() === SPOT) return false;
  if (!status) throw new RowReject("bad_row", "status is missing");
  if (status !== "ACTIVE" || active === false) return false;
  if (active !== true) throw new RowReject("bad_row", "active is neither true nor false");
  if (type !== undefined && type !== null && typeof type !== "string") {
    throw new RowReject("bad_row", "type is not a text");
  }
  // Older replies do not have it.
  if (typeof type === "string" && type !== PERPETUAL)
    throw new RowReject("unknown_kind", `type ${type}`);
  if (!collateral) throw new RowReject("bad_row", "collateralAssetName is missing");
  return collateral === COLLATERAL;
}

/**
 * The class by category and subcategory; null for companies that are not listed yet, which are not shown. A gold token
 * is a coin, although its subcategory is Commodity.
 */
function classOf({ category, subCategory }: MarketRow): AssetClass | null {
  if (category === COINS) return "crypto";
  if (subCategory === PRE_MARKET) return null;
  const known = category === REAL_WORLD && subCategory ? CLASSES[subCategory] : undefined;
  // It may be a kind that is not traded yet.
  if (known === undefined) throw new RowReject("unknown_kind", `${category}, ${subCategory}`);
  return known;
}

function tickerOf(assetName: string): string {
  const ticker = MARKED_INDICES[assetName] ?? assetName.replace(ROUND_THE_CLOCK, "");
  if (ticker.includes("_")) throw new RowReject("unknown_kind", `assetName ${assetName}`);
  return ticker;
}

/** Assets of spot markets may contain the word in their name; the word alone is a stock's ticker. */
function isSpotName(assetName: string): boolean {
  return assetName !== SPOT && assetName.includes(SPOT);
}

function explain({ markets }: Raw, exchangeSymbol: string): RateOrigin | null {
  const row = markets.value.rows.find(({ name }) => name === exchangeSymbol);
  return originOf("{markets.marketStats.fundingRate}", { markets: row });
}

export const extended = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
