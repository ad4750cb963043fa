import { z } from "zod";
import { MAX_ABS_RATE } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./deribit-history-wire.ts";
import { resultOf } from "./deribit-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { joinRates, type Listed, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  epochMsOf,
  lastDigitOf,
  nonEmpty,
  numberOf,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * Deribit perpetuals settled in USDC. Funding accrues every millisecond: there is no settlement to wait for, and both
 * numbers are expressed per 8 h. `funding_8h` is what the last 8 h accrued and compares with exchanges that average the
 * premium; `current_funding` is the rate at this instant and jumps within seconds. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * summary { instrument_name: "BTC_USDC-PERPETUAL", funding_8h: -0.00240241, current_funding: 0, mark_price: 83594.674,
 *   estimated_delivery_price: 83577.5, open_interest: 169970.3381, volume_notional: 12829453557.04,
 *   volume_usd: 12829453557.04, creation_timestamp: 1793621820000 }
 */
const facts = {
  id: "deribit",
  name: "Deribit",
  kind: "centralised",
  // The test venue and the Coinbase-branded gateway are not used: one is not real, the other has the same books.
  hosts: { main: "https://www.deribit.com" },
  // Documented: about 20 requests a second sustained, the instrument list 1 a second.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "continuous",
  documentation:
    "https://docs.deribit.com/api-reference/market-data/public-get_book_summary_by_currency",
  requestsPerRefresh: 1,
  rateRule:
    "funding_8h of the book summary: the funding accrued over the last 8 hours; a fraction per 8 h, used as is.",
  intervalRule: "8 hours, as documented: rates are expressed per 8 hours and accrue continuously.",
  providedFields: [
    "instantRate",
    "rateCap",
    "rateFloor",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "listedAtMs",
    "exchangeTimeMs",
  ],
  caveats: [
    "Values of underlying_type other than crypto were not observed; a contract with an unrecognized one is reported and not shown.",
    "Whether every summary row has volume_notional is not known; otherwise volume_usd is used.",
    "No recorded summary row of a perpetual was available; its field names are from the documentation.",
    "Both funding fields of BNB are rounded to four decimals.",
  ],
  classifyFailure: (_status, bodyStart) =>
    RATE_LIMIT_BODY.test(bodyStart) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const RATE_LIMIT_BODY = /"code"\s*:\s*10028\b/;

const PERIOD_HOURS = 8;
/** Documented: 5 % per 8 h on perpetuals settled in USDC. */
const CAP = 0.05;

const SUFFIX = "_USDC-PERPETUAL";
const COIN = "USDC";
const PRE_IPO = "preipo";
/** By the lower-case letters of underlying_type, as its separators are not known. */
const CLASS_OF_TYPE: ReadonlyMap<string, AssetClass> = new Map([
  ["crypto", "crypto"],
  ["equity", "stock"],
  ["equityetf", "etf"],
  ["etf", "etf"],
  ["commodity", "commodity"],
  ["index", "index"],
]);
const NOT_A_LETTER = /[^a-z]/g;

const name = nonEmpty;
const summaryRow = z.object({
  instrument_name: name,
  funding_8h: numeric,
  current_funding: numeric,
  mark_price: numeric,
  estimated_delivery_price: numeric,
  open_interest: numeric,
  volume_notional: numeric,
  volume_usd: numeric,
  creation_timestamp: numeric,
});
type SummaryRow = z.infer<typeof summaryRow>;

const instrumentRow = z.object({
  instrument_name: name,
  kind: word,
  settlement_period: word,
  instrument_type: word,
  future_type: word,
  is_active: z.boolean().nullish().catch(null),
  state: word,
  underlying_type: word,
  base_currency: word,
  counter_currency: word,
  settlement_currency: word,
  creation_timestamp: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly summaries: Reply<Rows<SummaryRow>>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

type Listing = Listed<"assetClass" | "listedAtMs">;

const load =
  <S extends z.ZodType>(query: string, row: S): Load<Rows<z.output<S>>> =>
  (http) =>
    http.get(`/api/v2/public/${query}`, (body) =>
      decodeRows(row, resultOf(body), "instrument_name"),
    );

async function fetchRaw(source: Source): Promise<Raw> {
  const [summaries, instruments] = await Promise.all([
    source.essential(
      "summaries",
      load("get_book_summary_by_currency?currency=USDC&kind=future", summaryRow),
    ),
    source.instruments(
      "instruments",
      INSTRUMENTS_EVERY_MS,
      load("get_instruments?currency=USDC&kind=future&expired=false", instrumentRow),
    ),
  ]);
  return { summaries, instruments };
}

function parse({ summaries, instruments }: Raw): Batch {
  // Dated futures come in the same reply and have no funding.
  const isPerpetual = (row: SummaryRow): boolean => row.instrument_name.endsWith(SUFFIX);
  return joinRates({
    rates: summaries.value,
    symbolOf: (row) => row.instrument_name,
    listings: readListings(instruments.value, (row) => row.instrument_name, listingOf),
    quoteOf: (row, listing) =>
      isPerpetual(row) ? quoteOf(row, listing, summaries.receivedAtMs) : null,
    shouldBeListed: isPerpetual,
  });
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  if (!row.instrument_name.endsWith(SUFFIX)) return null;
  const direction = row.instrument_type ?? row.future_type;
  if (!row.kind || !row.settlement_period || !direction || !row.state || !row.underlying_type) {
    throw new RowReject("bad_row", "a field that tells the kind of contract is missing");
  }
  if (row.kind !== "future" || row.settlement_period !== "perpetual") return null;
  if (direction !== "linear" || row.state !== "open" || row.is_active === false) return null;
  if (row.is_active !== true) {
    throw new RowReject("bad_row", "is_active is neither true nor false");
  }
  const { base_currency: base, counter_currency: quote, settlement_currency: settle } = row;
  if (!base || !quote || !settle) throw new RowReject("bad_row", "a currency is missing");
  if (quote !== COIN || settle !== COIN) return null;
  const type = row.underlying_type.toLowerCase().replaceAll(NOT_A_LETTER, "");
  if (type === PRE_IPO) return null;
  const assetClass = CLASS_OF_TYPE.get(type);
  if (assetClass === undefined) {
    throw new RowReject("unknown_kind", "underlying_type is none that is known");
  }
  return {
    exchangeSymbol: row.instrument_name,
    ...canonicalAsset(base, ["numeric_prefix"]),
    quote,
    settle,
    assetClass,
    listedAtMs: epochMsOf(row.creation_timestamp),
  };
}

function quoteOf(row: SummaryRow, listing: Listing, receivedAtMs: number): Quote {
  const instantRate = numberOf(row.current_funding);
  const markPrice = positiveOf(row.mark_price);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate: rateOf(row.funding_8h, "funding_8h"),
    fundingIntervalHours: PERIOD_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: null,
    instantRate: instantRate !== null && Math.abs(instantRate) <= MAX_ABS_RATE ? instantRate : null,
    rateCap: CAP,
    rateFloor: -CAP,
    markPrice,
    // The delivery price of a perpetual is the index.
    indexPrice: positiveOf(row.estimated_delivery_price),
    // In base coins, not in contracts.
    openInterestDigit: lastDigitOf(row.open_interest),
    openInterestUsd: product(quantityOf(row.open_interest), markPrice),
    volume24hUsd: quantityOf(row.volume_notional) ?? quantityOf(row.volume_usd),
    exchangeTimeMs: epochMsOf(row.creation_timestamp),
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly instrument_name: string }): boolean =>
    row.instrument_name === exchangeSymbol;
  const summary = raw.summaries.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  return originOf("{summary.funding_8h}", { summary }, { instruments });
}

export const deribit = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
