import { z } from "zod";
import { HOUR_MS, NEXT_TIME_LIMIT_MS, nextGridTimeMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./cryptocom-history-wire.ts";
import { BASE_PATH, resultOf } from "./cryptocom-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, ExchangeHttp, Load, Reply, Source } from "./exchange.ts";
import { joinAnswers, NOT_PUBLISHED, readListings } from "./wire-join.ts";
import type { Listed, Listings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
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
 * Crypto.com Exchange perpetuals, all settled in USD. `funding_rate` is the rate of each hour of the current 4 h block;
 * `estimated_funding_rate` is that of the next block, i.e. of no settlement shown here, and is not requested. Rate and
 * mark come one instrument at a time. The timestamp of a rate is a full hour, so rows have no time of their own; a rate
 * from before the current block still belongs to the previous one.
 *
 * Sample row, with made-up numbers:
 * rates { v: "0.000159382", t: 1793620800000 }
 * instruments { symbol: "BTCUSD-PERP", inst_type: "PERPETUAL_SWAP", tradable: true, beta_product: false,
 *   product_type: "DIGITAL_CURRENCIES", expiry_timestamp_ms: 0, base_ccy: "BTC", quote_ccy: "USD",
 *   contract_size: "1" }
 * tickers { i: "BTCUSD-PERP", a: "83572.1", vv: "18020617889.8", oi: "240817.3591" }
 * marks { v: "83572.05", t: 1793621820000 }
 */
const facts = {
  id: "cryptocom",
  name: "Crypto.com",
  kind: "centralised",
  hosts: { main: "https://api.crypto.com" },
  // Documented: 100 per second and method; 40 were measured to work.
  pacing: { requests: 20, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html",
  requestsPerRefresh: 1,
  requestsPerInstrument: 1,
  sweepInFlight: 4,
  rateRule:
    "The latest value of the valuation funding_rate: a fraction per hour, the same for each hour of a 4-hour block.",
  intervalRule: "One hour, as documented: every perpetual settles on each full UTC hour.",
  providedFields: ["nextFundingAtMs", "markPrice", "openInterestUsd", "volume24hUsd", "assetClass"],
  caveats: [
    "The published estimate is for the next 4-hour block (00, 04, 08, 12, 16, 20 UTC), not for the next hour: it is not shown.",
    "How late a new block's rate is published is not documented; until its timestamp is within the block, the row is flagged as settling.",
    "Open interest is read as coins because each contract has size 1; with any other size it is unknown.",
    "A leading 1000 in a coin's name is read as a multiplier; no such contract has been seen.",
    "Rates have no published cap and no interest component.",
    "The index price is not available in bulk and is not requested.",
  ],
  classifyFailure: (_status, bodyStart) =>
    RATE_LIMIT_BODY.test(bodyStart) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const RATE_LIMIT_BODY = /"code"\s*:\s*"?42901\b/;
const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** Identity needs a price from the last minutes. */
const MARK_ROTATION_MS = 120_000;

const INTERVAL_HOURS = 1;
/** The rate is constant in blocks of this length, starting at midnight UTC. */
const BLOCK_MS = 4 * HOUR_MS;
const PERP_SUFFIX = "-PERP";

const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDT", "USDC"]);
const ASSET_CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["DIGITAL_CURRENCIES", "crypto"],
  ["EQUITY", "stock"],
  ["EQUITY_IND", "index"],
  ["COMMODITIES", "commodity"],
]);
/** Pre-IPO contracts carry it in their name as well: OPENAIIPO. */
const PRE_IPO = "PRE_IPO";
const PRE_IPO_SUFFIX = "IPO";

const instrumentRow = z.object({
  symbol: nonEmpty,
  inst_type: anyValue,
  tradable: anyValue,
  beta_product: anyValue,
  product_type: anyValue,
  expiry_timestamp_ms: numeric,
  base_ccy: word,
  quote_ccy: word,
  contract_size: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

const tickerRow = z.object({ i: nonEmpty, a: numeric, vv: numeric, oi: numeric });
type TickerRow = z.infer<typeof tickerRow>;

const point = z.object({ v: numeric, t: numeric });
type Point = z.infer<typeof point>;
type Points = ReadonlyMap<string, Reply<Point>>;

interface Raw {
  readonly instruments: Reply<Rows<InstrumentRow>>;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly rates: Points;
  readonly marks: Points;
}

/** A live perpetual of the instrument list. */
type Listing = Listed<"assetClass"> & { readonly contractSize: number | null };

const load =
  <S extends z.ZodType>(call: string, row: S, symbolKey: string): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`${BASE_PATH}/${call}`, (body) => decodeRows(row, resultOf(body).data, symbolKey));

type Valuation = "funding_rate" | "mark_price";

/** Only the newest point: with more points the series is sparse and older. */
const loadPoint =
  (type: Valuation) =>
  (http: ExchangeHttp, symbol: string): Promise<Point> => {
    const query = `instrument_name=${encodeURIComponent(symbol)}&valuation_type=${type}&count=1`;
    return http.get(`${BASE_PATH}/get-valuations?${query}`, (body) => {
      const { data, instrument_name: answered } = resultOf(body);
      if (answered !== symbol)
        throw badEnvelope("the answer is for another instrument, or names none");
      const [newest] = decodeRows(point, data, "t").rows;
      if (newest === undefined) throw badEnvelope("the answer holds no value");
      return newest;
    });
  };

async function fetchRaw(source: Source): Promise<Raw> {
  const loadInstruments = load("get-instruments", instrumentRow, "symbol");
  const tickers = source.secondary("tickers", load("get-tickers", tickerRow, "i"));
  const keyed = source
    .instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments)
    .then(async (instruments) => {
      const keys = [...listingsOf(instruments.value).live.keys()];
      if (keys.length === 0) throw badEnvelope("the list holds no live perpetual");
      const [rates, marks] = await Promise.all([
        source.sweep("rates", keys, loadPoint("funding_rate")),
        source.rotation("marks", keys, MARK_ROTATION_MS, loadPoint("mark_price")),
      ]);
      return { instruments, rates, marks };
    });
  const [known, volumes] = await Promise.all([keyed, tickers]);
  return { ...known, tickers: volumes };
}

function parse(replies: Raw): Batch {
  const listings = listingsOf(replies.instruments.value);
  const tickerOf = new Map(replies.tickers?.value.rows.map((row) => [row.i, row]));
  return {
    ...joinAnswers(listings, (listing) =>
      quoteOf(listing, tickerOf.get(listing.exchangeSymbol), replies),
    ),
    // Rates are requested by list, so an incomplete list only shows in the tickers.
    unlisted: [...tickerOf.keys()].filter(
      (name) => name.endsWith(PERP_SUFFIX) && !listings.known.has(name),
    ).length,
  };
}

function listingsOf(list: Rows<InstrumentRow>): Listings<Listing> {
  return readListings(list, (row) => row.symbol, listingOf);
}

/** Null for an instrument that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  if (typeof row.inst_type !== "string" || row.inst_type === "")
    throw new RowReject("bad_row", "inst_type is missing");
  if (row.inst_type !== "PERPETUAL_SWAP") return null;
  if (row.tradable === false || row.beta_product === true) return null;
  if (row.tradable !== true || row.beta_product !== false) {
    throw new RowReject("bad_row", "tradable or beta_product is neither true nor false");
  }
  const expiryMs = numberOf(row.expiry_timestamp_ms);
  if (expiryMs === null || typeof row.product_type !== "string" || row.product_type === "") {
    throw new RowReject("bad_row", "expiry_timestamp_ms or product_type cannot be read");
  }
  if (expiryMs !== 0) return null;
  const { base_ccy: base, quote_ccy: quote } = row;
  if (!base || !quote) throw new RowReject("bad_row", "a currency is missing");
  if (row.product_type === PRE_IPO || base.endsWith(PRE_IPO_SUFFIX)) return null;
  if (!DOLLARS.has(quote)) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(base, ["numeric_prefix"]),
    quote,
    settle: quote,
    assetClass: ASSET_CLASSES.get(row.product_type) ?? null,
    contractSize: positiveOf(row.contract_size),
  };
}

function quoteOf(
  { contractSize, ...listing }: Listing,
  ticker: TickerRow | undefined,
  { rates, marks }: Raw,
): Quote | null {
  const reply = rates.get(listing.exchangeSymbol);
  if (reply === undefined) return null;
  const { value, receivedAtMs } = reply;
  const fundingRate = rateOf(value.v, "v of funding_rate");
  const pointMs = epochMsOf(value.t);
  if (pointMs !== null && receivedAtMs - pointMs > NEXT_TIME_LIMIT_MS) {
    throw new RowReject("bad_rate", "the newest funding_rate is over 48 h old");
  }
  const markPrice = positiveOf(marks.get(listing.exchangeSymbol)?.value.v);
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    settling: pointMs !== null && pointMs < Math.floor(receivedAtMs / BLOCK_MS) * BLOCK_MS,
    markPrice,
    // In coins, since a contract is one coin.
    openInterestDigit: lastDigitOf(ticker?.oi),
    openInterestUsd:
      contractSize === 1
        ? product(quantityOf(ticker?.oi), positiveOf(ticker?.a) ?? markPrice)
        : null,
    volume24hUsd: quantityOf(ticker?.vv),
    receivedAtMs,
  };
}

function explain(replies: Raw, exchangeSymbol: string): RateOrigin | null {
  const rate = replies.rates.get(exchangeSymbol);
  const instrument = replies.instruments.value.rows.find((row) => row.symbol === exchangeSymbol);
  if (rate === undefined || instrument === undefined) return null;
  const ticker = replies.tickers?.value.rows.find((row) => row.i === exchangeSymbol);
  const mark = replies.marks.get(exchangeSymbol);
  const rows = { rates: rate.value, instruments: instrument };
  return {
    rows: { ...rows, ...(ticker && { tickers: ticker }), ...(mark && { marks: mark.value }) },
    formula: "{rates.v}",
  };
}

export const cryptocom = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
