import { z } from "zod";
import { HOUR_MS, MAX_ABS_RATE, observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { RequestFailure } from "../lib/request-failure.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import {
  badEnvelope,
  collectRows,
  decodeEnvelope,
  decodeRows,
  epochMsOf,
  fundingTimesOf,
  intervalHoursOf,
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
import type { Numeric, Rows } from "./wire.ts";

/**
 * OKX linear swaps settled in USDT and USDC. One reply holds the rates of all swaps; `fundingTime` in it is the next
 * settlement and `nextFundingTime` the one after it, so the interval is their difference. The period before has to
 * agree, else the interval counts as unknown. `knownUnknowns` says what the sources leave open.
 */
const facts = {
  id: "okx",
  name: "OKX",
  kind: "centralised",
  hosts: { main: "https://www.okx.com" },
  // Documented: 10 requests in 2 s per endpoint and address; this is the pace of all endpoints together.
  pacing: { requests: 8, perMs: 2000 },
  accrual: "periodic",
  documentation: "https://www.okx.com/docs-v5/en/#public-data-rest-api-get-funding-rate",
  requestsPerRefresh: 5,
  knownUnknowns: [
    "What a region that OKX blocks is sent is not confirmed; a 403 with an HTML page is taken as such a block.",
    "No field tells pre-IPO swaps from stock swaps; the two names known as such are skipped.",
    "Index prices in USDC are not asked for, because no live swap in USDC was seen.",
    "The interest of 8 h, scaled to the interval, is the resting rate by recorded rows, not by documentation.",
  ],
  classifyFailure: (status, bodyStart) =>
    status === 403 && /^\s*</.test(bodyStart) ? "geo_blocked" : null,
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const RATE_LIMIT_CODE = "50011";
/** Maintenance and busy: the service says so itself, its envelope is sound. */
const UNAVAILABLE_CODES: ReadonlySet<string> = new Set(["50001", "50013"]);
const INTEREST_PERIOD_HOURS = 8;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
const PRE_IPO: ReadonlySet<string> = new Set(["OPENAI", "ANTHROPIC"]);
/** 6 is bonds, which have no class here. */
const CLASS_OF_CATEGORY: ReadonlyMap<number, AssetClass> = new Map([
  [1, "crypto"],
  [3, "stock"],
  [4, "commodity"],
  [5, "forex"],
]);

const word = text.catch(null);
const instId = z.string().min(1);
const rateRow = z.object({
  instId,
  instType: word,
  fundingRate: numeric,
  fundingTime: numeric,
  nextFundingTime: numeric,
  prevFundingTime: numeric,
  formulaType: word,
  interestRate: numeric,
  minFundingRate: numeric,
  maxFundingRate: numeric,
  settFundingRate: numeric,
  settState: word,
  ts: numeric,
});
type RateRow = z.infer<typeof rateRow>;

const instrumentRow = z.object({
  instId,
  instType: word,
  ctType: word,
  state: word,
  ruleType: word,
  settleCcy: word,
  uly: word,
  instFamily: word,
  instCategory: numeric,
  listTime: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

const markRow = z.object({ instId, markPx: numeric });
const oiRow = z.object({ instId, oiUsd: numeric, oiCcy: numeric });
const tickerRow = z.object({ instId, last: numeric, volCcy24h: numeric });
const indexRow = z.object({ instId, idxPx: numeric });

/** A live linear swap of the instrument list; `underlying` (`BTC-USDT`) names its index too. */
interface Listing {
  readonly exchangeSymbol: string;
  readonly underlying: string;
  readonly identity: Pick<
    Quote,
    "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle" | "assetClass" | "listedAtMs"
  >;
}

type RowsOf<S extends z.ZodType> = Rows<z.infer<S>>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
  readonly marks: Reply<RowsOf<typeof markRow>> | null;
  readonly openInterests: Reply<RowsOf<typeof oiRow>> | null;
  readonly tickers: Reply<RowsOf<typeof tickerRow>> | null;
  readonly indexes: Reply<RowsOf<typeof indexRow>> | null;
}

const envelope = z.object({ code: z.string(), msg: word, data: z.unknown() });

/** The data of a success. Failures come with HTTP 200 and another `code`, which is a string. */
function dataOf(body: unknown): unknown {
  const { code, msg, data } = decodeEnvelope(envelope, body);
  if (code === "0") return data;
  const message = `code ${code}: ${msg ?? ""}`.slice(0, 200);
  if (code === RATE_LIMIT_CODE) throw new RequestFailure("rate_limited", message);
  if (UNAVAILABLE_CODES.has(code)) throw new RequestFailure("http", message);
  throw badEnvelope(message);
}

const load =
  <S extends z.ZodType>(path: string, row: S): Load<RowsOf<S>> =>
  (http) =>
    http.get(path, (body) => decodeRows(row, dataOf(body), "instId"));

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, instruments, marks, openInterests, tickers, indexes] = await Promise.all([
    source.essential("fundingRate", load("/api/v5/public/funding-rate?instId=ANY", rateRow)),
    source.instruments(
      "instruments",
      INSTRUMENTS_EVERY_MS,
      load("/api/v5/public/instruments?instType=SWAP", instrumentRow),
    ),
    source.secondary("markPrice", load("/api/v5/public/mark-price?instType=SWAP", markRow)),
    source.secondary("openInterest", load("/api/v5/public/open-interest?instType=SWAP", oiRow)),
    source.secondary("tickers", load("/api/v5/market/tickers?instType=SWAP", tickerRow)),
    source.secondary("indexTickers", load("/api/v5/market/index-tickers?quoteCcy=USDT", indexRow)),
  ]);
  return { rates, instruments, marks, openInterests, tickers, indexes };
}

const byId = <R extends { readonly instId: string }>(reply: Reply<Rows<R>> | null) =>
  new Map(reply?.value.rows.map((row) => [row.instId, row]));

function parse(raw: Raw): Batch {
  const listings = collectRows(raw.instruments.value.rows, (row) => row.instId, listingOf);
  const live = new Map(listings.quotes.map((listing) => [listing.exchangeSymbol, listing]));
  const known = new Set(raw.instruments.value.rows.map((row) => row.instId));
  const prices = pricesOf(raw);
  let unlisted = 0;
  const found = collectRows(
    raw.rates.value.rows,
    (row) => row.instId,
    (row) => {
      // The reply mixes in dated contracts (X-Perps) as FUTURES.
      if (typeof row.instType === "string" && row.instType !== "SWAP") return null;
      const listing = live.get(row.instId);
      if (listing) return quoteOf(row, listing, prices(listing), raw.rates.receivedAtMs);
      if (!known.has(row.instId)) unlisted += 1;
      return null;
    },
  );
  return {
    quotes: found.quotes,
    rejects: [raw.rates.value, raw.instruments.value, listings, found].flatMap((p) => p.rejects),
    expected: live.size,
    unlisted,
  };
}

/** Null where a row is not ours to show; throws RowReject where it cannot be told. */
function listingOf(row: InstrumentRow): Listing | null {
  // A preopen row may hold nothing but its id, its type and its state.
  if (!row.instType || !row.state) throw new RowReject("bad_row", "instType or state is missing");
  if (row.instType !== "SWAP" || row.state !== "live") return null;
  if (!row.ctType || !row.ruleType) throw new RowReject("bad_row", "ctType or ruleType is missing");
  if (row.ctType !== "linear" || row.ruleType !== "normal") return null;
  if (!row.settleCcy) throw new RowReject("bad_row", "settleCcy is missing");
  const underlying = row.uly || row.instFamily || "";
  const [base, quote, ...rest] = underlying.split("-");
  if (!base || !quote || rest.length > 0) throw new RowReject("bad_row", "uly is not BASE-QUOTE");
  if (!DOLLARS.has(row.settleCcy) || !DOLLARS.has(quote) || PRE_IPO.has(base)) return null;
  return {
    exchangeSymbol: row.instId,
    underlying,
    identity: {
      exchangeSymbol: row.instId,
      ...canonicalAsset(base, ["numeric_prefix", "million_prefix"]),
      quote,
      settle: row.settleCcy,
      assetClass: CLASS_OF_CATEGORY.get(numberOf(row.instCategory) ?? 0) ?? null,
      listedAtMs: epochMsOf(row.listTime),
    },
  };
}

type Prices = Pick<Quote, "markPrice" | "indexPrice" | "openInterestUsd" | "volume24hUsd">;

function pricesOf(raw: Raw): (listing: Listing) => Prices {
  const marks = byId(raw.marks);
  const openInterests = byId(raw.openInterests);
  const tickers = byId(raw.tickers);
  const indexes = byId(raw.indexes);
  return ({ exchangeSymbol, underlying }) => {
    const markPrice = positiveOf(marks.get(exchangeSymbol)?.markPx);
    const openInterest = openInterests.get(exchangeSymbol);
    const ticker = tickers.get(exchangeSymbol);
    return {
      markPrice,
      indexPrice: positiveOf(indexes.get(underlying)?.idxPx),
      openInterestUsd:
        quantityOf(openInterest?.oiUsd) ?? product(quantityOf(openInterest?.oiCcy), markPrice),
      // `volCcy24h` of a swap is in base coin.
      volume24hUsd: product(quantityOf(ticker?.volCcy24h), positiveOf(ticker?.last)),
    };
  };
}

function quoteOf(row: RateRow, of: Listing, prices: Prices, receivedAtMs: number): Quote | null {
  const exchangeTimeMs = epochMsOf(row.ts);
  const atMs = observedAtMs(exchangeTimeMs, receivedAtMs);
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const interval = { hours: intervalOf(row), source: "derived" } as const;
  const times = fundingTimesOf(positiveOf(row.fundingTime), atMs, interval, "fundingTime");
  if (times === null) return null;
  return {
    ...of.identity,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    ...settledOf(row, atMs),
    rateCap: rateCapOf(row.maxFundingRate),
    rateFloor: rateFloorOf(row.minFundingRate),
    baselineRate: baselineOf(row, times.fundingIntervalHours),
    settling: false,
    ...prices,
    exchangeTimeMs,
    receivedAtMs,
  };
}

/** The period after `fundingTime`, unless the one before it has another length. */
function intervalOf(row: RateRow): number | null {
  const following = hoursBetween(row.fundingTime, row.nextFundingTime);
  const running = hoursBetween(row.prevFundingTime, row.fundingTime);
  return running === null || running === following ? following : null;
}

/** Whole hours from one unix time to another; null where either is unknown or the span is no interval. */
function hoursBetween(from: Numeric, to: Numeric): number | null {
  const [fromMs, toMs] = [epochMsOf(from), epochMsOf(to)];
  if (fromMs === null || toMs === null) return null;
  const hours = intervalHoursOf(toMs - fromMs, HOUR_MS);
  return hours !== null && Number.isInteger(hours) ? hours : null;
}

/** While `settState` is "processing" the figure is not charged yet. */
function settledOf(row: RateRow, atMs: number): Pick<Quote, "settledRate" | "settledAtMs"> {
  const settledRate = numberOf(row.settFundingRate);
  const settledAtMs = epochMsOf(row.prevFundingTime);
  const isCharged = row.settState === "settled" && settledAtMs !== null && settledAtMs <= atMs;
  return isCharged && settledRate !== null && Math.abs(settledRate) <= MAX_ABS_RATE
    ? { settledRate, settledAtMs }
    : { settledRate: null, settledAtMs: null };
}

/** The formula with an interest component says so; `interestRate` is that of 8 h. */
function baselineOf(row: RateRow, intervalHours: number | null): number | null {
  const interest = numberOf(row.interestRate);
  const isStated = row.formulaType === "withRate" && Math.abs(interest ?? 0) <= MAX_ABS_RATE;
  if (!isStated) return null;
  return product(interest, intervalHours, 1 / INTEREST_PERIOD_HOURS);
}

export const okx = defineExchange<Raw>({ facts, fetchRaw, parse });
