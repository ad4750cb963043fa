import { z } from "zod";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./whitebit-history-wire.ts";
import { NOT_PUBLISHED, originOf } from "./wire-join.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  lastDigitOf,
  nonEmpty,
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
 * WhiteBIT perpetuals: all data of all contracts in one reply. The market list says which of them still trade, which
 * are not coins, and how many to expect; a contract that is not in it is not shown.
 *
 * Open interest is documented in contracts. It is read as base coins, based on a check of one contract: 3,721,488 at
 * 0.6065 are 2.3 million dollars; a contract is one coin.
 *
 * Sample row, with made-up numbers:
 * futures { ticker_id: "BTC_PERP", stock_currency: "BTC", money_currency: "USDT", product_type: "Perpetual",
 *   funding_rate: "0.00005", funding_cap: "0.003", funding_floor: "-0.003", funding_interval_minutes: 240,
 *   next_funding_rate_timestamp: "1793635200000", mark_price: "83553.4", last_price: "83550.4",
 *   index_price: "83565.6", open_interest: "27075.066", money_volume: "4219652345.7461" }
 * markets { name: "BTC_PERP", type: "futures" }
 */
const facts = {
  id: "whitebit",
  name: "WhiteBIT",
  kind: "centralised",
  hosts: { main: "https://whitebit.com" },
  // Documented: 2,000 requests in 10 s per address.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation:
    "https://docs.whitebit.com/api-reference/market-data/available-futures-markets-list",
  requestsPerRefresh: 1,
  rateRule:
    "funding_rate: the current estimate, charged at next_funding_rate_timestamp; a fraction per contract interval, used as is.",
  intervalRule: "funding_interval_minutes of the same row, divided by 60.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  coinsByExclusion: true,
  caveats: [
    "That longs pay a positive rate is the usual convention; the exchange pages consulted do not state it.",
    "The charged rate may be fixed one interval before the settlement; then the rate shown here is not exactly the one that is charged.",
    "funding_cap and funding_floor are read as fractions, like the rate; no recorded row contains them.",
    "Open interest is read as base coins, which the documentation does not state; neither does it say whether one side or both are counted.",
    "A contract marked tradfiFutures may be a stock, an index or a commodity: its asset class is unknown, and its index price is mostly its own last trade.",
  ],
} satisfies ExchangeFacts;

const BASE_PATH = "/api/v4/public";
const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const MINUTES_PER_HOUR = 60;
const QUOTE = "USDT";
const PERPETUAL = "Perpetual";
const COIN_FUTURES = "futures";
const FUTURES: ReadonlySet<string> = new Set([COIN_FUTURES, "tradfiFutures"]);

const futuresRow = z.object({
  ticker_id: nonEmpty,
  stock_currency: word,
  money_currency: word,
  product_type: word,
  funding_rate: numeric,
  funding_cap: numeric,
  funding_floor: numeric,
  funding_interval_minutes: numeric,
  next_funding_rate_timestamp: numeric,
  mark_price: numeric,
  last_price: numeric,
  index_price: numeric,
  open_interest: numeric,
  money_volume: numeric,
});
type FuturesRow = z.infer<typeof futuresRow>;
const marketRow = z.object({ name: nonEmpty, type: word });
type MarketRow = z.infer<typeof marketRow>;

interface Raw {
  readonly futures: Reply<Rows<FuturesRow>>;
  readonly markets: Reply<Rows<MarketRow>>;
}

const envelope = z.object({ success: z.boolean(), result: anyValue });

const loadFutures: Load<Rows<FuturesRow>> = (http) =>
  http.get(`${BASE_PATH}/futures`, (body) => {
    const { success, result } = decodeEnvelope(envelope, body);
    if (!success) throw badEnvelope("success is false");
    return decodeRows(futuresRow, result, "ticker_id");
  });

const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  // A bare list, including spot markets; only failures have an envelope.
  http.get(`${BASE_PATH}/markets`, (body) => decodeRows(marketRow, body, "name"));

async function fetchRaw(source: Source): Promise<Raw> {
  const [futures, markets] = await Promise.all([
    source.essential("futures", loadFutures),
    source.instruments("markets", INSTRUMENTS_EVERY_MS, loadMarkets),
  ]);
  return { futures, markets };
}

/** Custom join: the list contains only the kinds of markets, everything else is in the rate rows. */
function parse({ futures, markets }: Raw): Batch {
  const typeOf = new Map(markets.value.rows.map((row) => [row.name, row.type ?? null]));
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    futures.value.rows,
    (row) => row.ticker_id,
    (row) => {
      const type = typeOf.get(row.ticker_id);
      // A market that is not in the list is delisted.
      if (type === undefined) {
        unlisted += 1;
        return null;
      }
      if (!isOurs(row)) return null;
      return quoteOf(row, assetClassOf(type), futures.receivedAtMs);
    },
  );
  let expected = 0;
  for (const type of typeOf.values()) if (type !== null && FUTURES.has(type)) expected += 1;
  // Types distinguish futures from spot markets; a list without any is not counted.
  return {
    quotes,
    rejects: [futures.value, markets.value, { rejects }].flatMap((part) => part.rejects),
    expected: expected === 0 ? null : expected,
    unlisted,
  };
}

/** Throws RowReject if a row does not state its kind. */
function isOurs({ product_type: kind, money_currency: money }: FuturesRow): boolean {
  if (!kind || !money) throw new RowReject("bad_row", "product_type or money_currency is missing");
  return kind === PERPETUAL && money === QUOTE;
}

/**
 * Null for a market without a type, which may be a coin or not. Throws RowReject for a type other than the two of
 * perpetuals: a new kind, or a contradiction between list and rates.
 */
function assetClassOf(type: string | null): AssetClass | null {
  if (type === null) return null;
  if (!FUTURES.has(type)) throw new RowReject("unknown_kind", "the list does not call it a future");
  return type === COIN_FUTURES ? "crypto" : null;
}

function quoteOf(
  row: FuturesRow,
  assetClass: AssetClass | null,
  receivedAtMs: number,
): Quote | null {
  if (!row.stock_currency) throw new RowReject("bad_row", "stock_currency is missing");
  const fundingRate = rateOf(row.funding_rate, "funding_rate");
  const times = fundingTimesOf(
    positiveOf(row.next_funding_rate_timestamp),
    receivedAtMs,
    { hours: intervalHoursOf(row.funding_interval_minutes, MINUTES_PER_HOUR), source: "published" },
    "next_funding_rate_timestamp",
  );
  if (times === null) return null;
  const markPrice = positiveOf(row.mark_price);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: row.ticker_id,
    ...canonicalAsset(row.stock_currency, []),
    quote: QUOTE,
    settle: QUOTE,
    assetClass,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(row.funding_cap),
    rateFloor: rateFloorOf(row.funding_floor),
    markPrice,
    indexPrice: positiveOf(row.index_price),
    // In base coins; the last price is used if there is no recent mark.
    openInterestDigit: lastDigitOf(row.open_interest),
    openInterestUsd: product(
      quantityOf(row.open_interest),
      markPrice ?? positiveOf(row.last_price),
    ),
    volume24hUsd: quantityOf(row.money_volume),
    receivedAtMs,
  };
}

/** The row as received; the rate needs no conversion. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const futures = raw.futures.value.rows.find((row) => row.ticker_id === exchangeSymbol);
  const markets = raw.markets.value.rows.find((row) => row.name === exchangeSymbol);
  return originOf("{futures.funding_rate}", { futures, markets });
}

export const whitebit = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
