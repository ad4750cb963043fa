import { observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { history } from "./htx-history-wire.ts";
import { type Listing, listingsOf, tickerOf } from "./htx-listing-wire.ts";
import {
  loadIndex,
  loadInstruments,
  loadOpenInterest,
  loadRateCall,
  loadRates,
} from "./htx-wire.ts";
import type { IndexRow, InterestRow, RateRow, Rates, Raw } from "./htx-wire.ts";
import { joinRates, NOT_PUBLISHED, originOf } from "./wire-join.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  positiveOf,
  product,
  quantityOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
} from "./wire.ts";

/**
 * HTX USDT-margined swaps: rates, index prices and open interest of all contracts in one reply each. The interval is in
 * the contract list, so that list is requested every five minutes and its intervals are trusted for thirty. If the rate
 * call is closed, the new one is used (`htx-wire.ts`). There is no bulk mark price.
 *
 * Sample row, with made-up numbers:
 * rates { contract_code: "BTC-USDT", funding_rate: "0.000100000000000000", funding_time: "1793635200000" }
 * instruments { contract_code: "BTC-USDT", contract_status: 1, business_type: "swap", contract_type: "swap",
 *   trade_partition: "USDT", settlement_period: "8", labels: ["hot", "common"], tradfi_labels: [] }
 */
const facts = {
  id: "htx",
  name: "HTX",
  kind: "centralised",
  hosts: { main: "https://api.hbdm.com" },
  // Documented: 240 requests in 3 s per address for these calls together.
  pacing: { requests: 40, perMs: 3000 },
  accrual: "periodic",
  documentation: "https://huobiapi.github.io/docs/usdt_swap/v1/en/",
  requestsPerRefresh: 3,
  rateRule:
    "funding_rate: the current estimate, charged at funding_time; a fraction per contract interval, used as is.",
  intervalRule: "settlement_period of the contract list, in hours.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "exchangeTimeMs",
  ],
  caveats: [
    "Turnover and open interest are both documented as the sum of both sides. Traded contracts are always an even number, so turnover is halved; open contracts are odd as often as even, which rules out a sum of both sides, so open interest is shown as sent.",
    "HTX publishes no mark price in bulk: the index price is used for comparisons, and no mark price is shown.",
    "The asset class is in tradfi_labels, or in labels alone. Coins have no label, but neither has the euro: without a label the class is unknown.",
    "HTX may close the old rate call. Once that answers 404, 410 or any error but too many requests, its successor is used for hours; only the successor has the caps and floors.",
    "Which regions are blocked, and how, is not known.",
  ],
  classifyFailure: (_status, bodyStart) => (TOO_FREQUENT.test(bodyStart) ? "rate_limited" : null),
} satisfies ExchangeFacts;

const TOO_FREQUENT = /"err[_-]code"\s*:\s*"?1032\b/;
/** The list contains the intervals, which change. */
const INSTRUMENTS_EVERY_MS = 5 * 60_000;
/** Intervals older than this are treated as unknown. */
const INTERVAL_LIFETIME_MS = 30 * 60_000;
/** Delisted contracts keep their last index price for years. */
const INDEX_LIFETIME_MS = 5 * 60_000;
/** How long a closed call is not retried, and an open one is not checked. */
const RATE_CALL_EVERY_MS = 4 * 60 * 60_000;
/** The turnover is the sum of buy and sell sides. */
const ONE_SIDE = 0.5;

/** The outcome of a failed call is verified once more and cached, so that a closed one is not used from then on. */
async function ratesOf(
  source: Source,
  liveCodes: () => Promise<readonly string[]>,
): Promise<Reply<Rates>> {
  const { value: call } = await source.instruments("rateCall", RATE_CALL_EVERY_MS, loadRateCall);
  const rates = await source.essential("rates", (http) => loadRates(http, call, liveCodes));
  if (rates.value.call !== call) await source.instruments("rateCall", 0, loadRateCall);
  return rates;
}

async function fetchRaw(source: Source): Promise<Raw> {
  const listing = source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments);
  const liveCodes = async (): Promise<readonly string[]> => [
    ...listingsOf((await listing).value).live.keys(),
  ];
  const [rates, index, openInterest, instruments] = await Promise.all([
    ratesOf(source, liveCodes),
    source.secondary("index", loadIndex),
    source.secondary("openInterest", loadOpenInterest),
    listing,
  ]);
  return { rates, index, openInterest, instruments };
}

function parse({ rates, index, openInterest, instruments }: Raw): Batch {
  const interestOf = new Map(openInterest?.value.rows.map((row) => [row.contract_code, row]));
  const indexOf = new Map(
    index?.value.rows.map((row) => [row.contract_code, indexPriceOf(row, index.receivedAtMs)]),
  );
  const intervalsHold = rates.receivedAtMs - instruments.receivedAtMs <= INTERVAL_LIFETIME_MS;
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.contract_code,
    listings: listingsOf(instruments.value),
    quoteOf: (row, listing) => {
      const interest = interestOf.get(row.contract_code);
      const indexPrice = indexOf.get(row.contract_code) ?? null;
      return quoteOf(row, listing, interest, indexPrice, rates, intervalsHold);
    },
    shouldBeListed: (row) => tickerOf(row.contract_code) !== null,
  });
}

/** Null if the price has not moved with the clock, or has no time. */
function indexPriceOf(row: IndexRow, receivedAtMs: number): number | null {
  const atMs = epochMsOf(row.index_ts);
  if (atMs === null || Math.abs(receivedAtMs - atMs) > INDEX_LIFETIME_MS) return null;
  return positiveOf(row.index_price);
}

function quoteOf(
  row: RateRow,
  { exchangeSymbol, identity, settlementHours }: Listing,
  interest: InterestRow | undefined,
  indexPrice: number | null,
  reply: Raw["rates"],
  intervalsHold: boolean,
): Quote | null {
  const exchangeTimeMs = reply.value.timeMs;
  const fundingRate = rateOf(row.funding_rate, "funding_rate");
  const hours = intervalsHold ? settlementHours : null;
  const times = fundingTimesOf(
    positiveOf(row.funding_time),
    observedAtMs(exchangeTimeMs, reply.receivedAtMs),
    { hours, source: "published", cached: true },
    "funding_time",
  );
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol,
    ...identity,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(row.max_funding_rate),
    rateFloor: rateFloorOf(row.min_funding_rate),
    indexPrice,
    openInterestDigit: lastDigitOf(interest?.volume),
    openInterestUsd: quantityOf(interest?.value),
    volume24hUsd: product(quantityOf(interest?.trade_turnover), ONE_SIDE),
    exchangeTimeMs,
    receivedAtMs: reply.receivedAtMs,
  };
}

/** The rates row as received; the rate needs no conversion. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const ours = (row: { readonly contract_code: string }): boolean =>
    row.contract_code === exchangeSymbol;
  const rates = raw.rates.value.rows.find(ours);
  const instruments = raw.instruments.value.rows.find(ours);
  const index = raw.index?.value.rows.find(ours);
  const openInterest = raw.openInterest?.value.rows.find(ours);
  return originOf("{rates.funding_rate}", { rates, instruments }, { index, openInterest });
}

export const htx = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
