import { z } from "zod";
import { nextGridTimeMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, ExchangeHttp, Load, Reply, Source } from "./exchange.ts";
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
  type Numeric,
} from "./wire.ts";

/**
 * Hibachi perpetuals: one request per symbol. The rate is an estimate over the elapsed part of an 8 h period. Times
 * are seconds. The unit of volume24h is not confirmed: it has nine decimals like the base asset, so it is taken as
 * base and multiplied by the mark. Nothing is shown while the exchange says it is under maintenance.
 */
const facts = {
  id: "hibachi",
  name: "Hibachi",
  kind: "decentralised",
  hosts: { main: "https://data-api.hibachi.xyz" },
  // No limit is published; the reference page keeps to 5 in a second.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.hibachi.xyz/hibachi-docs/trading/funding",
  requestsPerRefresh: 0,
  requestsPerInstrument: 1,
  sweepInFlight: 3,
  rateRule:
    "fundingRateEstimation.estimatedFundingRate of the prices of each contract: a fraction of notional per 8 h.",
  intervalRule: "Documented: every contract settles at 00:00, 08:00 and 16:00 UTC.",
  gives: ["nextFundingAtMs", "markPrice", "indexPrice", "openInterestUsd", "volume24hUsd"],
  knownUnknowns: [
    "Hibachi publishes no rate limit and no cap of its rates.",
    "The 24 h volume is taken in coins because it has as many decimals as the coin; it is not confirmed.",
    "Just after a settlement the estimate covers little time and jumps.",
    "Which multiplier form names use is not confirmed: k before capitals and a leading 1000 are applied.",
    "The times of a maintenance window were never recorded; the state NORMAL is required in any case.",
  ],
} satisfies ExchangeFacts;

/** The list also says whether the exchange is under maintenance. */
const INSTRUMENTS_EVERY_MS = 5 * 60_000;
const QUANTITIES_ROTATION_MS = 5 * 60_000;
const INTERVAL_HOURS = 8;
const MS_PER_SECOND = 1000;
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);

/** Fields that decide whether a contract lives are kept raw: absent and of a wrong type are different there. */
const raw = z.unknown().optional();

const contractRow = z.object({
  symbol: z.string().min(1),
  status: raw,
  underlyingSymbol: text.catch(null),
  settlementSymbol: text.catch(null),
  marketOpenTimestamp: raw,
  marketCloseTimestamp: raw,
});
type ContractRow = z.infer<typeof contractRow>;

const exchangeInfo = z.object({
  status: raw,
  futureContracts: raw,
  maintenanceWindow: z.array(z.object({ begin: numeric, end: numeric })).nullish(),
});

const prices = z.object({
  symbol: z.string(),
  markPrice: numeric,
  spotPrice: numeric,
  fundingRateEstimation: z
    .object({ estimatedFundingRate: numeric, nextFundingTimestamp: numeric })
    .nullish()
    .catch(null),
});
type Prices = z.infer<typeof prices>;

const stats = z.object({ symbol: z.string(), volume24h: numeric });
type Stats = z.infer<typeof stats>;

const openInterest = z.object({ totalQuantity: numeric });
type OpenInterest = z.infer<typeof openInterest>;

interface Info {
  readonly contracts: Rows<ContractRow>;
  readonly status: unknown;
  readonly windows: readonly { readonly begin?: Numeric; readonly end?: Numeric }[];
}

interface Raw {
  readonly instruments: Reply<Info>;
  readonly prices: ReadonlyMap<string, Reply<Prices>>;
  readonly stats: ReadonlyMap<string, Reply<Stats>>;
  readonly openInterest: ReadonlyMap<string, Reply<OpenInterest>>;
}

/** A live perpetual of the instrument list. */
type Listing = Pick<Quote, "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle">;

const failure = z.object({ status: z.literal("failed"), errorCode: numeric });

/** Failures may come with HTTP 200; a status of another kind is legitimate. */
function checked(body: unknown): unknown {
  const failed = failure.safeParse(body);
  if (failed.success) throw badEnvelope(`errorCode ${failed.data.errorCode ?? "none"}`);
  return body;
}

const loadInstruments: Load<Info> = (http) =>
  http.get("/market/exchange-info", (body) => {
    const info = decodeEnvelope(exchangeInfo, checked(body));
    return {
      contracts: decodeRows(contractRow, info.futureContracts, "symbol"),
      status: info.status,
      windows: info.maintenanceWindow ?? [],
    };
  });

const loadOne =
  <S extends z.ZodType>(call: string, schema: S) =>
  (http: ExchangeHttp, symbol: string): Promise<z.output<S>> =>
    http.get(`/market/data/${call}?symbol=${encodeURIComponent(symbol)}`, (body) => {
      const answered: unknown = Reflect.get(Object(body), "symbol");
      if (typeof answered === "string" && answered !== symbol) {
        throw badEnvelope("the answer is another contract's");
      }
      return decodeEnvelope(schema, checked(body));
    });

async function fetchRaw(source: Source): Promise<Raw> {
  const instruments = await source.instruments(
    "instruments",
    INSTRUMENTS_EVERY_MS,
    loadInstruments,
  );
  const { status, contracts } = instruments.value;
  if (status !== "NORMAL") throw badEnvelope("the exchange does not say that its state is NORMAL");
  const listings = listingsOf(contracts, instruments.receivedAtMs).quotes;
  if (listings.length === 0) throw badEnvelope("the list holds no live contract");
  const keys = listings.map((listing) => listing.exchangeSymbol);
  const [rates, volumes, interests] = await Promise.all([
    source.sweep("prices", keys, loadOne("prices", prices)),
    source.rotation("stats", keys, QUANTITIES_ROTATION_MS, loadOne("stats", stats)),
    source.rotation(
      "openInterest",
      keys,
      QUANTITIES_ROTATION_MS,
      loadOne("open-interest", openInterest),
    ),
  ]);
  return { instruments, prices: rates, stats: volumes, openInterest: interests };
}

function parse(replies: Raw): Batch {
  const { instruments } = replies;
  const { contracts, windows } = instruments.value;
  let nowMs = instruments.receivedAtMs;
  for (const reply of replies.prices.values()) nowMs = Math.max(nowMs, reply.receivedAtMs);
  const listings = listingsOf(contracts, nowMs);
  const rejects = [...contracts.rejects, ...listings.rejects];
  const expected = listings.quotes.length;
  if (windows.some((window) => isRunning(window, nowMs))) {
    return { quotes: [], rejects, expected, unlisted: 0 };
  }
  const read = collectRows(
    listings.quotes,
    (listing) => listing.exchangeSymbol,
    (listing) => quoteOf(listing, replies),
  );
  // Prices are asked for by the list, so none is unknown to it.
  return { quotes: read.quotes, rejects: [...rejects, ...read.rejects], expected, unlisted: 0 };
}

/** A window whose end cannot be read runs on. */
function isRunning(window: Info["windows"][number], nowMs: number): boolean {
  const beginMs = secondsOf(window.begin);
  const endMs = secondsOf(window.end);
  return beginMs !== null && beginMs <= nowMs && (endMs === null || nowMs < endMs);
}

function secondsOf(seconds: Numeric): number | null {
  return product(positiveOf(seconds), MS_PER_SECOND);
}

function listingsOf(
  contracts: Rows<ContractRow>,
  nowMs: number,
): ReturnType<typeof collectRows<ContractRow, Listing>> {
  return collectRows(
    contracts.rows,
    (row) => row.symbol,
    (row) => listingOf(row, nowMs),
  );
}

/** Null where a contract is not ours to show; throws RowReject where it cannot be told. */
function listingOf(row: ContractRow, nowMs: number): Listing | null {
  const { status, underlyingSymbol, settlementSymbol } = row;
  if (typeof status !== "string") throw new RowReject("bad_row", "status is not a text");
  if (status !== "LIVE" || !row.symbol.endsWith("-P")) return null;
  const openMs = borderOf(row.marketOpenTimestamp);
  const closeMs = borderOf(row.marketCloseTimestamp);
  if (openMs !== null && nowMs < openMs) return null;
  if (closeMs !== null && nowMs >= closeMs) return null;
  if (!underlyingSymbol || !settlementSymbol) throw new RowReject("bad_row", "a coin is missing");
  if (!DOLLARS.has(settlementSymbol)) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(underlyingSymbol, ["numeric_prefix", "kilo_prefix"]),
    quote: settlementSymbol,
    settle: settlementSymbol,
  };
}

/** When a market opens or closes, unix ms; null where it has no such border. */
function borderOf(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  const ms = epochMsOf(secondsOf(numeric.parse(value)));
  if (ms === null) throw new RowReject("bad_row", "a market's opening or closing cannot be read");
  return ms;
}

function quoteOf(listing: Listing, replies: Raw): Quote | null {
  const { exchangeSymbol } = listing;
  const reply = replies.prices.get(exchangeSymbol);
  if (reply === undefined) return null;
  const { value: row, receivedAtMs } = reply;
  const field = "fundingRateEstimation.estimatedFundingRate";
  const fundingRate = rateOf(row.fundingRateEstimation?.estimatedFundingRate, field);
  const publishedMs = secondsOf(row.fundingRateEstimation?.nextFundingTimestamp);
  const times = fundingTimesOf(
    publishedMs ?? nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    receivedAtMs,
    { hours: INTERVAL_HOURS, source: "documented_default" },
    "fundingRateEstimation.nextFundingTimestamp",
  );
  if (times === null) return null;
  const markPrice = positiveOf(row.markPrice);
  const interest = replies.openInterest.get(exchangeSymbol)?.value.totalQuantity;
  return {
    ...listing,
    assetClass: null,
    accrual: facts.accrual,
    listedAtMs: null,
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
    markPrice,
    indexPrice: positiveOf(row.spotPrice),
    openInterestUsd: product(quantityOf(interest), markPrice),
    volume24hUsd: product(
      quantityOf(replies.stats.get(exchangeSymbol)?.value.volume24h),
      markPrice,
    ),
    exchangeTimeMs: null,
    receivedAtMs,
  };
}

function explain(replies: Raw, exchangeSymbol: string): RateOrigin | null {
  const row = replies.prices.get(exchangeSymbol);
  const instrument = replies.instruments.value.contracts.rows.find(
    (contract) => contract.symbol === exchangeSymbol,
  );
  if (row === undefined || instrument === undefined) return null;
  return {
    rows: { prices: row.value, instruments: instrument },
    formula: "{prices.fundingRateEstimation.estimatedFundingRate}",
  };
}

export const hibachi = defineExchange<Raw>({ facts, fetchRaw, parse, explain });
