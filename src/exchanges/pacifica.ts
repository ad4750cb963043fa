import { z } from "zod";
import { nextGridTimeMs, observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./pacifica-history-wire.ts";
import { replyOf } from "./pacifica-wire.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  epochMsOf,
  lastDigitOf,
  nonEmpty,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * Pacifica: according to its documentation `funding` was paid in the past hour and `next_funding` is charged at the
 * next full one, so the latter is the rate. Its history suggests the opposite: no charge is reported as settled until
 * that is resolved. The unit of open interest is inferred from Bitcoin's (see `unitOf`). See `unverifiedRate` and
 * `caveats`.
 *
 * Sample row, with made-up numbers:
 * prices { symbol: "BTC", next_funding: "0.00004122", mark: "83582.579359", oracle: "83575.392082",
 *   open_interest: "8627.87647", volume_24h: "546419486.3567", timestamp: 1793621820000 }
 * instruments { symbol: "BTC", instrument_type: "perpetual", base_asset: "BTC" }
 */
const facts = {
  id: "pacifica",
  name: "Pacifica",
  kind: "decentralised",
  hosts: { main: "https://api.pacifica.fi" },
  // 100 credits a minute without a key; a read may cost 12 of them.
  pacing: { requests: 6, perMs: 60_000 },
  accrual: "periodic",
  documentation: "https://docs.pacifica.fi/api-documentation/api/rest-api/markets/get-prices",
  requestsPerRefresh: 1,
  rateRule:
    "next_funding of info/prices: the estimate for the current hour, a fraction per hour. funding, documented as the last payment, is disputed and not shown.",
  intervalRule: "One hour for every market, as documented; charged on the full hour.",
  providedFields: [
    "nextFundingAtMs",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "exchangeTimeMs",
  ],
  unverifiedRate:
    "The documentation says that next_funding is charged at the next full hour, but a recorded history, in which each row's next_funding_rate is the funding_rate of the following hour, also fits funding. Until a payment in a real account settles it, the rate shown may be an hour early, and no settled rate is shown.",
  caveats: [
    "The unit of open interest is not documented: base units if Bitcoin's is 100000 or less, otherwise dollars; unknown without Bitcoin.",
    "That a lower-case k before capitals means 1000 is not confirmed by the sources consulted.",
    "The cap of the rate and the asset class are not published.",
    "Sources disagree on the cost of a request without a key; pacing assumes the highest.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const INTERVAL_HOURS = 1;
/** 0.01 % per 8 h, not only for coins: XAU and EURUSD were at it, NVDA and SP500 an hour before (2026-09-13). */
const BASELINE_RATE = 0.0000125;
const PERPETUAL = "perpetual";
const QUOTE = "USD";
const SETTLE = "USDC";

const MEASURE = "BTC";
/** No book has as many bitcoins; a larger figure is in dollars. */
const MAX_BITCOINS = 100_000;

const symbol = nonEmpty;
const priceRow = z.object({
  symbol,
  next_funding: numeric,
  mark: numeric,
  oracle: numeric,
  open_interest: numeric,
  volume_24h: numeric,
  timestamp: numeric,
});
const instrumentRow = z.object({ symbol, instrument_type: word, base_asset: word });
type PriceRow = z.infer<typeof priceRow>;
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly prices: Reply<Rows<PriceRow>>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

type Unit = "base" | "dollars" | "unknown";

const load =
  <S extends z.ZodType>(path: string, row: S): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(path, (body) => decodeRows(row, replyOf(body).data, "symbol"));

async function fetchRaw(source: Source): Promise<Raw> {
  const [prices, instruments] = await Promise.all([
    source.essential("prices", load("/api/v1/info/prices", priceRow)),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, load("/api/v1/info", instrumentRow)),
  ]);
  return { prices, instruments };
}

function parse({ prices, instruments }: Raw): Batch {
  const unit = unitOf(prices.value.rows);
  return joinRates({
    rates: prices.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(instruments.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) => quoteOf(row, listing, unit, prices.receivedAtMs),
  });
}

type Listing = Pick<Quote, "exchangeSymbol" | "base" | "multiplier">;

/** Null for spot; throws RowReject if the kind is unclear. */
function listingOf(row: InstrumentRow): Listing | null {
  if (!row.instrument_type) throw new RowReject("bad_row", "instrument_type is missing");
  if (row.instrument_type !== PERPETUAL) return null;
  const named = canonicalAsset(row.symbol, ["kilo_prefix"]);
  const asset = canonicalAsset(row.base_asset || row.symbol, ["kilo_prefix"]);
  // The symbol states what is priced: its multiplier applies if the base asset is written without one.
  const isSame = named.base === asset.base && named.multiplier > asset.multiplier;
  return { exchangeSymbol: row.symbol, ...(isSame ? named : asset) };
}

/** Open interest has one unit for all contracts; Bitcoin's magnitude shows which. */
function unitOf(rows: readonly PriceRow[]): Unit {
  const measure = quantityOf(rows.find((row) => row.symbol === MEASURE)?.open_interest);
  if (measure === null) return "unknown";
  return measure > MAX_BITCOINS ? "dollars" : "base";
}

function quoteOf(row: PriceRow, listing: Listing, unit: Unit, receivedAtMs: number): Quote {
  const exchangeTimeMs = epochMsOf(row.timestamp);
  const atMs = observedAtMs(exchangeTimeMs, receivedAtMs);
  const markPrice = positiveOf(row.mark);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    quote: QUOTE,
    settle: SETTLE,
    accrual: facts.accrual,
    fundingRate: rateOf(row.next_funding, "next_funding"),
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(atMs, INTERVAL_HOURS),
    baselineRate: BASELINE_RATE,
    markPrice,
    indexPrice: positiveOf(row.oracle),
    openInterestDigit: lastDigitOf(row.open_interest),
    openInterestUsd: dollarsOf(quantityOf(row.open_interest), unit, markPrice),
    volume24hUsd: quantityOf(row.volume_24h),
    exchangeTimeMs,
    receivedAtMs,
  };
}

function dollarsOf(
  openInterest: number | null,
  unit: Unit,
  markPrice: number | null,
): number | null {
  switch (unit) {
    case "base":
      return product(openInterest, markPrice);
    case "dollars":
      return openInterest;
    case "unknown":
      return null;
  }
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const prices = raw.prices.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  return originOf("{prices.next_funding}", { prices, instruments });
}

export const pacifica = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
