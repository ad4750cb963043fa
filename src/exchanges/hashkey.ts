import { z } from "zod";
import { nextGridTimeMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, ExchangeHttp, Load, Reply, Source } from "./exchange.ts";
import { history } from "./hashkey-history-wire.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import type { Listed, Listings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  nonEmpty,
  numeric,
  type Numeric,
  positiveOf,
  quantityOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * HashKey Global perpetuals, two of them in September 2026. Disabled by default: its replies of index and mark were
 * never recorded. The rates call requires the current time although nothing is signed. A success is a bare list, an
 * error an object. No public open interest is known.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTCUSDT-PERPETUAL", rate: "-0.000239", nextSettleTime: "1793635200000" }
 * instruments { symbol: "BTCUSDT-PERPETUAL", status: "TRADING", inverse: false, underlying: "BTC", quoteAsset: "USDT",
 *   marginToken: "USDT" }
 */
const facts = {
  id: "hashkey",
  name: "HashKey Global",
  kind: "centralised",
  hosts: { main: "https://api-glb.hashkey.com" },
  // Not published for public calls; signed ones may be sent twice per second.
  pacing: { requests: 2, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://hashkeyglobal-apidoc.readme.io/reference/get-futures-funding-rate",
  requestsPerRefresh: 2,
  rateRule:
    "rate of the funding rate list: the current estimate, charged at nextSettleTime; a fraction per 8 h, used as is.",
  intervalRule: "8 hours, as documented: every contract settles at 00:00, 08:00 and 16:00 UTC.",
  providedFields: ["nextFundingAtMs", "baselineRate", "markPrice", "indexPrice", "volume24hUsd"],
  disabledReason:
    "it lists only two contracts, and the responses with their prices were never recorded",
  interestOf: "coins",
  caveats: [
    "The formats of the index and mark price responses are from descriptions alone.",
    "No public source of open interest is known, so it is unknown.",
    "The cap of rates and the public rate limit are not published.",
    "How far the mandatory timestamp may be from the current time is not known.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 60 * 60_000;
/** One request per contract; the index, which identity prefers, is requested every cycle. */
const MARKS_ROTATION_MS = 120_000;
const VOLUMES_ROTATION_MS = 5 * 60_000;
const INTERVAL_HOURS = 8;
/** The rate at zero premium, per 8 h. */
const BASELINE_RATE = 0.0001;
const DOLLAR = "USDT";

const contractRow = z.object({
  symbol: nonEmpty,
  status: anyValue,
  inverse: anyValue,
  // baseAsset contains the whole symbol.
  underlying: word,
  quoteAsset: word,
  marginToken: word,
});
type ContractRow = z.infer<typeof contractRow>;

const rateRow = z.object({ symbol: nonEmpty, rate: numeric, nextSettleTime: numeric });
type RateRow = z.infer<typeof rateRow>;

const indexes = z.object({ index: z.record(z.string(), numeric) });
type Indexes = Readonly<Record<string, Numeric>>;

const mark = z.object({ symbolId: z.string(), price: numeric });
type Mark = z.infer<typeof mark>;

const tickerRow = z.object({ s: nonEmpty, qv: numeric });
type TickerRow = z.infer<typeof tickerRow>;

interface Raw {
  readonly instruments: Reply<Rows<ContractRow>>;
  readonly rates: Reply<Rows<RateRow>>;
  readonly indexes: Reply<Indexes> | null;
  readonly marks: ReadonlyMap<string, Reply<Mark>>;
  readonly tickers: ReadonlyMap<string, Reply<TickerRow>>;
}

/** A live perpetual of the instrument list. */
type Listing = Listed & {
  readonly indexName: string;
};

const loadInstruments: Load<Rows<ContractRow>> = (http) =>
  http.get("/api/v1/exchangeInfo", (body) =>
    decodeRows(contractRow, Reflect.get(Object(body), "contracts"), "symbol"),
  );

const loadRates =
  (timestampMs: number): Load<Rows<RateRow>> =>
  (http) =>
    http.get(`/api/v1/futures/fundingRate?timestamp=${timestampMs}`, (body) =>
      decodeRows(rateRow, body, "symbol"),
    );

const loadIndexes: Load<Indexes> = (http) =>
  http.get("/quote/v1/index", (body) => {
    const { index } = decodeEnvelope(indexes, body);
    if (Object.keys(index).length === 0) throw badEnvelope("the index is empty");
    return index;
  });

const loadMark = (http: ExchangeHttp, symbol: string): Promise<Mark> =>
  http.get(`/quote/v1/markPrice?symbol=${encodeURIComponent(symbol)}`, (body) => {
    const answer = decodeEnvelope(mark, body);
    if (answer.symbolId !== symbol) throw badEnvelope("the answer is another contract's");
    return answer;
  });

const loadTicker = (http: ExchangeHttp, symbol: string): Promise<TickerRow> =>
  http.get(`/quote/v1/ticker/24hr?symbol=${encodeURIComponent(symbol)}`, (body) => {
    const row = decodeRows(tickerRow, body, "s").rows.find((ticker) => ticker.s === symbol);
    if (row === undefined) throw badEnvelope("the answer is another contract's");
    return row;
  });

async function fetchRaw(source: Source): Promise<Raw> {
  const keyed = source
    .instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments)
    .then(async (instruments) => {
      const keys = [...listingsOf(instruments.value).live.keys()];
      const [marks, tickers] = await Promise.all([
        source.rotation("marks", keys, MARKS_ROTATION_MS, loadMark),
        source.rotation("tickers", keys, VOLUMES_ROTATION_MS, loadTicker),
      ]);
      return { instruments, marks, tickers };
    });
  const [rates, index, known] = await Promise.all([
    source.essential("rates", loadRates(source.nowMs())),
    source.secondary("indexes", loadIndexes),
    keyed,
  ]);
  return { ...known, rates, indexes: index };
}

function parse(replies: Raw): Batch {
  return joinRates({
    rates: replies.rates.value,
    symbolOf: (row) => row.symbol,
    listings: listingsOf(replies.instruments.value),
    quoteOf: (row, listing) => quoteOf(row, listing, replies),
  });
}

function listingsOf(list: Rows<ContractRow>): Listings<Listing> {
  return readListings(list, (row) => row.symbol, listingOf);
}

/** Null for a contract that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: ContractRow): Listing | null {
  const { symbol, status, inverse, underlying, quoteAsset, marginToken } = row;
  if (typeof status !== "string" || status === "")
    throw new RowReject("bad_row", "status is missing");
  if (status !== "TRADING" || inverse === true || !symbol.endsWith("-PERPETUAL")) return null;
  if (inverse !== false) throw new RowReject("bad_row", "inverse is neither true nor false");
  if (!underlying || !quoteAsset || !marginToken) {
    throw new RowReject("bad_row", "an asset is missing");
  }
  if (marginToken !== DOLLAR || quoteAsset !== DOLLAR) return null;
  return {
    exchangeSymbol: symbol,
    ...canonicalAsset(underlying, []),
    quote: quoteAsset,
    settle: marginToken,
    indexName: `${underlying}${DOLLAR}`,
  };
}

function quoteOf(
  row: RateRow,
  { indexName, ...listing }: Listing,
  { rates, indexes: index, marks, tickers }: Raw,
): Quote | null {
  const { receivedAtMs } = rates;
  const fundingRate = rateOf(row.rate, "rate");
  const times = fundingTimesOf(
    positiveOf(row.nextSettleTime) ?? nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    receivedAtMs,
    { hours: INTERVAL_HOURS, source: "documented_default" },
    "nextSettleTime",
  );
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    baselineRate: times.fundingIntervalHours === null ? null : BASELINE_RATE,
    markPrice: positiveOf(marks.get(row.symbol)?.value.price),
    indexPrice: positiveOf(index?.value[indexName]),
    volume24hUsd: quantityOf(tickers.get(row.symbol)?.value.qv),
    receivedAtMs,
  };
}

function explain(
  { instruments, rates, marks, tickers, indexes: prices }: Raw,
  exchangeSymbol: string,
): RateOrigin | null {
  const rate = rates.value.rows.find((row) => row.symbol === exchangeSymbol);
  const instrument = instruments.value.rows.find((row) => row.symbol === exchangeSymbol);
  const rows = { rates: rate, instruments: instrument };
  return originOf("{rates.rate}", rows, {
    marks: marks.get(exchangeSymbol)?.value,
    tickers: tickers.get(exchangeSymbol)?.value,
    indexes: prices?.value[`${instrument?.underlying}${DOLLAR}`],
  });
}

export const hashkey = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
