import { z } from "zod";
import { nextGridTimeMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./hibachi-history-wire.ts";
import { checked, CONTRACTS_PATH } from "./hibachi-wire.ts";
import { type Listed, NOT_PUBLISHED, originOf } from "./wire-join.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  lastDigitOf,
  nonEmpty,
  numeric,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
  takerBpsOf,
  word,
} from "./wire.ts";

/**
 * Hibachi perpetuals: one reply contains the estimate, the prices and the quantities of all contracts; a separate list of
 * contracts says whether the exchange is under maintenance, and then nothing is shown. The rate is an estimate
 * over the elapsed part of the running hour. Currencies and metals close at weekends and then have none.
 *
 * Sample row, with made-up numbers:
 * inventory { symbol: "BTC/USDT-P", category: "CRYPTO", tags: [], estimatedFundingRate: "0.000015",
 *   markPrice: "83590.838122", spotPrice: "83579.643827", openInterestQuantity: "238988.1298816692",
 *   volume24h: "15735134971.356659" }
 * instruments { symbol: "BTC/USDT-P", status: "LIVE", underlyingSymbol: "BTC", settlementSymbol: "USDT",
 *   marketOpenTimestamp: null, marketCloseTimestamp: null }
 */
const facts = {
  id: "hibachi",
  name: "Hibachi",
  kind: "decentralised",
  hosts: { main: "https://data-api.hibachi.xyz" },
  // No limit is published; the reference page uses 5 per second.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.hibachi.xyz/hibachi-docs/trading/funding",
  requestsPerRefresh: 1,
  rateRule:
    "estimatedFundingRate of each market in the inventory: a fraction per hour, charged on the full hour.",
  intervalRule: "One hour, as documented: every contract settles on each full hour.",
  providedFields: [
    "nextFundingAtMs",
    "markPrice",
    "indexPrice",
    "takerFeeBps",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  caveats: [
    "Hibachi publishes no rate limit and no cap of its rates.",
    "No bulk response has the next settlement time: it is the next full hour, as documented.",
    "Just after a settlement the estimate covers little time and jumps.",
    "Which form of multiplier names use is not confirmed: both k before capitals and a leading 1000 are read as one.",
    "A market of category FX without an estimate is considered closed; outside the weekend it counts as missing.",
    "The times of a maintenance window were never recorded; the state must be NORMAL in any case.",
  ],
} satisfies ExchangeFacts;

/** The list also says whether the exchange is under maintenance. */
const INSTRUMENTS_EVERY_MS = 5 * 60_000;
const INTERVAL_HOURS = 1;
const MS_PER_SECOND = 1000;
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);

const contractRow = z.object({
  symbol: nonEmpty,
  status: anyValue,
  underlyingSymbol: word,
  settlementSymbol: word,
  marketOpenTimestamp: anyValue,
  marketCloseTimestamp: anyValue,
});
type ContractRow = z.infer<typeof contractRow>;

const exchangeInfo = z.object({
  status: anyValue,
  futureContracts: anyValue,
  feeConfig: z.object({ tradeTakerFeeRate: numeric }).nullish().catch(null),
  maintenanceWindow: z.array(z.object({ begin: numeric, end: numeric })).nullish(),
});

/** A market of the inventory: its contract's category, and its figures. */
const marketRow = z.object({
  symbol: nonEmpty,
  category: word,
  tags: z.array(z.string()).nullish().catch(null),
  estimatedFundingRate: numeric,
  markPrice: numeric,
  spotPrice: numeric,
  openInterestQuantity: numeric,
  volume24h: numeric,
});
type MarketRow = z.infer<typeof marketRow>;

const inventory = z.object({ markets: z.unknown() });

interface Info {
  readonly contracts: Rows<ContractRow>;
  readonly status: unknown;
  /** The same for all contracts. */
  readonly takerFeeBps: number | null;
  readonly windows: readonly { readonly begin?: Numeric; readonly end?: Numeric }[];
}

interface Raw {
  readonly instruments: Reply<Info>;
  readonly markets: Reply<Rows<MarketRow>>;
}

const loadInstruments: Load<Info> = (http) =>
  http.get(CONTRACTS_PATH, (body) => {
    const info = decodeEnvelope(exchangeInfo, checked(body));
    return {
      contracts: decodeRows(contractRow, info.futureContracts, "symbol"),
      status: info.status,
      takerFeeBps: takerBpsOf(info.feeConfig?.tradeTakerFeeRate),
      windows: info.maintenanceWindow ?? [],
    };
  });

const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get("/market/inventory", (body) => {
    const { markets } = decodeEnvelope(inventory, checked(body));
    return decodeRows(marketRow, Array.isArray(markets) ? markets.map(flat) : markets, "symbol");
  });

/** A market is a contract and its figures; both have a category, but only the contract's is always present. */
function flat(market: unknown): object {
  const { contract, info }: Record<string, unknown> = { ...Object(market) };
  const { symbol, category }: Record<string, unknown> = { ...Object(contract) };
  return { ...Object(info), symbol, category };
}

async function fetchRaw(source: Source): Promise<Raw> {
  const [markets, instruments] = await Promise.all([
    source.essential("markets", loadMarkets),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments),
  ]);
  if (instruments.value.status !== "NORMAL")
    throw badEnvelope("the exchange does not say that its state is NORMAL");
  return { instruments, markets };
}

/** Custom join: closing times exclude all markets, or those closed at weekends, from what is expected. */
function parse({ instruments, markets }: Raw): Batch {
  const { contracts, windows, takerFeeBps } = instruments.value;
  const nowMs = markets.receivedAtMs;
  const listings = collectRows(
    contracts.rows,
    (row) => row.symbol,
    (row) => listingOf(row, nowMs),
  );
  const live = new Map(listings.quotes.map((listing) => [listing.exchangeSymbol, listing]));
  const listed = new Set(contracts.rows.map((row) => row.symbol));
  const known = [...contracts.rejects, ...markets.value.rejects, ...listings.rejects];
  if (windows.some((window) => isRunning(window, nowMs)))
    return { quotes: [], rejects: known, expected: live.size, unlisted: 0 };
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    markets.value.rows,
    (row) => row.symbol,
    (row) => {
      const listing = live.get(row.symbol);
      if (listing === undefined) {
        if (!listed.has(row.symbol) && (row.estimatedFundingRate ?? null) !== null) unlisted += 1;
        return null;
      }
      if (isClosed(row)) {
        if (isWeekend(nowMs)) live.delete(row.symbol);
        return null;
      }
      return { ...quoteOf(row, listing, nowMs), takerFeeBps };
    },
  );
  return { quotes, rejects: [...known, ...rejects], expected: live.size, unlisted };
}

/** A window without a readable end is open-ended. */
function isRunning(window: Info["windows"][number], nowMs: number): boolean {
  const beginMs = secondsOf(window.begin);
  const endMs = secondsOf(window.end);
  return beginMs !== null && beginMs <= nowMs && (endMs === null || nowMs < endMs);
}

function secondsOf(seconds: Numeric): number | null {
  return product(positiveOf(seconds), MS_PER_SECOND);
}

/** Null for a contract that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: ContractRow, nowMs: number): Listed | null {
  const { status, underlyingSymbol, settlementSymbol } = row;
  if (typeof status !== "string" || status === "")
    throw new RowReject("bad_row", "status is missing");
  if (status !== "LIVE" || !row.symbol.endsWith("-P")) return null;
  const openMs = borderOf(row.marketOpenTimestamp);
  const closeMs = borderOf(row.marketCloseTimestamp);
  if (openMs !== null && nowMs < openMs) return null;
  if (closeMs !== null && nowMs >= closeMs) return null;
  if (!underlyingSymbol || !settlementSymbol) throw new RowReject("bad_row", "a coin is missing");
  if (!DOLLARS.has(settlementSymbol)) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(underlyingSymbol, ["numeric_prefix", "kilo_prefix"]),
    quote: settlementSymbol,
    settle: settlementSymbol,
  };
}

/** When a market opens or closes, unix ms; null if it does not. */
function borderOf(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  const ms = epochMsOf(secondsOf(numeric.parse(value)));
  if (ms === null) throw new RowReject("bad_row", "a market's opening or closing cannot be read");
  return ms;
}

/**
 * Currencies are not traded from Friday to Sunday evening in New York, i.e. 21:00 or 22:00 UTC depending on the season.
 */
const CLOSES_FRIDAY_UTC_HOUR = 21;
const OPENS_SUNDAY_UTC_HOUR = 22;

/** The hours in which currency markets are expected to be closed; at other times a closed one is reported missing. */
function isWeekend(nowMs: number): boolean {
  const now = new Date(nowMs);
  const [day, hour] = [now.getUTCDay(), now.getUTCHours()];
  const isFridayNight = day === 5 && hour >= CLOSES_FRIDAY_UTC_HOUR;
  return isFridayNight || day === 6 || (day === 0 && hour < OPENS_SUNDAY_UTC_HOUR);
}

/** Coins trade at all hours; currencies and metals have no estimate while their market is closed. */
function isClosed(row: MarketRow): boolean {
  const category = row.category?.toUpperCase();
  return category === "FX" && (row.estimatedFundingRate ?? null) === null;
}

/** The contract's category; metals and goods are among the currencies, with a tag. */
function assetClassOf({ category, tags }: MarketRow): AssetClass | null {
  switch (category?.toUpperCase()) {
    case "CRYPTO":
      return "crypto";
    case "FX":
      return tags?.some((tag) => tag.toLowerCase() === "commodity") ? "commodity" : "forex";
    default:
      return null;
  }
}

function quoteOf(row: MarketRow, listing: Listed, receivedAtMs: number): Quote {
  const markPrice = positiveOf(row.markPrice);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    assetClass: assetClassOf(row),
    accrual: facts.accrual,
    fundingRate: rateOf(row.estimatedFundingRate, "estimatedFundingRate"),
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    markPrice,
    indexPrice: positiveOf(row.spotPrice),
    openInterestDigit: lastDigitOf(row.openInterestQuantity),
    openInterestUsd: product(quantityOf(row.openInterestQuantity), markPrice),
    volume24hUsd: quantityOf(row.volume24h),
    receivedAtMs,
  };
}

function explain(replies: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const markets = replies.markets.value.rows.find(isAsked);
  const instruments = replies.instruments.value.contracts.rows.find(isAsked);
  return originOf("{inventory.estimatedFundingRate}", { inventory: markets, instruments });
}

export const hibachi = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
