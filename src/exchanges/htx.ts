import { z } from "zod";
import { observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { loadRates, rowsOf } from "./htx-rates.ts";
import type { RateRow, TimedRows } from "./htx-rates.ts";
import { collectRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  epochMsOf,
  numberOf,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
  text,
} from "./wire.ts";

/**
 * HTX USDT-margined swaps: rates, index prices and open interest of all contracts in one reply each. The interval is in
 * the contract list, so that list is asked for every five minutes and its intervals are believed for thirty.
 * Should the rate call be gone, its successor is asked (`htx-rates.ts`). There is no bulk mark price.
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
    "funding_rate is the running rate charged at funding_time: a fraction per the contract's own interval, taken as it is.",
  intervalRule: "settlement_period of the contract list, in hours.",
  gives: [
    "nextFundingAtMs",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "exchangeTimeMs",
  ],
  knownUnknowns: [
    "Open interest is documented as both sides and halved; whether the turnover counts both sides too is not known, it is shown as sent.",
    "HTX publishes no bulk mark price: prices are compared by the index, and no mark is shown.",
    "The form of tradfi_labels is not confirmed; a list or a text that names one class is read, anything else leaves the class unknown.",
    "HTX may close the old rate call; the successor is asked when it answers 404 or 410, no other sign of closing is known.",
    "Which regions are blocked, and how, is not known.",
  ],
  classifyFailure: (_status, bodyStart) => (TOO_FREQUENT.test(bodyStart) ? "rate_limited" : null),
} satisfies ExchangeFacts;

const TOO_FREQUENT = /"err[_-]code"\s*:\s*"?1032\b/;
/** The list holds the intervals, and they change. */
const INSTRUMENTS_EVERY_MS = 5 * 60_000;
/** An interval that is older than this is unknown. */
const INTERVAL_LIFETIME_MS = 30 * 60_000;
/** Delisted contracts keep their last index price for years. */
const INDEX_LIFETIME_MS = 5 * 60_000;
/** Open interest is the sum of buy and sell sides. */
const ONE_SIDE = 0.5;
const STATUS_LISTED = 1;
const SWAP = "swap";
const QUOTE = "USDT";

/** Tokens of gold that carry the label Metals. */
const GOLD_TOKENS: ReadonlySet<string> = new Set(["PAXG", "XAUT"]);
const CLASS_OF_LABEL: ReadonlyMap<unknown, AssetClass> = new Map([
  ["Stocks", "stock"],
  ["Indices", "index"],
  ["Metals", "metal"],
  ["Commodities", "commodity"],
]);

const word = text.catch(null);
const contract_code = z.string().min(1);
const indexRow = z.object({ contract_code, index_price: numeric, index_ts: numeric });
type IndexRow = z.infer<typeof indexRow>;
const interestRow = z.object({ contract_code, value: numeric, trade_turnover: numeric });
type InterestRow = z.infer<typeof interestRow>;
const instrumentRow = z.object({
  contract_code,
  contract_status: numeric,
  business_type: word,
  contract_type: word,
  trade_partition: word,
  settlement_period: numeric,
  tradfi_labels: z.unknown().optional(),
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly rates: Reply<TimedRows<RateRow>>;
  readonly index: Reply<Rows<IndexRow>> | null;
  readonly openInterest: Reply<Rows<InterestRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

/** A live linear swap of the contract list. */
interface Listing {
  readonly exchangeSymbol: string;
  readonly settlementHours: number | null;
  readonly identity: Pick<Quote, "base" | "multiplier" | "quote" | "settle" | "assetClass">;
}

const load =
  <S extends z.ZodType>(call: string, row: S): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`/linear-swap-api/v1/${call}`, (body) => rowsOf(row, body));

async function fetchRaw(source: Source): Promise<Raw> {
  const listing = source.instruments(
    "instruments",
    INSTRUMENTS_EVERY_MS,
    load(`swap_contract_info?business_type=${SWAP}`, instrumentRow),
  );
  const liveCodes = async (): Promise<readonly string[]> =>
    listingsOf((await listing).value.rows).quotes.map((live) => live.exchangeSymbol);
  const [rates, index, openInterest, instruments] = await Promise.all([
    source.essential("rates", (http) => loadRates(http, liveCodes)),
    source.secondary("index", load("swap_index", indexRow)),
    source.secondary("openInterest", load("swap_open_interest", interestRow)),
    listing,
  ]);
  return { rates, index, openInterest, instruments };
}

function parse({ rates, index, openInterest, instruments }: Raw): Batch {
  const listings = listingsOf(instruments.value.rows);
  const live = new Map(listings.quotes.map((listing) => [listing.exchangeSymbol, listing]));
  const known = new Set(instruments.value.rows.map((row) => row.contract_code));
  const interestOf = new Map(openInterest?.value.rows.map((row) => [row.contract_code, row]));
  const indexOf = new Map(
    index?.value.rows.map((row) => [row.contract_code, indexPriceOf(row, index.receivedAtMs)]),
  );
  const intervalsHold = rates.receivedAtMs - instruments.receivedAtMs <= INTERVAL_LIFETIME_MS;
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    rates.value.rows,
    (row) => row.contract_code,
    (row) => {
      const code = row.contract_code;
      const listing = live.get(code);
      if (!known.has(code) && tickerOf(code) !== null) unlisted += 1;
      if (listing === undefined) return null;
      const interest = interestOf.get(code);
      return quoteOf(row, listing, interest, indexOf.get(code) ?? null, rates, intervalsHold);
    },
  );
  return {
    quotes,
    rejects: [rates.value, instruments.value, listings, { rejects }].flatMap(
      (part) => part.rejects,
    ),
    expected: live.size,
    unlisted,
  };
}

function listingsOf(rows: readonly InstrumentRow[]) {
  return collectRows(rows, (row) => row.contract_code, listingOf);
}

/** Null where a row is not ours to show; throws RowReject where it cannot be told. */
function listingOf(row: InstrumentRow): Listing | null {
  const status = numberOf(row.contract_status);
  if (status === null) throw new RowReject("bad_row", "contract_status is not a number");
  if (status !== STATUS_LISTED) return null;
  const kinds = [row.business_type, row.contract_type].filter((kind) => kind);
  if (kinds.length === 0) throw new RowReject("bad_row", "neither type names the kind");
  if (kinds.some((kind) => kind !== SWAP)) return null;
  const ticker = tickerOf(row.contract_code);
  if (!row.trade_partition) throw new RowReject("bad_row", "trade_partition is missing");
  if (ticker === null || row.trade_partition !== QUOTE) return null;
  return {
    exchangeSymbol: row.contract_code,
    settlementHours: intervalHoursOf(row.settlement_period),
    identity: {
      ...canonicalAsset(ticker, []),
      quote: QUOTE,
      settle: QUOTE,
      assetClass: assetClassOf(ticker, row.tradfi_labels),
    },
  };
}

/** `BTC-USDT` is BTC; null for a third part (a dated contract) or another quote. */
function tickerOf(code: string): string | null {
  const [base, quote, ...rest] = code.split("-");
  if (base === undefined || base === "" || quote !== QUOTE || rest.length > 0) return null;
  return base;
}

/** An empty list of labels is a coin; no list at all says nothing. */
function assetClassOf(ticker: string, labels: unknown): AssetClass | null {
  const names: readonly unknown[] = Array.isArray(labels) ? labels : [labels];
  if (names.length === 0) return "crypto";
  const [named, ...others] = new Set(names.map((name) => CLASS_OF_LABEL.get(name) ?? null));
  if (others.length > 0 || !named) return null;
  return named === "metal" && GOLD_TOKENS.has(ticker) ? "crypto" : named;
}

/** Null when the price has not moved with the clock, or says not when it is from. */
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
    exchangeSymbol,
    ...identity,
    accrual: facts.accrual,
    listedAtMs: null,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: rateCapOf(row.max_funding_rate),
    rateFloor: rateFloorOf(row.min_funding_rate),
    baselineRate: null,
    settling: false,
    markPrice: null,
    indexPrice,
    openInterestUsd: product(quantityOf(interest?.value), ONE_SIDE),
    volume24hUsd: quantityOf(interest?.trade_turnover),
    exchangeTimeMs,
    receivedAtMs: reply.receivedAtMs,
  };
}

/** The row of the rates, as received; the rate needs nothing done to it. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const ours = (row: { readonly contract_code: string }): boolean =>
    row.contract_code === exchangeSymbol;
  const rates = raw.rates.value.rows.find(ours);
  const instruments = raw.instruments.value.rows.find(ours);
  if (rates === undefined || instruments === undefined) return null;
  return { rows: { rates, instruments }, formula: "{rates.funding_rate}" };
}

export const htx = defineExchange<Raw>({ facts, fetchRaw, parse, explain });
