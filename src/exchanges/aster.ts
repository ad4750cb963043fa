import { z } from "zod";
import { observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { Decode, ExchangeFacts, Reply, Source } from "./exchange.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  numberOf,
  numeric,
  positiveOf,
  quantityOf,
  rateBoundOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
  text,
} from "./wire.ts";

/**
 * Aster: an API of Binance's shape on hosts of its own. An interval that fundingInfo does not hold is unknown, for no
 * default is documented. `knownUnknowns` says what the sources leave open.
 */
const facts = {
  id: "aster",
  name: "Aster",
  kind: "decentralised",
  hosts: { main: "https://fapi.asterdex.com" },
  // Documented: weight 2400 in a minute and address; the dearest request here weighs 40.
  pacing: { requests: 20, perMs: 60_000 },
  accrual: "periodic",
  documentation: "https://github.com/asterdex/api-docs",
  requestsPerRefresh: 1,
  rateRule:
    "lastFundingRate of premiumIndex, a fraction for the contract's own interval, charged at nextFundingTime.",
  intervalRule:
    "fundingIntervalHours of fundingInfo; unknown for a contract that is not there, for no default is documented.",
  gives: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "volume24hUsd",
    "assetClass",
    "listedAtMs",
    "exchangeTimeMs",
  ],
  knownUnknowns: [
    "That lastFundingRate is the running estimate charged next follows from the likeness to Binance, not from Aster's own words.",
    "Whether fundingInfo holds every contract is not known; one that it lacks has no interval.",
    "Which words mark stocks is not known: only a COIN without a symbolType has a class.",
    "Which stablecoins settle contracts besides USDT is not known: USDC, USDF, USD1 and FDUSD are shown, others left out.",
    "Open interest is not published.",
  ],
  // The web firewall answers 403 to those who ask too often.
  classifyFailure: (status) => (status === 403 ? "banned" : null),
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
const INTERVALS_EVERY_MS = 5 * 60_000;
/** Its weight is 40 where the others weigh 1. */
const TICKERS_EVERY_MS = 3 * 60_000;

/** Orders and errors share one envelope: `code` 200 is the only one that is no error. */
const SUCCESS = 200;
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC", "USDF", "USD1", "FDUSD"]);
/** TESTUSDT and its like come with the status of a live contract. */
const TEST_BASE = /^TEST\d*$/;

const word = text.catch(null);
const symbol = z.string().min(1);
const rateRow = z.object({
  symbol,
  markPrice: numeric,
  indexPrice: numeric,
  lastFundingRate: numeric,
  nextFundingTime: numeric,
  time: numeric,
});
const intervalRow = z.object({
  symbol,
  interestRate: numeric,
  fundingIntervalHours: numeric,
  fundingFeeCap: numeric,
  fundingFeeFloor: numeric,
});
const tickerRow = z.object({ symbol, quoteVolume: numeric });
const instrumentRow = z.object({
  symbol,
  contractType: word,
  status: word,
  baseAsset: word,
  quoteAsset: word,
  marginAsset: word,
  underlyingType: word,
  symbolType: z.unknown().optional(),
  onboardDate: numeric,
});
type RateRow = z.infer<typeof rateRow>;
type IntervalRow = z.infer<typeof intervalRow>;
type TickerRow = z.infer<typeof tickerRow>;
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly intervals: Reply<Rows<IntervalRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

type Listing = Pick<
  Quote,
  "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle" | "assetClass" | "listedAtMs"
>;

const errorBody = z.object({ code: z.union([z.string(), z.number()]) });

/** Any object with a `code` other than 200 is an error, whatever the HTTP status. */
function refuseError(body: unknown): void {
  const { success, data } = errorBody.safeParse(body);
  if (success && numberOf(data.code) !== SUCCESS) throw badEnvelope(`code ${data.code}`);
}

const listOf =
  <S extends z.ZodType>(row: S): Decode<Rows<z.infer<S>>> =>
  (body) => {
    refuseError(body);
    return decodeRows(row, body, "symbol");
  };

const exchangeInfo = z.object({ symbols: z.array(z.unknown()) });
const decodeInstruments: Decode<Rows<InstrumentRow>> = (body) => {
  refuseError(body);
  return decodeRows(instrumentRow, decodeEnvelope(exchangeInfo, body).symbols, "symbol");
};

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, intervals, tickers, instruments] = await Promise.all([
    source.essential("rates", (http) => http.get("/fapi/v3/premiumIndex", listOf(rateRow))),
    source.intervals("intervals", INTERVALS_EVERY_MS, (http) =>
      http.get("/fapi/v3/fundingInfo", listOf(intervalRow)),
    ),
    source.secondary(
      "tickers",
      (http) => http.get("/fapi/v3/ticker/24hr", listOf(tickerRow)),
      TICKERS_EVERY_MS,
    ),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, (http) =>
      http.get("/fapi/v3/exchangeInfo", decodeInstruments),
    ),
  ]);
  return { rates, intervals, tickers, instruments };
}

function parse({ rates, intervals, tickers, instruments }: Raw): Batch {
  const listings = collectRows(instruments.value.rows, (row) => row.symbol, listingOf);
  const live = new Map(listings.quotes.map((listing) => [listing.exchangeSymbol, listing]));
  const listed = new Set(instruments.value.rows.map((row) => row.symbol));
  const intervalOf = new Map(intervals?.value.rows.map((row) => [row.symbol, row]));
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.symbol, row]));
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    rates.value.rows,
    (row) => row.symbol,
    (row) => {
      const listing = live.get(row.symbol);
      if (listing !== undefined) {
        const interval = intervalOf.get(row.symbol);
        return quoteOf(row, listing, interval, tickerOf.get(row.symbol), rates.receivedAtMs);
      }
      if (!listed.has(row.symbol)) unlisted += 1;
      return null;
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
function listingOf(row: InstrumentRow): Listing | null {
  const { contractType, status, baseAsset, quoteAsset, marginAsset } = row;
  if (!contractType || !status) throw new RowReject("bad_row", "contractType or status is missing");
  if (contractType !== "PERPETUAL" || status !== "TRADING") return null;
  // Seen live: rows without a base, which are no contracts.
  if (!baseAsset || TEST_BASE.test(baseAsset)) return null;
  if (!quoteAsset || !marginAsset) throw new RowReject("bad_row", "an asset is missing");
  if (marginAsset !== quoteAsset || !DOLLARS.has(quoteAsset)) return null;
  const isPlainCoin = row.underlyingType === "COIN" && (row.symbolType ?? null) === null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(baseAsset, ["numeric_prefix", "million_prefix"]),
    quote: quoteAsset,
    settle: marginAsset,
    assetClass: isPlainCoin ? "crypto" : null,
    listedAtMs: epochMsOf(row.onboardDate),
  };
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  interval: IntervalRow | undefined,
  ticker: TickerRow | undefined,
  receivedAtMs: number,
): Quote | null {
  // 0 means that the contract pays no funding.
  if (numberOf(row.nextFundingTime) === 0) return null;
  const fundingRate = rateOf(row.lastFundingRate, "lastFundingRate");
  const exchangeTimeMs = epochMsOf(row.time);
  const hours = intervalHoursOf(interval?.fundingIntervalHours);
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTime),
    observedAtMs(exchangeTimeMs, receivedAtMs),
    { hours, source: "published", cached: true },
    "nextFundingTime",
  );
  if (times === null) return null;
  // Cap, floor and interest belong to the interval that they came with.
  const limits = times.fundingIntervalHours === null ? undefined : interval;
  return {
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: rateCapOf(limits?.fundingFeeCap),
    rateFloor: rateFloorOf(limits?.fundingFeeFloor),
    baselineRate: rateBoundOf(limits?.interestRate),
    settling: false,
    markPrice: positiveOf(row.markPrice),
    indexPrice: positiveOf(row.indexPrice),
    openInterestUsd: null,
    volume24hUsd: quantityOf(ticker?.quoteVolume),
    exchangeTimeMs,
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = raw.rates.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  if (rates === undefined || instruments === undefined) return null;
  const intervals = raw.intervals?.value.rows.find(isAsked) ?? null;
  return { rows: { rates, intervals, instruments }, formula: "{rates.lastFundingRate}" };
}

export const aster = defineExchange<Raw>({ facts, fetchRaw, parse, explain });
