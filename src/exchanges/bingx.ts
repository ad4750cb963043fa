import { z } from "zod";
import { coinByExclusion } from "../domain/pre-ipo.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./bingx-history-wire.ts";
import { BASE_PATH, dataOf } from "./bingx-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, ExchangeHttp, Load, Reply, Source } from "./exchange.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import type { Listed, Listings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  badEnvelope,
  decodeEnvelope,
  nonEmpty,
  numberOf,
  type Numeric,
  numeric,
  positiveOf,
  quantityOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
  takerBpsOf,
  word,
} from "./wire.ts";

/**
 * BingX linear perpetuals in USDT and USDC. One reply contains rate, interval, next time, mark and index of all of
 * them. `lastFundingRate` is, despite its name, the running rate of the coming settlement. Open interest is requested
 * slowly, one contract at a time. See `caveats` for what the sources leave open.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTC-USDT", markPrice: "83623.1", indexPrice: "83592.3", lastFundingRate: "0.00005000",
 *   nextFundingTime: 1793635200000, fundingIntervalHours: 4, maxFundingRate: "0.00300000",
 *   minFundingRate: "-0.00300000" }
 * instruments { symbol: "BTC-USDT", currency: "USDT", status: 1, takerFeeRate: 0.0005 }
 */
const facts = {
  id: "bingx",
  name: "BingX",
  kind: "centralised",
  hosts: { main: "https://open-api.bingx.com" },
  // The stricter of two documented limits: one request a second per endpoint, applied to all endpoints together.
  pacing: { requests: 1, perMs: 1100 },
  accrual: "periodic",
  documentation: "https://bingx-api.github.io/docs-v3/",
  requestsPerRefresh: 2,
  rateRule:
    "lastFundingRate: despite its name the current estimate, charged at nextFundingTime; a fraction per contract interval, used as is.",
  intervalRule: "fundingIntervalHours of the same row; unknown if absent.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "markPrice",
    "indexPrice",
    "takerFeeBps",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  coinsByExclusion: true,
  caveats: [
    "That longs pay a positive rate is the usual convention; the exchange pages consulted do not state it.",
    "What the rate shows in the seconds around a settlement is not known.",
    "Open interest is read as a value in the quote currency, judging by its magnitude; one BingX page says coins. Whether it counts one side or both is not stated.",
    "Many tickers mean another coin elsewhere (CROSS, ONE, MONAD, TRUMPSOL); they are distinguished by price alone.",
    "The tickers of stock, forex, commodity and index symbols are read from the one known form, as in NCCOGOLD2USD.",
    "A name that does not start with NC is read as a coin's, since all other kinds of contract start with it.",
    "A sixth of the contracts cannot be opened over the API (apiStateOpen); they pay funding like the others and are shown.",
    "The documentation requires a timestamp; in September 2026 the calls answered without one. It is sent.",
    "Code 100421 means a restricted pair or a wrong clock; it is not treated as a regional block.",
  ],
  classifyFailure: (_status, bodyStart) => (BUSY.test(bodyStart) ? "rate_limited" : null),
} satisfies ExchangeFacts;

const BUSY = /"code"\s*:\s*"?100410\b/;
const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** About 1,040 contracts in half an hour are 0.6 requests a second; with the others that is below the pace above. */
const OPEN_INTEREST_ROTATION_MS = 30 * 60_000;
const STATUS_ONLINE = 1;
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);

/** The first four letters of names that are not coins. */
const CLASS_OF_PREFIX: ReadonlyMap<string, AssetClass> = new Map([
  ["NCSK", "stock"],
  ["NCFX", "forex"],
  ["NCCO", "commodity"],
  ["NCSI", "index"],
]);
const PREFIX_LENGTH = 4;
/** What follows the ticker in such names: NCCOGOLD2USD. */
const IN_DOLLARS = "2USD";
/** A name with the form of a non-coin; if its prefix is not one of the above its class is unknown. */
const OTHER_KIND = /^NC[A-Z]{2}.+2USD$/;

const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  markPrice: numeric,
  indexPrice: numeric,
  lastFundingRate: numeric,
  nextFundingTime: numeric,
  fundingIntervalHours: numeric,
  maxFundingRate: numeric,
  minFundingRate: numeric,
});
type RateRow = z.infer<typeof rateRow>;
const tickerRow = z.object({ symbol, quoteVolume: numeric });
const contractRow = z.object({ symbol, currency: word, status: numeric, takerFeeRate: numeric });
type ContractRow = z.infer<typeof contractRow>;
const openInterestRow = z.object({ symbol, openInterest: numeric });

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly tickers: Reply<Rows<z.infer<typeof tickerRow>>> | null;
  readonly instruments: Reply<Rows<ContractRow>>;
  readonly openInterest: ReadonlyMap<string, Reply<Numeric>>;
}

/** A live perpetual of the contract list. */
type Listing = Listed<"assetClass" | "takerFeeBps">;

/** Documented as required for every call, signed or not. */
const timestamp = (source: Source): string => `timestamp=${source.nowMs()}`;

const load =
  <S extends z.ZodType>(source: Source, call: string, row: S): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`${BASE_PATH}/${call}?${timestamp(source)}`, (body) =>
      decodeRows(row, dataOf(body), "symbol"),
    );

const loadOpenInterest =
  (source: Source) =>
  (http: ExchangeHttp, key: string): Promise<Numeric> => {
    const query = `symbol=${encodeURIComponent(key)}&${timestamp(source)}`;
    return http.get(`${BASE_PATH}/openInterest?${query}`, (body) => {
      const row = decodeEnvelope(openInterestRow, dataOf(body));
      if (row.symbol !== key) throw badEnvelope("the open interest of another symbol");
      return row.openInterest;
    });
  };

async function fetchRaw(source: Source): Promise<Raw> {
  const listing = source.instruments(
    "instruments",
    INSTRUMENTS_EVERY_MS,
    load(source, "contracts", contractRow),
  );
  const rotation = async (): Promise<Raw["openInterest"]> => {
    const keys = [...listingsOf((await listing).value).live.keys()];
    const loadOne = loadOpenInterest(source);
    return source.rotation("openInterest", keys, OPEN_INTEREST_ROTATION_MS, loadOne);
  };
  const [rates, tickers, instruments, openInterest] = await Promise.all([
    source.essential("rates", load(source, "premiumIndex", rateRow)),
    source.secondary("tickers", load(source, "ticker", tickerRow)),
    listing,
    rotation(),
  ]);
  return { rates, tickers, instruments, openInterest };
}

function parse({ rates, tickers, instruments, openInterest }: Raw): Batch {
  const volumeOf = new Map(
    tickers?.value.rows.map((row) => [row.symbol, quantityOf(row.quoteVolume)]),
  );
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: listingsOf(instruments.value),
    quoteOf: (row, listing) => {
      const volume24hUsd = volumeOf.get(row.symbol) ?? null;
      const openInterestUsd = quantityOf(openInterest.get(row.symbol)?.value);
      return quoteOf(row, listing, { volume24hUsd, openInterestUsd }, rates.receivedAtMs);
    },
  });
}

function listingsOf(list: Rows<ContractRow>): Listings<Listing> {
  return readListings(list, (row) => row.symbol, listingOf);
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: ContractRow): Listing | null {
  const status = numberOf(row.status);
  if (status === null) throw new RowReject("bad_row", "status is not a number");
  if (status !== STATUS_ONLINE) return null;
  const cut = row.symbol.lastIndexOf("-");
  const quote = row.symbol.slice(cut + 1);
  if (cut < 1 || !row.currency) throw new RowReject("bad_row", "base or currency is missing");
  if (quote !== row.currency || !DOLLARS.has(quote)) return null;
  const name = row.symbol.slice(0, cut);
  const assetClass = CLASS_OF_PREFIX.get(name.slice(0, PREFIX_LENGTH));
  if (assetClass === undefined && OTHER_KIND.test(name)) {
    throw new RowReject("unknown_kind", `the name begins with ${name.slice(0, PREFIX_LENGTH)}`);
  }
  const asset =
    assetClass === undefined
      ? canonicalAsset(name, ["numeric_prefix"])
      : canonicalAsset(underlyingOf(name), []);
  return {
    exchangeSymbol: row.symbol,
    ...asset,
    quote,
    settle: row.currency,
    assetClass: assetClass ?? coinByExclusion(asset.base),
    takerFeeBps: takerBpsOf(row.takerFeeRate),
  };
}

/** NCCOGOLD2USD is GOLD. A name that consists only of its markers is kept. */
function underlyingOf(name: string): string {
  const marked = name.slice(PREFIX_LENGTH);
  const ticker = marked.endsWith(IN_DOLLARS) ? marked.slice(0, -IN_DOLLARS.length) : marked;
  return ticker === "" ? name : ticker;
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  money: Pick<Quote, "volume24hUsd" | "openInterestUsd">,
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.lastFundingRate, "lastFundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTime),
    receivedAtMs,
    { hours: intervalHoursOf(row.fundingIntervalHours), source: "published" },
    "nextFundingTime",
  );
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(row.maxFundingRate),
    rateFloor: rateFloorOf(row.minFundingRate),
    markPrice: positiveOf(row.markPrice),
    indexPrice: positiveOf(row.indexPrice),
    ...money,
    // `updateTime` is the last settlement, not the age of the row.
    receivedAtMs,
  };
}

/** The rates row as received; the rate needs no conversion. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const ours = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = raw.rates.value.rows.find(ours);
  const instruments = raw.instruments.value.rows.find(ours);
  const tickers = raw.tickers?.value.rows.find(ours);
  const openInterest = raw.openInterest.get(exchangeSymbol)?.value;
  return originOf("{rates.lastFundingRate}", { rates, instruments }, { tickers, openInterest });
}

export const bingx = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
