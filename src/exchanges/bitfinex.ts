import { z } from "zod";
import { MAX_ABS_RATE, observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./bitfinex-history-wire.ts";
import { RATE_LIMIT_WAIT_MS, successOf } from "./bitfinex-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  nonEmpty,
  numberOf,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateOf,
} from "./wire.ts";

/**
 * Bitfinex Derivatives settled in USDt: positional rows, which used to be shorter. The current rate was fixed when the
 * last period closed and does not move; the running average of this period becomes the rate of the settlement after the
 * next one. The mark is the composite spot index itself. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * status ["tBTCF0:USTF0", 1793621820000, null, 83551.059, 83590.181, null, 36950860.76010306, null, 1793635200000,
 *   0.00004266, 5140, null, 0, null, null, 83558.881, null, null, 58041.93936489, null, null, null, 0.0005, 0.0025]
 */
const facts = {
  id: "bitfinex",
  name: "Bitfinex",
  kind: "centralised",
  hosts: { main: "https://api-pub.bitfinex.com" },
  // Documented: 90 requests for the status a minute and address, and 30 for tickers, of which a refresh sends one.
  pacing: { requests: 40, perMs: 60_000 },
  accrual: "periodic",
  documentation: "https://docs.bitfinex.com/reference/rest-public-derivatives-status",
  requestsPerRefresh: 2,
  rateRule:
    "Element 12 of a status row (CURRENT_FUNDING): the rate charged at the time in element 8; a fraction per 8 h, used as is.",
  intervalRule: "8 hours for all contracts, as documented; no field says so.",
  providedFields: [
    "nextFundingAtMs",
    "predictedRate",
    "rateCap",
    "rateFloor",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "exchangeTimeMs",
  ],
  caveats: [
    "That longs pay a positive rate is the usual reading; no Bitfinex text was found that states it.",
    "The responses do not contain the asset class: coins, indices, currencies, metals and oil have none.",
    "Whether the ticker list contains every contract is not known; the volume of one that is missing is unknown.",
  ],
  classifyFailure: (_status, bodyStart) =>
    RATE_LIMIT_BODY.test(bodyStart) ? "rate_limited" : null,
  statedWaitMs: (bodyStart) => (RATE_LIMIT_BODY.test(bodyStart) ? RATE_LIMIT_WAIT_MS : null),
} satisfies ExchangeFacts;

/** Pairs are listed a few times a month. */
const INSTRUMENTS_EVERY_MS = 2 * 3_600_000;
const INTERVAL_HOURS = 8;

const RATE_LIMIT_BODY = /ERR_RATE_LIMIT|\berror"\s*,\s*11010\b/;

/** Positions in a status row. */
const STATUS = {
  key: 0,
  timeMs: 1,
  nextFundingMs: 8,
  nextFundingAccrued: 9,
  currentFunding: 12,
  mark: 15,
  openInterest: 18,
  clampMin: 22,
  clampMax: 23,
} as const;
/** Positions in a ticker row of a pair. */
const TICKER = { lastPrice: 7, volume: 8 } as const;

/** Settled in USDt. Paper contracts end in TESTUSDTF0, coin-settled ones in BTCF0. */
const PERPETUAL = /^t(.+)F0:USTF0$/;
/** Bitfinex calls USDT UST. */
const QUOTE = "USDT";
const ASSET_OF_CODE: ReadonlyMap<string, string> = new Map([
  ["ALG", "ALGO"],
  ["ATO", "ATOM"],
  ["IOT", "IOTA"],
  ["MNA", "MANA"],
  ["LUNA2", "LUNA"],
  ["LUNA", "LUNC"],
]);

/** Null means "none" on the wire; an unreadable element becomes undefined, like a missing one. */
const element = z.union([z.string(), z.number()]).nullish().catch(undefined);
/** A positional row whose first element is its key. */
const keyedRow = z
  .array(element)
  .refine((row) => typeof row[0] === "string" && row[0] !== "", "the key is no text");
type KeyedRow = z.infer<typeof keyedRow>;

const pairRow = z
  .tuple([nonEmpty])
  .rest(z.unknown())
  .transform(([pair]) => ({ symbol: `t${pair}` }));
type PairRow = z.infer<typeof pairRow>;

interface Raw {
  readonly status: Reply<Rows<KeyedRow>>;
  readonly tickers: Reply<Rows<KeyedRow>> | null;
  readonly pairs: Reply<Rows<PairRow>>;
}

const loadStatus: Load<Rows<KeyedRow>> = (http) =>
  http.get("/v2/status/deriv?keys=ALL", (body) => decodeRows(keyedRow, successOf(body), "0"));

const loadTickers: Load<Rows<KeyedRow>> = (http) =>
  http.get("/v2/tickers?symbols=ALL", (body) => decodeRows(keyedRow, successOf(body), "0"));

const loadPairs: Load<Rows<PairRow>> = (http) =>
  http.get("/v2/conf/pub:info:pair:futures", (body) => {
    const [list]: readonly unknown[] = successOf(body);
    return decodeRows(pairRow, list, "0");
  });

async function fetchRaw(source: Source): Promise<Raw> {
  const [status, tickers, pairs] = await Promise.all([
    source.essential("status", loadStatus),
    source.secondary("tickers", loadTickers),
    source.instruments("pairs", INSTRUMENTS_EVERY_MS, loadPairs),
  ]);
  return { status, tickers, pairs };
}

function parse({ status, tickers, pairs }: Raw): Batch {
  const tickerOf = new Map(tickers?.value.rows.map((row) => [keyOf(row), row]));
  return joinRates({
    rates: status.value,
    symbolOf: keyOf,
    listings: readListings(pairs.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) => quoteOf(row, listing, tickerOf.get(keyOf(row)), status.receivedAtMs),
    // Other families are not shown, so only contracts of this one are expected in the list.
    shouldBeListed: (row) => PERPETUAL.test(keyOf(row)),
  });
}

function keyOf(row: KeyedRow): string {
  return String(row[STATUS.key]);
}

/** A listed pair is live, as there is no status. Null for families not settled in USDt. */
function listingOf({ symbol }: PairRow): Listed | null {
  const code = PERPETUAL.exec(symbol)?.[1];
  if (code === undefined) return null;
  return {
    exchangeSymbol: symbol,
    // One contract is one unit of the base.
    ...canonicalAsset(ASSET_OF_CODE.get(code) ?? code, []),
    quote: QUOTE,
    settle: QUOTE,
  };
}

function quoteOf(
  row: KeyedRow,
  listing: Listed,
  ticker: KeyedRow | undefined,
  receivedAtMs: number,
): Quote | null {
  const exchangeTimeMs = epochMsOf(row[STATUS.timeMs]);
  const fundingRate = rateOf(row[STATUS.currentFunding], "CURRENT_FUNDING");
  const times = fundingTimesOf(
    positiveOf(row[STATUS.nextFundingMs]),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours: INTERVAL_HOURS, source: "documented_default" },
    "NEXT_FUNDING_EVT_MTS",
  );
  if (times === null) return null;
  const markPrice = positiveOf(row[STATUS.mark]);
  const bound = rateBoundOf(row[STATUS.clampMax]);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    predictedRate: predictedOf(
      row[STATUS.nextFundingAccrued],
      row[STATUS.clampMin],
      row[STATUS.clampMax],
    ),
    rateCap: bound,
    rateFloor: bound === null ? null : -bound,
    markPrice,
    // The mark is the composite index; SPOT_PRICE is Bitfinex's own spot market.
    indexPrice: markPrice,
    // In units of the base.
    openInterestDigit: lastDigitOf(row[STATUS.openInterest]),
    openInterestUsd: product(quantityOf(row[STATUS.openInterest]), markPrice),
    volume24hUsd: product(
      quantityOf(ticker?.[TICKER.volume]),
      positiveOf(ticker?.[TICKER.lastPrice]),
    ),
    exchangeTimeMs,
    receivedAtMs,
  };
}

/**
 * The average premium of this period as the rate of the settlement after the next one: reduced towards zero by the dead
 * band, then limited. Some indices have no limit: null. Unknown if the band or limit is missing or unreadable.
 */
function predictedOf(accrued: Numeric, clampMin: Numeric, clampMax: Numeric): number | null {
  const average = numberOf(accrued);
  const band = quantityOf(clampMin);
  const limit = clampMax === null ? MAX_ABS_RATE : rateBoundOf(clampMax);
  if (average === null || band === null || limit === null) return null;
  if (Math.abs(average) > MAX_ABS_RATE || band > MAX_ABS_RATE) return null;
  const size = Math.min(Math.max(Math.abs(average) - band, 0), limit);
  return average < 0 && size > 0 ? -size : size;
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: KeyedRow): boolean => keyOf(row) === exchangeSymbol;
  const status = raw.status.value.rows.find(isAsked);
  const pairs = raw.pairs.value.rows.find((row) => row.symbol === exchangeSymbol);
  const tickers = raw.tickers?.value.rows.find(isAsked);
  return originOf(`{status.${STATUS.currentFunding}}`, { status }, { pairs, tickers });
}

export const bitfinex = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
