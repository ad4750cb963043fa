import { z } from "zod";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { RequestFailure } from "../lib/request-failure.ts";
import { intervalOf } from "./blofin-interval.ts";
import type { Settlement } from "./blofin-interval.ts";
import { defineExchange } from "./exchange.ts";
import type { Decode, ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
  text,
} from "./wire.ts";

/**
 * BloFin perpetuals. No reply says the interval: it is the next settlement less the last settled one, learnt
 * one instrument at a time, and unknown until then. The whole page behind this adapter is documentation: none of it
 * was measured. `knownUnknowns` says what that leaves open.
 */
const facts = {
  id: "blofin",
  name: "BloFin",
  kind: "centralised",
  hosts: { main: "https://openapi.blofin.com" },
  // Documented: 1500 requests in 5 min, so 5 a second on average, and 500 in a minute.
  pacing: { requests: 3, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.blofin.com/index.html#get-funding-rate",
  requestsPerRefresh: 2,
  rateRule:
    "fundingRate of market/funding-rate, a fraction for the contract's own interval, charged at fundingTime.",
  intervalRule:
    "fundingTime less the last settled time of market/funding-rate-history, learnt one instrument at a time; unknown until then and after a settlement that contradicts it.",
  gives: ["nextFundingAtMs", "markPrice", "indexPrice", "volume24hUsd", "assetClass", "listedAtMs"],
  knownUnknowns: [
    "That funding-rate and mark-price without instId hold all instruments was not seen live; if they do not, the batch is refused as too small.",
    "That fundingRate is the running rate, for the contract's own interval and positive when longs pay, follows from documentation alone.",
    "Intervals are learnt over a quarter of an hour after a start; until then they are unknown.",
    "Caps and open interest are not published.",
    "ETHBTC is a ratio of two coins and is left out.",
  ],
  classifyFailure: (status, bodyStart) => {
    if (status !== 403) return null;
    // The firewall's ban (5 min) and the page for refused countries share the status.
    return REGION_PAGE.test(bodyStart) ? "geo_blocked" : "banned";
  },
} satisfies ExchangeFacts;

/** "Restricted" alone is also what a firewall says of an address. */
const REGION_PAGE = /countr|region|jurisdiction/i;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** Volume is wanted every few minutes. */
const TICKERS_EVERY_MS = 3 * 60_000;
/** About 471 instruments, so one request in 2 s; what leaves after two rotations is half an hour old. */
const SETTLEMENTS_ROTATION_MS = 15 * 60_000;

const SUCCESS = "0";
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
/** Prices of these are no amount of dollars for an asset. */
const RATIOS: ReadonlySet<string> = new Set(["ETHBTC", "ETHBTC-USDT"]);
const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["Crypto", "crypto"],
  ["Stocks", "stock"],
  ["Commodities", "commodity"],
  ["Indices", "index"],
]);

const instId = z.string().min(1);
const word = text.catch(null);
const rateRow = z.object({ instId, fundingRate: numeric, fundingTime: numeric });
const priceRow = z.object({ instId, markPrice: numeric, indexPrice: numeric });
const tickerRow = z.object({ instId, last: numeric, volCurrency24h: numeric });
const instrumentRow = z.object({
  instId,
  baseCurrency: word,
  quoteCurrency: word,
  settleCurrency: word,
  instType: word,
  contractType: word,
  state: word,
  assetClass: word,
  listTime: numeric,
});
type RateRow = z.infer<typeof rateRow>;
type PriceRow = z.infer<typeof priceRow>;
type TickerRow = z.infer<typeof tickerRow>;
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
  readonly prices: Reply<Rows<PriceRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly settlements: ReadonlyMap<string, Reply<Settlement>>;
}

type Listing = Pick<
  Quote,
  "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle" | "assetClass" | "listedAtMs"
>;

const envelope = z.object({
  code: z.union([z.string(), z.number()]),
  data: z.unknown().optional(),
});

function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (String(code) === "429") throw new RequestFailure("rate_limited", "code 429");
  if (String(code) !== SUCCESS) throw badEnvelope(`code ${code}`);
  return data;
}

const rowsOf =
  <S extends z.ZodType>(row: S): Decode<Rows<z.infer<S>>> =>
  (body) =>
    decodeRows(row, dataOf(body), "instId");

const load =
  <S extends z.ZodType>(call: string, row: S): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`/api/v1/market/${call}`, rowsOf(row));

/** The newest settlement, in whatever order the rows are; null for a new listing, which has none yet. */
const decodeSettledAt: Decode<number | null> = (body) => {
  const data = dataOf(body);
  if (Array.isArray(data) && data.length === 0) return null;
  const { rows } = decodeRows(rateRow, data, "fundingTime");
  const times = rows.map((row) => epochMsOf(row.fundingTime) ?? 0);
  return positiveOf(Math.max(...times));
};

async function fetchRaw(source: Source): Promise<Raw> {
  const rates = source.essential("rates", load("funding-rate", rateRow));
  const instruments = source.instruments(
    "instruments",
    INSTRUMENTS_EVERY_MS,
    load("instruments", instrumentRow),
  );
  const [rateReply, instrumentReply, prices, tickers, settlements] = await Promise.all([
    rates,
    instruments,
    source.secondary("prices", load("mark-price", priceRow)),
    source.secondary("tickers", load("tickers", tickerRow), TICKERS_EVERY_MS),
    Promise.all([rates, instruments]).then(([{ value }, list]) =>
      fetchSettlements(source, value, list.value),
    ),
  ]);
  return { rates: rateReply, instruments: instrumentReply, prices, tickers, settlements };
}

/** The next settlement is that of the rates at hand, so that both times belong to one moment. */
function fetchSettlements(
  source: Source,
  rates: Rows<RateRow>,
  instruments: Rows<InstrumentRow>,
): Promise<ReadonlyMap<string, Reply<Settlement>>> {
  const nextOf = new Map(rates.rows.map((row) => [row.instId, epochMsOf(row.fundingTime)]));
  return source.rotation(
    "settlements",
    [...liveListings(instruments).live.keys()],
    SETTLEMENTS_ROTATION_MS,
    async (http, key) => ({
      settledAtMs: await http.get(
        `/api/v1/market/funding-rate-history?instId=${encodeURIComponent(key)}&limit=1`,
        decodeSettledAt,
      ),
      nextAtMs: nextOf.get(key) ?? null,
    }),
  );
}

function liveListings({ rows }: Rows<InstrumentRow>) {
  const listings = collectRows(rows, (row) => row.instId, listingOf);
  const live = new Map(listings.quotes.map((listing) => [listing.exchangeSymbol, listing]));
  return { live, rejects: listings.rejects };
}

function parse(raw: Raw): Batch {
  const { rates, instruments, prices, tickers, settlements } = raw;
  const { live, rejects: badListings } = liveListings(instruments.value);
  const listed = new Set(instruments.value.rows.map((row) => row.instId));
  const priceOf = new Map(prices?.value.rows.map((row) => [row.instId, row]));
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.instId, row]));
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    rates.value.rows,
    (row) => row.instId,
    (row) => {
      const listing = live.get(row.instId);
      if (listing === undefined) {
        if (!listed.has(row.instId)) unlisted += 1;
        return null;
      }
      const hours = intervalOf(row.fundingTime, settlements.get(row.instId));
      const ticker = tickerOf.get(row.instId);
      return quoteOf(row, listing, priceOf.get(row.instId), ticker, hours, rates.receivedAtMs);
    },
  );
  return {
    quotes,
    rejects: [...rates.value.rejects, ...instruments.value.rejects, ...badListings, ...rejects],
    expected: live.size,
    unlisted,
  };
}

/** Null where a row is not ours to show; throws RowReject where it cannot be told. */
function listingOf(row: InstrumentRow): Listing | null {
  const { instType, contractType, state, baseCurrency, quoteCurrency, settleCurrency } = row;
  if (!instType || !contractType || !state) {
    throw new RowReject("bad_row", "instType, contractType or state is missing");
  }
  // expireTime says nothing: perpetuals have one too.
  if (instType !== "SWAP" || contractType !== "linear" || state !== "live") return null;
  if (!baseCurrency || !quoteCurrency || !settleCurrency) {
    throw new RowReject("bad_row", "a currency is missing");
  }
  if (!DOLLARS.has(quoteCurrency) || !DOLLARS.has(settleCurrency)) return null;
  if (RATIOS.has(baseCurrency) || RATIOS.has(row.instId)) return null;
  return {
    exchangeSymbol: row.instId,
    ...canonicalAsset(baseCurrency, ["numeric_prefix"]),
    quote: quoteCurrency,
    settle: settleCurrency,
    assetClass: CLASSES.get(row.assetClass ?? "") ?? null,
    listedAtMs: epochMsOf(row.listTime),
  };
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  price: PriceRow | undefined,
  ticker: TickerRow | undefined,
  hours: number | null,
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const interval = { hours, source: "derived", cached: true } as const;
  const times = fundingTimesOf(positiveOf(row.fundingTime), receivedAtMs, interval, "fundingTime");
  if (times === null) return null;
  return {
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: null,
    rateFloor: null,
    baselineRate: null,
    settling: false,
    markPrice: positiveOf(price?.markPrice),
    indexPrice: positiveOf(price?.indexPrice),
    openInterestUsd: null,
    // Despite its name volCurrency24h is in base coins.
    volume24hUsd: product(quantityOf(ticker?.volCurrency24h), positiveOf(ticker?.last)),
    exchangeTimeMs: null,
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly instId: string }): boolean => row.instId === exchangeSymbol;
  const rates = raw.rates.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  if (rates === undefined || instruments === undefined) return null;
  return { rows: { rates, instruments }, formula: "{rates.fundingRate}" };
}

export const blofin = defineExchange<Raw>({ facts, fetchRaw, parse, explain });
