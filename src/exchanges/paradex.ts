import { z } from "zod";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./paradex-history-wire.ts";
import { resultsOf } from "./paradex-wire.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  epochMsOf,
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
 * Paradex perpetuals. Funding accrues each second: the rate is quoted per funding period of the market, there is no
 * settlement and no next time. Options and spot are in the same lists. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * summary { symbol: "BTC-USD-PERP", mark_price: "83599.68216596", underlying_price: "83593.3933317",
 *   volume_24h: "11019091427.634159088", open_interest: "165193.499", funding_rate: "0.00002859495351",
 *   created_at: 1793621820000 }
 * markets { symbol: "BTC-USD-PERP", base_currency: "BTC", quote_currency: "USD", settlement_currency: "USDC",
 *   asset_kind: "PERP", open_at: 1706227200000, expiry_at: 0, trading_mode: "STANDARD", funding_period_hours: 8,
 *   max_funding_rate: "0.02" }
 */
const facts = {
  id: "paradex",
  name: "Paradex",
  kind: "decentralised",
  hosts: { main: "https://api.prod.paradex.trade" },
  // Documented: 1500 requests a minute per address.
  pacing: { requests: 8, perMs: 1000 },
  accrual: "continuous",
  documentation: "https://docs.paradex.trade/risk-system/funding-mechanism",
  requestsPerRefresh: 1,
  rateRule:
    "funding_rate of markets/summary: a fraction per funding period of the market, accrued every second.",
  intervalRule:
    "funding_period_hours of the market list: the period that the rate is quoted for, not the time between charges.",
  providedFields: [
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "listedAtMs",
    "exchangeTimeMs",
  ],
  caveats: [
    "That the m of mSATS means a million is suggested by its name alone: it is shown as a separate asset.",
    "No field says whether a market trades; one without an order book is left out.",
    "The asset class is not published; a cap of 0.5 % per 8 h identifies markets other than coins, whose resting rate is unknown.",
  ],
} satisfies ExchangeFacts;

/** The list contains the funding period, which may not be older than half an hour. */
const MARKETS_EVERY_MS = 5 * 60_000;
const INTERVAL_LIFETIME_MS = 30 * 60_000;

/** Caps and the baseline are documented for 8 hours. */
const DOCUMENTED_HOURS = 8;
const RESTING_RATE = 0.0001;
/** The cap of TradFi markets; their funding is halved. */
const TRADFI_CAP = 0.005;

const PERPETUAL = "PERP";
const PERPETUAL_ENDING = "-PERP";
/** Other kinds in the lists. They are dropped before parsing, as they make up most of the reply. */
const OTHER_KINDS: ReadonlySet<unknown> = new Set(["PERP_OPTION", "OPTION", "SPOT"]);
const NO_ORDER_BOOK = "RFQ_ONLY";
/** The form of a mode: RFQ_ONLY, or STANDARD for a market with an order book. */
const MODE = /^[A-Z][A-Z_]+$/;
const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDC", "USDT"]);

const symbol = nonEmpty;
const summaryRow = z.object({
  symbol,
  mark_price: numeric,
  underlying_price: numeric,
  volume_24h: numeric,
  open_interest: numeric,
  funding_rate: numeric,
  created_at: numeric,
});
type SummaryRow = z.infer<typeof summaryRow>;

const marketRow = z.object({
  symbol,
  base_currency: word,
  quote_currency: word,
  settlement_currency: word,
  asset_kind: word,
  open_at: numeric,
  expiry_at: numeric,
  trading_mode: anyValue,
  funding_period_hours: numeric,
  max_funding_rate: numeric,
});
type MarketRow = z.infer<typeof marketRow>;

interface Raw {
  readonly summary: Reply<Rows<SummaryRow>>;
  readonly markets: Reply<Rows<MarketRow>>;
}

type Terms = Pick<
  Quote,
  "fundingIntervalHours" | "intervalSource" | "rateCap" | "rateFloor" | "baselineRate"
>;
type Listing = Terms & Listed<"listedAtMs">;

const load =
  <S extends z.ZodType>(
    path: string,
    row: S,
    isOurs: (row: unknown) => boolean,
  ): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(path, (body) => decodeRows(row, resultsOf(body).filter(isOurs), "symbol"));

function fieldOf(row: unknown, key: string): unknown {
  return typeof row === "object" && row !== null ? Reflect.get(row, key) : undefined;
}

const loadSummary = load("/v1/markets/summary?market=ALL", summaryRow, (row) => {
  const name = fieldOf(row, "symbol");
  return typeof name !== "string" || name.endsWith(PERPETUAL_ENDING);
});

const loadMarkets = load(
  "/v1/markets",
  marketRow,
  (row) => !OTHER_KINDS.has(fieldOf(row, "asset_kind")),
);

async function fetchRaw(source: Source): Promise<Raw> {
  const [summary, markets] = await Promise.all([
    source.essential("summary", loadSummary),
    source.instruments("markets", MARKETS_EVERY_MS, loadMarkets),
  ]);
  return { summary, markets };
}

function parse({ summary, markets }: Raw): Batch {
  const atMs = summary.receivedAtMs;
  // Older replies do not state the usual mode.
  const isToday = markets.value.rows.some(
    ({ trading_mode: mode }) => isMode(mode) && mode !== NO_ORDER_BOOK,
  );
  const hasOrderBook = isToday ? namesOrderBook : mayHaveOrderBook;
  const isYoung = atMs - markets.receivedAtMs <= INTERVAL_LIFETIME_MS;
  return joinRates({
    rates: summary.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(
      markets.value,
      (row) => row.symbol,
      (row) => (isOpen(row, atMs) && hasOrderBook(row) ? listingOf(row, isYoung) : null),
    ),
    quoteOf: (row, listing) => quoteOf(row, listing, atMs),
  });
}

function isMode(mode: unknown): mode is string {
  return typeof mode === "string" && MODE.test(mode);
}

/** Throws RowReject if a deciding field is unreadable: the market may be dated or not open. */
function isOpen(row: MarketRow, atMs: number): boolean {
  if (!row.asset_kind) throw new RowReject("bad_row", "asset_kind is missing");
  if (row.asset_kind !== PERPETUAL) return false;
  const expiryAtMs = quantityOf(row.expiry_at);
  const openAtMs = quantityOf(row.open_at);
  if (expiryAtMs === null || openAtMs === null) {
    throw new RowReject("bad_row", "expiry_at or open_at is not a time");
  }
  return expiryAtMs === 0 && openAtMs <= atMs;
}

/** Throws RowReject for a market without a readable mode, in a list that states modes. */
function namesOrderBook({ trading_mode: mode }: MarketRow): boolean {
  if (isMode(mode)) return mode !== NO_ORDER_BOOK;
  throw new RowReject("bad_row", "trading_mode cannot be read");
}

/** For an older list, where only markets without an order book have a mode. */
function mayHaveOrderBook(row: MarketRow): boolean {
  return row.trading_mode ? namesOrderBook(row) : true;
}

function listingOf(row: MarketRow, isYoung: boolean): Listing | null {
  const { base_currency: base, quote_currency: quote, settlement_currency: settle } = row;
  if (!base || !quote || !settle) throw new RowReject("bad_row", "a currency is missing");
  if (!DOLLARS.has(quote) || !DOLLARS.has(settle)) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(base, ["kilo_prefix"]),
    quote,
    settle,
    listedAtMs: epochMsOf(row.open_at),
    ...termsOf(row, isYoung ? intervalHoursOf(row.funding_period_hours) : null),
  };
}

/** Cap and baseline are documented for 8 hours and scale with the period. */
function termsOf(row: MarketRow, hours: number | null): Terms {
  const periods = hours === null ? null : hours / DOCUMENTED_HOURS;
  const cap = rateBoundOf(row.max_funding_rate);
  const rateCap = product(cap, periods);
  return {
    fundingIntervalHours: hours,
    intervalSource: hours === null ? null : "published",
    rateCap,
    rateFloor: rateCap === null ? null : -rateCap,
    baselineRate: cap !== null && cap > TRADFI_CAP ? product(RESTING_RATE, periods) : null,
  };
}

function quoteOf(row: SummaryRow, listing: Listing, receivedAtMs: number): Quote {
  const markPrice = positiveOf(row.mark_price);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate: rateOf(row.funding_rate, "funding_rate"),
    nextFundingAtMs: null,
    markPrice,
    indexPrice: positiveOf(row.underlying_price),
    openInterestDigit: lastDigitOf(row.open_interest),
    openInterestUsd: product(quantityOf(row.open_interest), markPrice),
    volume24hUsd: quantityOf(row.volume_24h),
    exchangeTimeMs: epochMsOf(row.created_at),
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const summary = raw.summary.value.rows.find(isAsked);
  const markets = raw.markets.value.rows.find(isAsked);
  return originOf("{summary.funding_rate}", { summary, markets });
}

export const paradex = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
