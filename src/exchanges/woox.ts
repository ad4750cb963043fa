import { z } from "zod";
import { MAX_ABS_RATE, observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  epochMsOf,
  lastDigitOf,
  nonEmpty,
  numberOf,
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
import { history } from "./woox-history-wire.ts";
import { dataOf } from "./woox-wire.ts";

/**
 * WOO X perpetuals over API v3. `estFundingRate` is the running estimate of the coming charge, `lastFundingRate` the
 * one charged last. A contract that the list does not contain yet waits for the next list. Frozen contracts keep an old
 * timestamp and a past settlement, which makes them stale and expired. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "PERP_BTC_USDT", estFundingRate: "0.00019817", estFundingRateTimestamp: 1793621820000,
 *   lastFundingRate: "0.00019753", lastFundingRateTimestamp: 1793620800000, nextFundingTime: 1793635200000,
 *   estFundingIntervalHours: 4 }
 */
const facts = {
  id: "woox",
  name: "WOO X",
  kind: "centralised",
  hosts: { main: "https://api.woox.io" },
  // Documented: 10 requests a second per address.
  pacing: { requests: 5, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://developer.woox.io",
  requestsPerRefresh: 2,
  rateRule:
    "estFundingRate of fundingRate: the current estimate, charged at nextFundingTime; a fraction per contract interval, used as is.",
  intervalRule: "estFundingIntervalHours of the same row, in hours.",
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
  interestOf: "coins",
  caveats: [
    "How the rate behaves in the minute of a settlement is not known.",
    "No recorded list row of a perpetual was available; the field names of its cap and floor are from the documentation.",
    "WOO X does not publish the asset class: PERP_SNDK_USDT is a stock, and PERP_EWT_USDT is not Energy Web Token.",
  ],
  classifyFailure: (_status, bodyStart) =>
    RATE_LIMIT_BODY.test(bodyStart) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const RATE_LIMIT_BODY = /"code"\s*:\s*"?-1003\b/;
/** The rate at zero premium by interval in hours, where known. */
const NEUTRAL_RATE: ReadonlyMap<number | null, number> = new Map([
  [8, 0.0001],
  [4, 0.00005],
]);
const PERPETUAL = "PERP";
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC", "USD"]);

const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  estFundingRate: numeric,
  estFundingRateTimestamp: numeric,
  lastFundingRate: numeric,
  lastFundingRateTimestamp: numeric,
  nextFundingTime: numeric,
  estFundingIntervalHours: numeric,
});
type RateRow = z.infer<typeof rateRow>;

const futuresRow = z.object({
  symbol,
  indexPrice: numeric,
  markPrice: numeric,
  openInterest: numeric,
  "24hAmount": numeric,
});
type FuturesRow = z.infer<typeof futuresRow>;

const instrumentRow = z.object({
  symbol,
  status: word,
  baseAssetMultiplier: numeric,
  fundingCap: numeric,
  fundingFloor: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly futures: Reply<Rows<FuturesRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

type Listing = Listed<"rateCap" | "rateFloor">;

const load =
  <S extends z.ZodType>(call: string, row: S): Load<Rows<z.output<S>>> =>
  (http) =>
    http.get(`/v3/public/${call}`, (body) => decodeRows(row, dataOf(body)?.rows, "symbol"));

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, futures, instruments] = await Promise.all([
    source.essential("rates", load("fundingRate", rateRow)),
    source.secondary("futures", load("futures", futuresRow)),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, load("instruments", instrumentRow)),
  ]);
  return { rates, futures, instruments };
}

function parse({ rates, futures, instruments }: Raw): Batch {
  const futuresOf = new Map(futures?.value.rows.map((row) => [row.symbol, row]));
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(instruments.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) => quoteOf(row, listing, futuresOf.get(row.symbol), rates.receivedAtMs),
  });
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  const [kind, base, quote, ...rest] = row.symbol.split("_");
  if (kind !== PERPETUAL || rest.length > 0) return null;
  if (!base || !quote || !DOLLARS.has(quote)) return null;
  if (!row.status) throw new RowReject("bad_row", "status is missing");
  if (row.status !== "TRADING") return null;
  const multiplier = positiveOf(row.baseAssetMultiplier);
  if (multiplier === null) throw new RowReject("bad_row", "baseAssetMultiplier is missing");
  return {
    exchangeSymbol: row.symbol,
    // Tickers denote single units and may start with digits (1INCH, 0G): nothing is stripped.
    base: canonicalAsset(base, []).base,
    multiplier,
    quote,
    settle: quote,
    rateCap: rateCapOf(row.fundingCap),
    rateFloor: rateFloorOf(row.fundingFloor),
  };
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  futures: FuturesRow | undefined,
  receivedAtMs: number,
): Quote | null {
  const exchangeTimeMs = epochMsOf(row.estFundingRateTimestamp);
  const fundingRate = rateOf(row.estFundingRate, "estFundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTime),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours: intervalHoursOf(row.estFundingIntervalHours), source: "published" },
    "nextFundingTime",
  );
  if (times === null) return null;
  const markPrice = positiveOf(futures?.markPrice);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    ...settledOf(row),
    baselineRate: NEUTRAL_RATE.get(times.fundingIntervalHours) ?? null,
    markPrice,
    indexPrice: positiveOf(futures?.indexPrice),
    // In units of the base.
    openInterestDigit: lastDigitOf(futures?.openInterest),
    openInterestUsd: product(quantityOf(futures?.openInterest), markPrice),
    volume24hUsd: quantityOf(futures?.["24hAmount"]),
    exchangeTimeMs,
    receivedAtMs,
  };
}

/** The last charge: both its rate and its time, or neither. */
function settledOf(row: RateRow): Pick<Quote, "settledRate" | "settledAtMs"> {
  const settledRate = numberOf(row.lastFundingRate);
  const settledAtMs = epochMsOf(row.lastFundingRateTimestamp);
  return settledRate !== null && Math.abs(settledRate) <= MAX_ABS_RATE && settledAtMs !== null
    ? { settledRate, settledAtMs }
    : { settledRate: null, settledAtMs: null };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = raw.rates.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  const futures = raw.futures?.value.rows.find(isAsked);
  return originOf("{rates.estFundingRate}", { rates }, { instruments, futures });
}

export const woox = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
