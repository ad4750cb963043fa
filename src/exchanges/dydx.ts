import { z } from "zod";
import { nextGridTimeMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./dydx-history-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { NOT_PUBLISHED, onlyReply, originOf } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  decodeEnvelope,
  lastDigitOf,
  nonEmpty,
  numberOf,
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
 * dYdX v4 over its indexer: one reply contains everything. Margin is marked at the oracle price, which therefore is
 * used as mark and index alike. See `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * markets { ticker: "BTC-USD", status: "ACTIVE", oraclePrice: "83585.443", volume24H: "11500036604.5658",
 *   nextFundingRate: "-0.00009132179313333864", initialMarginFraction: "0.02", maintenanceMarginFraction: "0.012",
 *   openInterest: "127559.6011", defaultFundingRate1H: "0" }
 */
const facts = {
  id: "dydx",
  name: "dYdX",
  kind: "decentralised",
  hosts: { main: "https://indexer.dydx.trade" },
  // Documented: 100 requests in 10 s per address.
  pacing: { requests: 2, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.dydx.xyz/indexer-client/http/markets/get_perpetual_markets",
  requestsPerRefresh: 1,
  rateRule:
    "nextFundingRate of perpetualMarkets: the indexer's estimate for the current hour, already a fraction per hour.",
  intervalRule: "One hour for every market, as documented; charged on the full hour.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
  ],
  caveats: [
    "Two open interest fields with different values are sent; which is authoritative is not known. openInterest is used.",
    "The response to blocked countries is not confirmed: a 403 is treated as such a block.",
    "A market named with a chain address (TICKER,DEX,ADDRESS-USD) is listed under its ticker; whether it is the same coin as elsewhere is decided by price alone.",
    "The asset class is not published.",
  ],
  classifyFailure: (status) => (status === 403 ? "geo_blocked" : null),
} satisfies ExchangeFacts;

/** Every market settles hourly, at the full hour. */
const INTERVAL_HOURS = 1;

/** Documented: the 8-hour rate is at most 600 % of initial minus maintenance margin fraction. */
const CAP_PER_MARGIN_GAP = 6;
const CAP_HOURS = 8;

const QUOTE = "USD";
const SETTLE = "USDC";

const NAME = /^(?<ticker>[^,]+)(?:,[^,]+,[^,]+)?-USD$/;

/** `symbol` is the key in the reply, `market` its value. */
const marketRow = z.object({
  symbol: nonEmpty,
  market: z.object({
    ticker: z.string(),
    status: word,
    oraclePrice: numeric,
    volume24H: numeric,
    nextFundingRate: numeric,
    initialMarginFraction: numeric,
    maintenanceMarginFraction: numeric,
    openInterest: numeric,
    defaultFundingRate1H: numeric,
  }),
});
type MarketRow = z.infer<typeof marketRow>;
type Market = MarketRow["market"];

interface Raw {
  readonly markets: Reply<Rows<MarketRow>>;
}

const envelope = z.object({ markets: z.record(z.string(), z.unknown()) });

const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get("/v4/perpetualMarkets", (body) => {
    const { markets } = decodeEnvelope(envelope, body);
    const list = Object.entries(markets).map(([symbol, market]) => ({ symbol, market }));
    return decodeRows(marketRow, list, "symbol");
  });

async function fetchRaw(source: Source): Promise<Raw> {
  return { markets: await source.essential("markets", loadMarkets) };
}

function parse({ markets }: Raw): Batch {
  return onlyReply(
    markets.value,
    (row) => row.symbol,
    (row) => quoteOf(row, markets.receivedAtMs),
  );
}

/** Null for a market that must not be shown; throws RowReject if it cannot be used. */
function quoteOf({ symbol, market }: MarketRow, receivedAtMs: number): Quote | null {
  if (!market.status) throw new RowReject("bad_row", "status is missing");
  if (market.status !== "ACTIVE") return null;
  if (market.ticker !== symbol) throw new RowReject("bad_row", "ticker is not the key of the row");
  const oraclePrice = positiveOf(market.oraclePrice);
  const rateCap = capOf(market);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: symbol,
    ...canonicalAsset(tickerOf(symbol), []),
    quote: QUOTE,
    settle: SETTLE,
    accrual: facts.accrual,
    fundingRate: rateOf(market.nextFundingRate, "nextFundingRate"),
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    rateCap,
    rateFloor: rateCap === null ? null : -rateCap,
    baselineRate: interestOf(market),
    markPrice: oraclePrice,
    indexPrice: oraclePrice,
    openInterestDigit: lastDigitOf(market.openInterest),
    openInterestUsd: product(quantityOf(market.openInterest), oraclePrice),
    volume24hUsd: quantityOf(market.volume24H),
    receivedAtMs,
  };
}

/**
 * The name is everything before the last dash and may contain dashes itself. Isolated markets are called
 * TICKER,DEX,ADDRESS: the ticker is the part before the first comma. Throws RowReject for any other form.
 */
function tickerOf(symbol: string): string {
  const ticker = NAME.exec(symbol)?.groups?.["ticker"];
  if (ticker === undefined)
    throw new RowReject(
      "unknown_kind",
      `ticker is not TICKER-${QUOTE} or TICKER,DEX,ADDRESS-${QUOTE}`,
    );
  return ticker;
}

function capOf({ initialMarginFraction, maintenanceMarginFraction }: Market): number | null {
  const initial = rateBoundOf(initialMarginFraction);
  const maintenance = rateBoundOf(maintenanceMarginFraction);
  if (initial === null || maintenance === null) return null;
  return rateBoundOf((CAP_PER_MARGIN_GAP * (initial - maintenance)) / CAP_HOURS);
}

/** The fixed hourly interest; 0 on most markets. */
function interestOf({ defaultFundingRate1H }: Market): number | null {
  const interest = numberOf(defaultFundingRate1H);
  return interest === 0 ? 0 : rateBoundOf(interest);
}

function explain({ markets }: Raw, exchangeSymbol: string): RateOrigin | null {
  const row = markets.value.rows.find(({ symbol }) => symbol === exchangeSymbol);
  return originOf("{markets.nextFundingRate}", { markets: row?.market });
}

export const dydx = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
