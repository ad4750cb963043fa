import {
  HOUR_MS,
  MAX_ABS_RATE,
  NEXT_TIME_LIMIT_MS,
  observedAtMs,
  settlementMinuteMs,
} from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { history } from "./orderly-history-wire.ts";
import { instrumentRow, load, rateRow, settlementRow } from "./orderly-wire.ts";
import type { InstrumentRow, RateRow, SettlementRow, Timed } from "./orderly-wire.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  numberOf,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
} from "./wire.ts";

/**
 * Orderly Network: one order book behind many front ends, read once. A market listed by a broker has the broker as the
 * fourth part of its symbol and trades in the same book. See `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "PERP_BTC_USDC", index_price: 83561.4, mark_price: 83601.8, est_funding_rate: 0.00003254,
 *   last_funding_rate: 0.00003559, next_funding_time: 1793635200000, open_interest: 98529.22099,
 *   "24h_amount": 9140554786.419373 }
 * instruments { symbol: "PERP_BTC_USDC", status: "ACTIVE", is_pretge: false, funding_period: 4, cap_funding: 0.00375,
 *   floor_funding: -0.00375, interest_rate: 0.0001 }
 */
const facts = {
  id: "orderly",
  name: "Orderly Network",
  kind: "decentralised",
  hosts: { main: "https://api.orderly.org" },
  // Documented: 10 requests a second per address.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation:
    "https://orderly.network/docs/build-on-omnichain/restful-api/public/get-market-info-for-all-symbols",
  requestsPerRefresh: 2,
  rateRule:
    "est_funding_rate of public/futures: the current estimate, charged at next_funding_time; a fraction per funding period, used as is.",
  intervalRule:
    "funding_period of public/info, in hours; unknown while the last settlement in public/funding_rates and the next one are a different time apart.",
  providedFields: [
    "nextFundingAtMs",
    "settledRate",
    "settledAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "exchangeTimeMs",
  ],
  caveats: [
    "A row without a status, as in the documentation, counts as a market that trades.",
    "A listed market without prices and trades has nothing to show; whether it is dead is not published.",
    "The interest component is that of 8 hours, as measured on 4-hour markets; that 1-hour markets rest at an eighth of it was not measured.",
    "The asset class is not published.",
  ],
} satisfies ExchangeFacts;

/** The list contains the funding period, which the exchange changes in volatile times. */
const INSTRUMENTS_EVERY_MS = 5 * 60_000;
const INTERVAL_LIFETIME_MS = 30 * 60_000;

/** The period that the interest component refers to. */
const INTEREST_HOURS = 8;
const PERPETUAL = "PERP";
const SPOT = "SPOT";
const ACTIVE = "ACTIVE";
const DOLLARS: ReadonlySet<string> = new Set(["USDC", "USDT"]);

interface Raw {
  readonly rates: Reply<Timed<RateRow>>;
  readonly instruments: Reply<Timed<InstrumentRow>>;
  readonly settlements: Reply<Timed<SettlementRow>> | null;
}

interface Listing extends Listed {
  readonly terms: InstrumentRow;
}

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, instruments, settlements] = await Promise.all([
    source.essential("rates", load("/v1/public/futures", rateRow)),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, load("/v1/public/info", instrumentRow)),
    source.secondary("settlements", load("/v1/public/funding_rates", settlementRow)),
  ]);
  return { rates, instruments, settlements };
}

function parse({ rates, instruments, settlements }: Raw): Batch {
  const settlementOf = new Map(settlements?.value.rows.map((row) => [row.symbol, row]));
  const isYoung = rates.receivedAtMs - instruments.receivedAtMs <= INTERVAL_LIFETIME_MS;
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(instruments.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) =>
      isEmpty(row) ? null : quoteOf(row, listing, settlementOf.get(row.symbol), isYoung, rates),
  });
}

/** Null for a row that must not be shown; throws RowReject if unclear, or for a name of another form. */
function listingOf(row: InstrumentRow): Listing | null {
  const [kind, base, quote, broker, ...rest] = row.symbol.split("_");
  if (kind === SPOT) return null;
  if (kind !== PERPETUAL || !base || !quote || broker === "" || rest.length > 0) {
    throw new RowReject("unknown_kind", `symbol is not ${PERPETUAL}_BASE_QUOTE or with a broker`);
  }
  if (!DOLLARS.has(quote) || !isTrading(row)) return null;
  const asset = canonicalAsset(base, ["numeric_prefix"]);
  return { exchangeSymbol: row.symbol, ...asset, quote, settle: quote, terms: row };
}

function isTrading({ status = null, is_pretge = null }: InstrumentRow): boolean {
  if (status !== null && (typeof status !== "string" || status === ""))
    throw new RowReject("bad_row", "status is not a text");
  if (is_pretge !== null && typeof is_pretge !== "boolean")
    throw new RowReject("bad_row", "is_pretge is neither true nor false");
  return (status === null || status === ACTIVE) && is_pretge !== true;
}

function isEmpty(row: RateRow): boolean {
  if (positiveOf(row.mark_price) !== null || positiveOf(row.index_price) !== null) return false;
  return positiveOf(row["24h_amount"]) === null;
}

function quoteOf(
  row: RateRow,
  { terms, ...listing }: Listing,
  settlement: SettlementRow | undefined,
  isYoung: boolean,
  reply: Reply<Timed<RateRow>>,
): Quote | null {
  const exchangeTimeMs = reply.value.timeMs;
  const listed = isYoung ? intervalHoursOf(terms.funding_period) : null;
  const running = runningHoursOf(row, settlement);
  const hours = running === null || running === listed ? listed : null;
  const times = fundingTimesOf(
    positiveOf(row.next_funding_time),
    observedAtMs(exchangeTimeMs, reply.receivedAtMs),
    { hours, source: "published", cached: true },
    "next_funding_time",
  );
  if (times === null) return null;
  // Cap, floor and interest refer to the period in the same row.
  const limits = times.fundingIntervalHours === null ? undefined : terms;
  const markPrice = positiveOf(row.mark_price);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate: rateOf(row.est_funding_rate, "est_funding_rate"),
    ...times,
    ...settledOf(row, settlement, reply.receivedAtMs),
    rateCap: rateCapOf(limits?.cap_funding),
    rateFloor: rateFloorOf(limits?.floor_funding),
    baselineRate: product(rateBoundOf(limits?.interest_rate), shareOfInterest(hours)),
    markPrice,
    indexPrice: positiveOf(row.index_price),
    openInterestDigit: lastDigitOf(row.open_interest),
    openInterestUsd: product(quantityOf(row.open_interest), markPrice),
    volume24hUsd: quantityOf(row["24h_amount"]),
    exchangeTimeMs,
    receivedAtMs: reply.receivedAtMs,
  };
}

/** The interest component is per 8 hours; markets with 4 hours rest at half of it. */
function shareOfInterest(hours: number | null): number | null {
  return hours === null ? null : hours / INTEREST_HOURS;
}

/** The hours from the last settlement to the coming one, if both replies refer to the same one. */
function runningHoursOf(row: RateRow, settlement: SettlementRow | undefined): number | null {
  const nextMs = positiveOf(settlement?.next_funding_time);
  const lastMs = epochMsOf(settlement?.last_funding_rate_timestamp);
  if (nextMs === null || lastMs === null || nextMs !== positiveOf(row.next_funding_time))
    return null;
  return intervalHoursOf(settlementMinuteMs(nextMs) - settlementMinuteMs(lastMs), HOUR_MS);
}

/** The last rate and its time, from one row; without that row only the rate, from the rates. */
function settledOf(
  row: RateRow,
  settlement: SettlementRow | undefined,
  nowMs: number,
): Pick<Quote, "settledRate" | "settledAtMs"> {
  const settledRate = numberOf((settlement ?? row).last_funding_rate);
  if (settledRate === null || Math.abs(settledRate) > MAX_ABS_RATE)
    return { settledRate: null, settledAtMs: null };
  const atMs = epochMsOf(settlement?.last_funding_rate_timestamp);
  const isPast = atMs !== null && atMs <= nowMs && atMs > nowMs - NEXT_TIME_LIMIT_MS;
  return { settledRate, settledAtMs: isPast ? atMs : null };
}

function explain(replies: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = replies.rates.value.rows.find(isAsked);
  const instruments = replies.instruments.value.rows.find(isAsked);
  const settlements = replies.settlements?.value.rows.find(isAsked);
  return originOf("{rates.est_funding_rate}", { rates, instruments }, { settlements });
}

export const orderly = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
