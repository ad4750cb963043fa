import { z } from "zod";
import { nextGridTimeMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./lighter-history-wire.ts";
import { MARKETS_PATH, marketsOf, refuseError } from "./lighter-wire.ts";
import { NOT_PUBLISHED } from "./wire-join.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  decodeEnvelope,
  lastDigitOf,
  nonEmpty,
  numeric,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * Lighter, the deployment on its own rollup. The rates reply normalises all exchanges that it relays, including
 * Lighter, to 8 hours; Lighter charges hourly, so the rate is an eighth of it. Mark and index are in the market list,
 * which is therefore requested every cycle; a row without them has its last trade price. See `caveats` for open
 * questions.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTC", market_id: 0, exchange: "lighter", rate: 0.00016 }
 * markets { symbol: "BTC", market_id: 0, market_type: "perp", status: "active", mark_price: "83532.0",
 *   index_price: "83568.9", last_trade_price: 83522.8, daily_quote_token_volume: 12117621851.484495,
 *   open_interest: 99526.4521, market_config: { force_reduce_only: false, hidden: false } }
 */
const facts = {
  id: "lighter",
  name: "Lighter",
  kind: "decentralised",
  hosts: { main: "https://mainnet.zklighter.elliot.ai" },
  // Documented: 60 requests per minute and address, whatever the path.
  pacing: { requests: 20, perMs: 60_000 },
  accrual: "periodic",
  documentation: "https://apidocs.lighter.xyz/reference/funding-rates",
  requestsPerRefresh: 2,
  rateRule:
    "rate of the rows with exchange lighter in funding-rates: a fraction per 8 hours, divided by 8, because Lighter charges hourly.",
  intervalRule: "One hour for every market, as documented; charged on the full hour.",
  providedFields: [
    "nextFundingAtMs",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "lastPrice",
    "openInterestUsd",
    "volume24hUsd",
  ],
  interestOf: "coins",
  caveats: [
    "Whether the published rate is the current estimate or the last settled one is not known; it is shown as the current one.",
    "Mark and index prices are in responses of September 2026, not in those of May. A market with neither has its last trade in last_price, which then also values its open interest and identifies its asset.",
    "The asset class is not published; real-world markets have trading hours.",
    "A firewall block may come as 405; this is not confirmed and counts as an HTTP failure.",
    "The deployment on Robinhood Chain is another venue and is not collected.",
  ],
} satisfies ExchangeFacts;

/** The list also contains the prices, so it is requested with the rates: two of the 60 requests allowed per minute. */
const MARKETS_EVERY_MS = 0;
/** On failure the older list serves: its prices for two more cycles … */
const PRICES_LIFETIME_MS = 3 * 60_000;
/** … and its volume and open interest for a little longer; then they are unknown. */
const QUANTITIES_LIFETIME_MS = 10 * 60_000;

/** The rates reply is per 8 hours, the charge is hourly. */
const QUOTED_HOURS = 8;
const INTERVAL_HOURS = 1;
/** Lighter's baseline: 0.0012 % an hour. */
const BASELINE_RATE = 0.000012;

const OWN_ROWS = "lighter";
const DOLLAR = "USDC";

const symbol = nonEmpty;
const rateRow = z.object({ symbol, market_id: numeric, exchange: z.string(), rate: numeric });
type RateRow = z.infer<typeof rateRow>;

const marketRow = z.object({
  symbol,
  market_id: numeric,
  market_type: word,
  status: word,
  mark_price: numeric,
  index_price: numeric,
  last_trade_price: numeric,
  daily_quote_token_volume: numeric,
  open_interest: numeric,
  market_config: z.object({ force_reduce_only: anyValue, hidden: anyValue }).nullish().catch(null),
});
type MarketRow = z.infer<typeof marketRow>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly markets: Reply<Rows<MarketRow>>;
}

/** A live perpetual in the list. */
interface Listing {
  readonly exchangeSymbol: string;
  readonly id: number;
  readonly market: MarketRow;
}

const ratesBody = z.object({ funding_rates: z.array(z.unknown()) });

/** Rows relayed from other exchanges share the market ids and are dropped here, before anything joins them. */
const loadRates: Load<Rows<RateRow>> = (http) =>
  http.get("/api/v1/funding-rates", (body) => {
    refuseError(body);
    const { funding_rates: list } = decodeEnvelope(ratesBody, body);
    return decodeRows(
      rateRow,
      list.filter((row) => exchangeOf(row) === OWN_ROWS),
      "symbol",
    );
  });

const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get(MARKETS_PATH, (body) => decodeRows(marketRow, marketsOf(body), "symbol"));

function exchangeOf(row: unknown): unknown {
  return typeof row === "object" && row !== null ? Reflect.get(row, "exchange") : null;
}

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, markets] = await Promise.all([
    source.essential("rates", loadRates),
    source.instruments("markets", MARKETS_EVERY_MS, loadMarkets),
  ]);
  return { rates, markets };
}

/** Custom join: rates use the market's id, and their symbol must be that of the same market. */
function parse({ rates, markets }: Raw): Batch {
  const listings = listingsOf(markets);
  const live = new Map(listings.quotes.map((listing) => [listing.id, listing]));
  const listed = new Set(markets.value.rows.map((row) => idOf(row.market_id)));
  const ageMs = rates.receivedAtMs - markets.receivedAtMs;
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    rates.value.rows,
    (row) => row.symbol,
    (row) => {
      const id = idOf(row.market_id);
      if (id === null) throw new RowReject("bad_row", "market_id is missing");
      const listing = live.get(id);
      if (listing !== undefined) {
        return quoteOf(row, listing, ageMs, rates.receivedAtMs);
      }
      if (!listed.has(id)) unlisted += 1;
      return null;
    },
  );
  return {
    quotes,
    rejects: [rates.value, markets.value, listings, { rejects }].flatMap((part) => part.rejects),
    expected: live.size,
    unlisted,
  };
}

function listingsOf({ value }: Reply<Rows<MarketRow>>) {
  return collectRows(value.rows, (row) => row.symbol, listingOf);
}

function idOf(value: Numeric): number | null {
  const id = quantityOf(value);
  return Number.isSafeInteger(id) ? id : null;
}

/** Null for a market that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(market: MarketRow): Listing | null {
  const { market_type: type, status, market_config: config } = market;
  if (!type || !status) throw new RowReject("bad_row", "market_type or status is missing");
  if (type === "spot") return null;
  if (type !== "perp") throw new RowReject("unknown_kind", `market_type ${type}`);
  if (status !== "active") return null;
  // Hidden and reduce-only markets are dead.
  if (config?.hidden === true || config?.force_reduce_only === true) return null;
  if (config?.hidden !== false || config.force_reduce_only !== false) {
    throw new RowReject("bad_row", "hidden or force_reduce_only is neither true nor false");
  }
  const id = idOf(market.market_id);
  if (id === null) throw new RowReject("bad_row", "market_id is missing");
  return { exchangeSymbol: market.symbol, id, market };
}

function quoteOf(
  row: RateRow,
  { exchangeSymbol, market }: Listing,
  ageMs: number,
  receivedAtMs: number,
): Quote {
  if (row.symbol !== exchangeSymbol)
    throw new RowReject("bad_row", "market_id is of another symbol");
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol,
    ...canonicalAsset(exchangeSymbol, ["numeric_prefix"]),
    quote: DOLLAR,
    settle: DOLLAR,
    accrual: facts.accrual,
    fundingRate: rateOf(row.rate, "rate") / QUOTED_HOURS,
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    baselineRate: BASELINE_RATE,
    ...moneyOf(market, ageMs),
    receivedAtMs,
  };
}

/** Prices and quantities of a market whose list is `ageMs` old. */
function moneyOf(
  market: MarketRow,
  ageMs: number,
): Pick<
  Quote,
  | "markPrice"
  | "indexPrice"
  | "lastPrice"
  | "openInterestUsd"
  | "openInterestDigit"
  | "volume24hUsd"
> {
  const markPrice = positiveOf(market.mark_price);
  const indexPrice = positiveOf(market.index_price);
  const lastPrice =
    markPrice === null && indexPrice === null ? positiveOf(market.last_trade_price) : null;
  const hasPrices = ageMs <= PRICES_LIFETIME_MS;
  const hasQuantities = ageMs <= QUANTITIES_LIFETIME_MS;
  const price = markPrice ?? indexPrice ?? lastPrice;
  return {
    markPrice: hasPrices ? markPrice : null,
    indexPrice: hasPrices ? indexPrice : null,
    lastPrice: hasPrices ? lastPrice : null,
    openInterestDigit: lastDigitOf(market.open_interest),
    openInterestUsd: hasQuantities ? product(quantityOf(market.open_interest), price) : null,
    volume24hUsd: hasQuantities ? quantityOf(market.daily_quote_token_volume) : null,
  };
}

function explain({ rates, markets }: Raw, exchangeSymbol: string): RateOrigin | null {
  const { quotes } = listingsOf(markets);
  const listing = quotes.find((one) => one.exchangeSymbol === exchangeSymbol);
  const row = rates.value.rows.find((one) => idOf(one.market_id) === listing?.id);
  if (listing === undefined || row === undefined) return null;
  const rows = { rates: row, markets: listing.market };
  return { rows, formula: `{rates.rate} / ${QUOTED_HOURS}` };
}

export const lighter = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
