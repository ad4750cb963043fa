import { HOURS_PER_DAY, MAX_ABS_RATE, observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { history } from "./edgex-history-wire.ts";
import { type Listing, listingsOf } from "./edgex-listing-wire.ts";
import { loadInstruments, loadRates, loadTicker } from "./edgex-wire.ts";
import type { RateRow, Raw, TickerRow } from "./edgex-wire.ts";
import { defineExchange, type ExchangeFacts, type Source } from "./exchange.ts";
import { NOT_PUBLISHED } from "./wire-join.ts";
import { collectRows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  numberOf,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
} from "./wire.ts";

/**
 * edgeX perpetuals over the V2 API. The rate of a period is fixed at its start (`fundingTime`) and charged at its end;
 * `predictedFundingRate` is a constant, not a prediction. Names of coins come from `coinList`: a contract with an
 * unknown coin is rejected. Volume and open interest come one contract at a time.
 *
 * Sample row, with made-up numbers:
 * rates { contractId: "10000001", fundingTime: "1793620800000", fundingTimestamp: "1793621820000",
 *   oraclePrice: "83559.76765490918", markPrice: "83557.261", indexPrice: "83571.8961023", fundingRate: "-0.00049956",
 *   forecastFundingRate: "-0.00052417", interestRate: "0.0003", fundingRateIntervalMin: "240" }
 * instruments { contractId: "10000001", contractName: "BTCUSDT", baseCoinId: "2001", quoteCoinId: "1000",
 *   enableTrade: true, enableDisplay: true, isStock: false, isFx: false, fundingMaxRate: "0.003",
 *   fundingMinRate: "-0.003", defaultTakerFeeRate: "0.00045" }
 */
const facts = {
  id: "edgex",
  name: "edgeX",
  kind: "decentralised",
  hosts: { main: "https://edgex-prod-v2.edgex.exchange" },
  // No limit is published; the reference page uses 5 per second.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://edgex-1.gitbook.io/edgeX-documentation/api-v2/public-api/funding-api",
  requestsPerRefresh: 1,
  rateRule:
    "fundingRate of the latest funding rate: fixed for the current period and charged at its end; a fraction of notional, used as is.",
  intervalRule: "fundingRateIntervalMin of the same row, divided by 60.",
  providedFields: [
    "nextFundingAtMs",
    "predictedRate",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "takerFeeBps",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "exchangeTimeMs",
  ],
  unverifiedRate:
    "The documentation says that fundingRate is charged next, while the ticker calls the forecast the rate of the next settlement.",
  caveats: [
    "edgeX publishes no rate limit.",
    "Coins, metals and commodities are marked alike: only shares (including funds) and currencies have an asset class.",
    "The name of a coin is read from coinName; a contract whose coins have none is rejected.",
    "A digit at the end of a coin's name (BNB2) is read as part of the name, not as a multiplier.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** Some 170 contracts in this time are one request per two seconds. */
const TICKERS_ROTATION_MS = 5 * 60_000;
const MINUTES_PER_HOUR = 60;
const MINUTE_MS = 60_000;
async function fetchRaw(source: Source): Promise<Raw> {
  const instruments = await source.instruments(
    "instruments",
    INSTRUMENTS_EVERY_MS,
    loadInstruments,
  );
  const ids = listingsOf(instruments.value).quotes.map((listing) => listing.contractId);
  const [rates, tickers] = await Promise.all([
    source.essential("rates", loadRates(ids)),
    source.rotation("tickers", ids, TICKERS_ROTATION_MS, loadTicker),
  ]);
  return { instruments, rates, tickers };
}

/** Custom join: rates use the contract's id, as a retired contract may have the same name. */
function parse({ instruments, rates, tickers }: Raw): Batch {
  const listings = listingsOf(instruments.value);
  const live = new Map(listings.quotes.map((listing) => [listing.contractId, listing]));
  const known = new Set(instruments.value.contracts.rows.map((row) => String(row.contractId)));
  const seen = rates.value.rows.map((row) => String(row.contractId));
  const unlisted = new Set(seen.filter((contractId) => !known.has(contractId)));
  const { quotes, rejects } = collectRows(
    rates.value.rows,
    (row) => live.get(String(row.contractId))?.exchangeSymbol ?? String(row.contractId),
    (row) => {
      const contractId = String(row.contractId);
      const listing = live.get(contractId);
      if (listing === undefined) return null;
      return quoteOf(row, listing, tickers.get(contractId)?.value ?? null, rates.receivedAtMs);
    },
  );
  return {
    quotes,
    rejects: [
      ...rates.value.rejects,
      ...instruments.value.contracts.rejects,
      ...listings.rejects,
      ...rejects,
    ],
    expected: live.size,
    // Rates are requested by list: only a row that was not requested is unlisted.
    unlisted: unlisted.size,
  };
}

function quoteOf(
  row: RateRow,
  { contractId: _contractId, ...listing }: Listing,
  ticker: TickerRow | null,
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const exchangeTimeMs = epochMsOf(row.fundingTimestamp);
  const hours = intervalHoursOf(row.fundingRateIntervalMin, MINUTES_PER_HOUR);
  const times = fundingTimesOf(
    nextFundingOf(row, hours),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours, source: "published" },
    "fundingTime + fundingRateIntervalMin",
  );
  if (times === null) return null;
  // markPrice is not documented, but on every row of V2.
  const markPrice = positiveOf(row.markPrice) ?? positiveOf(row.oraclePrice);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    predictedRate: boundedRateOf(row.forecastFundingRate),
    // interestRate is per day: 0.0003 is 0.00005 per 4 h.
    baselineRate: boundedRateOf(
      product(numberOf(row.interestRate), 1 / HOURS_PER_DAY, times.fundingIntervalHours),
    ),
    markPrice,
    indexPrice: positiveOf(row.indexPrice),
    openInterestDigit: lastDigitOf(ticker?.openInterest),
    openInterestUsd: product(quantityOf(ticker?.openInterest), markPrice),
    volume24hUsd: quantityOf(ticker?.value),
    exchangeTimeMs,
    receivedAtMs,
  };
}

/** `fundingTime` is the start of the current period: the charge comes one interval later. */
function nextFundingOf(row: RateRow, hours: number | null): number | null {
  const startMs = positiveOf(row.fundingTime);
  if (startMs === null || hours === null) return null;
  return startMs + hours * MINUTES_PER_HOUR * MINUTE_MS;
}

function boundedRateOf(value: Numeric): number | null {
  const rate = numberOf(value);
  return rate !== null && Math.abs(rate) <= MAX_ABS_RATE ? rate : null;
}

function explain({ instruments, rates, tickers }: Raw, exchangeSymbol: string): RateOrigin | null {
  // A retired contract may have the same name.
  const listing = listingsOf(instruments.value).quotes.find(
    (live) => live.exchangeSymbol === exchangeSymbol,
  );
  const isOf = (row: { readonly contractId: string | number }): boolean =>
    String(row.contractId) === listing?.contractId;
  const instrument = instruments.value.contracts.rows.find(isOf);
  const rate = rates.value.rows.find(isOf);
  if (instrument === undefined || rate === undefined) return null;
  const ticker = listing && tickers.get(listing.contractId)?.value;
  return {
    rows: { rates: rate, instruments: instrument, ...(ticker && { tickers: ticker }) },
    formula: "{rates.fundingRate}",
  };
}

export const edgex = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
