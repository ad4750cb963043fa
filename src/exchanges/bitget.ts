import { z } from "zod";
import { observedAtMs } from "../domain/funding.ts";
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
import type { Rows } from "./wire.ts";

/**
 * Bitget perpetuals of the families USDT-FUTURES and USDC-FUTURES, over API v3 alone: it is the current generation
 * (v2 is in maintenance), its bulk replies agreed with v2 on rate, mark and index when both were measured, and one
 * code path cannot mix the fields of two. An interval that the rate's own reply does not hold is taken from
 * the instrument list while that is young. `knownUnknowns` says what the sources leave open.
 */
const facts = {
  id: "bitget",
  name: "Bitget",
  kind: "centralised",
  hosts: { main: "https://api.bitget.com" },
  // Documented: 20 requests a second per address.
  pacing: { requests: 8, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://www.bitget.com/docs/catalog/market/derivatives",
  requestsPerRefresh: 4,
  knownUnknowns: [
    "isRwa marks stocks, indices, metals, forex and pre-listing contracts alike; without a symbolType that tells them apart the class is unknown.",
    "Of pre-listing contracts only OPENAI is known by name and skipped.",
    "No recorded v3 instrument list was at hand; its field names come from documentation.",
    "Which regions are blocked, and how, is not known: a 403 counts as an HTTP failure.",
    "The interest of contracts other than coins is not the documented default, so their resting rate is unknown.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** An interval that is older than this is unknown. */
const INTERVAL_LIFETIME_MS = 30 * 60_000;
const SUCCESS = "00000";
const RATE_LIMIT_CODE = "429";

/** Documented: a fixed interest of 0.01 % per 8 h on coins, divided by 8 / interval. */
const INTEREST_PER_HOUR = 0.0001 / 8;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
const PRE_LISTING: ReadonlySet<string> = new Set(["OPENAI", "OPENAIUSDT"]);
/** What `deliveryTime` holds on a contract without one. */
const NO_DELIVERY: ReadonlySet<unknown> = new Set([undefined, null, "", "0", 0]);
const CLASS_OF_TYPE: ReadonlyMap<string, AssetClass> = new Map([
  ["crypto", "crypto"],
  ["stock", "stock"],
  ["metal", "metal"],
  ["commodity", "commodity"],
]);

const word = text.catch(null);
const symbol = z.string().min(1);
const rateRow = z.object({
  symbol,
  fundingRate: numeric,
  fundingRateInterval: numeric,
  nextUpdate: numeric,
  minFundingRate: numeric,
  maxFundingRate: numeric,
});
type RateRow = z.infer<typeof rateRow>;

const tickerRow = z.object({
  symbol,
  markPrice: numeric,
  indexPrice: numeric,
  openInterest: numeric,
  turnover24h: numeric,
});
type TickerRow = z.infer<typeof tickerRow>;

const instrumentRow = z.object({
  symbol,
  type: word,
  status: word,
  baseCoin: word,
  quoteCoin: word,
  deliveryTime: z.unknown().optional(),
  isRwa: word,
  symbolType: word,
  launchTime: numeric,
  fundInterval: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Timed<T> extends Rows<T> {
  readonly timeMs: number | null;
}

/** What one family (by its settlement coin) was sent. */
interface Family {
  readonly settle: "USDT" | "USDC";
  readonly rates: Reply<Timed<RateRow>>;
  readonly tickers: Reply<Timed<TickerRow>> | null;
  readonly instruments: Reply<Timed<InstrumentRow>>;
}

interface Raw {
  readonly families: readonly Family[];
}

/** A live perpetual of the instrument list. */
type Listing = Pick<
  Quote,
  "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle" | "assetClass" | "listedAtMs"
>;

const envelope = z.object({
  code: z.string(),
  msg: word,
  requestTime: numeric,
  data: z.unknown(),
});

const load =
  <S extends z.ZodType>(path: string, row: S): Load<Timed<z.infer<S>>> =>
  (http) =>
    http.get(path, (body) => {
      const { code, msg, requestTime, data } = decodeEnvelope(envelope, body);
      if (code !== SUCCESS) throw failureOf(code, msg ?? "");
      return { ...decodeRows(row, data, "symbol"), timeMs: epochMsOf(requestTime) };
    });

/** Failures may come with HTTP 200, another `code` and null data. */
function failureOf(code: string, msg: string): RequestFailure {
  const message = `code ${code}: ${msg}`.slice(0, 200);
  return code === RATE_LIMIT_CODE
    ? new RequestFailure("rate_limited", message)
    : badEnvelope(message);
}

async function fetchFamily(source: Source, settle: Family["settle"]): Promise<Family> {
  const path = (call: string): string => `/api/v3/market/${call}?category=${settle}-FUTURES`;
  const [rates, tickers, instruments] = await Promise.all([
    source.essential(`rates${settle}`, load(path("current-fund-rate"), rateRow)),
    source.secondary(`tickers${settle}`, load(path("tickers"), tickerRow)),
    source.instruments(
      `instruments${settle}`,
      INSTRUMENTS_EVERY_MS,
      load(path("instruments"), instrumentRow),
    ),
  ]);
  return { settle, rates, tickers, instruments };
}

async function fetchRaw(source: Source): Promise<Raw> {
  return {
    families: await Promise.all([fetchFamily(source, "USDT"), fetchFamily(source, "USDC")]),
  };
}

function parse(raw: Raw): Batch {
  const batches = raw.families.map(batchOf);
  return {
    quotes: batches.flatMap((batch) => batch.quotes),
    rejects: batches.flatMap((batch) => batch.rejects),
    expected: batches.reduce((sum, batch) => sum + batch.expected, 0),
    unlisted: batches.reduce((sum, batch) => sum + batch.unlisted, 0),
  };
}

function batchOf(family: Family): Batch & { readonly expected: number } {
  const { rates, tickers, instruments, settle } = family;
  const listings = collectRows(
    instruments.value.rows,
    (row) => row.symbol,
    (row) => listingOf(row, settle),
  );
  const live = new Map(listings.quotes.map((listing) => [listing.exchangeSymbol, listing]));
  const listAgeMs = rates.receivedAtMs - instruments.receivedAtMs;
  const listedIntervals = new Map(
    instruments.value.rows.map((row) => [row.symbol, intervalHoursOf(row.fundInterval)]),
  );
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.symbol, row]));
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    rates.value.rows,
    (row) => row.symbol,
    (row) => {
      const listing = live.get(row.symbol);
      const listed = listedIntervals.get(row.symbol);
      if (listed === undefined) unlisted += 1;
      if (listing === undefined) return null;
      const fallbackHours = listAgeMs <= INTERVAL_LIFETIME_MS ? (listed ?? null) : null;
      return quoteOf(row, listing, tickerOf.get(row.symbol), rates, fallbackHours);
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

/** Null where a row is not ours to show; throws RowReject where it cannot be told. */
function listingOf(row: InstrumentRow, settle: Family["settle"]): Listing | null {
  if (!row.type || !row.status) throw new RowReject("bad_row", "type or status is missing");
  if (row.type !== "perpetual" || row.status !== "online") return null;
  if (!NO_DELIVERY.has(row.deliveryTime)) return null;
  if (!row.baseCoin || !row.quoteCoin) throw new RowReject("bad_row", "a coin is missing");
  if (PRE_LISTING.has(row.baseCoin) || PRE_LISTING.has(row.symbol)) return null;
  if (!DOLLARS.has(row.quoteCoin)) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(row.baseCoin, ["numeric_prefix", "million_prefix"]),
    quote: row.quoteCoin,
    settle,
    assetClass: assetClassOf(row),
    listedAtMs: epochMsOf(row.launchTime),
  };
}

/** `isRwa` "NO" is a coin; of anything else only `symbolType` can say what it is. */
function assetClassOf(row: InstrumentRow): AssetClass | null {
  if (row.isRwa === "NO") return "crypto";
  const named = CLASS_OF_TYPE.get(row.symbolType ?? "") ?? null;
  return named === "crypto" ? null : named;
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  ticker: TickerRow | undefined,
  reply: Reply<Timed<RateRow>>,
  fallbackHours: number | null,
): Quote | null {
  // "0" means that the contract pays no funding.
  if (numberOf(row.nextUpdate) === 0) return null;
  const exchangeTimeMs = reply.value.timeMs;
  const atMs = observedAtMs(exchangeTimeMs, reply.receivedAtMs);
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const publishedHours = intervalHoursOf(row.fundingRateInterval);
  const times = fundingTimesOf(
    positiveOf(row.nextUpdate),
    atMs,
    {
      hours: publishedHours ?? fallbackHours,
      source: "published",
      cached: publishedHours === null,
    },
    "nextUpdate",
  );
  if (times === null) return null;
  const markPrice = positiveOf(ticker?.markPrice);
  return {
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: rateCapOf(row.maxFundingRate),
    rateFloor: rateFloorOf(row.minFundingRate),
    baselineRate:
      listing.assetClass === "crypto"
        ? product(times.fundingIntervalHours, INTEREST_PER_HOUR)
        : null,
    settling: false,
    markPrice,
    indexPrice: positiveOf(ticker?.indexPrice),
    // In base coin; contract size is 1.
    openInterestUsd: product(quantityOf(ticker?.openInterest), markPrice),
    volume24hUsd: quantityOf(ticker?.turnover24h),
    exchangeTimeMs,
    receivedAtMs: reply.receivedAtMs,
  };
}

export const bitget = defineExchange<Raw>({ facts, fetchRaw, parse });
