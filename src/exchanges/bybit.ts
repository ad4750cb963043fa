import { z } from "zod";
import { observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { RequestFailure } from "../lib/request-failure.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, ExchangeHttp, Reply, Source } from "./exchange.ts";
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
 * Bybit linear perpetuals, settled in USDT and USDC. Rate, interval and next time come in one reply.
 * `openInterest` counts both sides; the single figure is used, else the half. `knownUnknowns` says what the sources
 * leave open. A contract is shown only where one of the two pre-listing marks says that it is no pre-market one.
 */
const facts = {
  id: "bybit",
  name: "Bybit",
  kind: "centralised",
  hosts: { main: "https://api.bybit.com" },
  // Documented: 600 requests in 5 s per address.
  pacing: { requests: 10, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://bybit-exchange.github.io/docs/v5/market/tickers",
  requestsPerRefresh: 1,
  knownUnknowns: [
    "That openInterest counts both sides rests on one source; where the single figure is absent, half is shown.",
    "The suffix form of a multiplier (SHIB1000) is from memory; a price contradiction undoes it.",
    "A refusal by country is told from a rate limit only by its HTML body.",
    "Whether a pre-IPO contract always carries a pre-listing mark is not stated.",
  ],
  // The rate limit answers 403 with a text; the edge refuses countries with 403 and an HTML page.
  classifyFailure: (status, bodyStart) => {
    if (status !== 403) return null;
    if (/too frequent/i.test(bodyStart)) return "banned";
    return /^\s*</.test(bodyStart) ? "geo_blocked" : null;
  },
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** Pages of 1,000: ten times what is listed. More means that the cursor does not end. */
const MAX_PAGES = 10;
const RATE_LIMIT_CODES: ReadonlySet<number> = new Set([10006, 10018]);

/** Documented: interest of 0.03 % a day on coins, charged in proportion to the length of the interval. */
const INTEREST_PER_HOUR = 0.0001 / 8;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
const CLASS_OF_TYPE: ReadonlyMap<string, AssetClass> = new Map([
  ["", "crypto"],
  ["innovation", "crypto"],
  ["adventure", "crypto"],
  ["stock", "stock"],
  ["xstocks", "stock"],
  ["forex", "forex"],
  ["commodity", "commodity"],
]);

const word = text.catch(null);
const tickerRow = z.object({
  symbol: z.string().min(1),
  fundingRate: numeric,
  fundingIntervalHour: numeric,
  nextFundingTime: numeric,
  fundingCap: numeric,
  markPrice: numeric,
  indexPrice: numeric,
  singleOpenInterestValue: numeric,
  openInterestValue: numeric,
  turnover24h: numeric,
  curPreListingPhase: word,
});
type TickerRow = z.infer<typeof tickerRow>;

const instrumentRow = z.object({
  symbol: z.string().min(1),
  contractType: word,
  status: word,
  baseCoin: word,
  quoteCoin: word,
  settleCoin: word,
  symbolType: word,
  isPreListing: z.unknown().optional(),
  launchTime: numeric,
  upperFundingRate: numeric,
  lowerFundingRate: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

/** A live linear perpetual of the instrument list. */
type Listing = Pick<
  Quote,
  | "exchangeSymbol"
  | "base"
  | "multiplier"
  | "quote"
  | "settle"
  | "assetClass"
  | "listedAtMs"
  | "rateCap"
  | "rateFloor"
>;

interface Tickers extends Rows<TickerRow> {
  readonly timeMs: number | null;
}

interface Raw {
  readonly tickers: Reply<Tickers>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

const envelope = z.object({ retCode: numeric, retMsg: word, time: numeric, result: z.unknown() });
const result = z.object({ list: z.unknown(), nextPageCursor: word });

/** The result of a success. Failures come with HTTP 200 and another `retCode`. */
function resultOf(body: unknown): z.infer<typeof result> & { readonly timeMs: number | null } {
  const { retCode, retMsg, time, ...rest } = decodeEnvelope(envelope, body);
  const code = numberOf(retCode);
  if (code !== 0) {
    const message = `retCode ${code ?? "missing"}: ${retMsg ?? ""}`;
    if (code !== null && RATE_LIMIT_CODES.has(code))
      throw new RequestFailure("rate_limited", message);
    throw badEnvelope(message);
  }
  return { ...decodeEnvelope(result, rest.result), timeMs: epochMsOf(time) };
}

function loadTickers(http: ExchangeHttp): Promise<Tickers> {
  return http.get("/v5/market/tickers?category=linear", (body) => {
    const { list, timeMs } = resultOf(body);
    return { ...decodeRows(tickerRow, list, "symbol"), timeMs };
  });
}

async function loadInstruments(http: ExchangeHttp): Promise<Rows<InstrumentRow>> {
  const first = "/v5/market/instruments-info?category=linear&limit=1000";
  const pages: Rows<InstrumentRow>[] = [];
  let path = first;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { rows, cursor } = await http.get(path, (body) => {
      const { list, nextPageCursor } = resultOf(body);
      // Only a page after a full last one may be empty.
      const isEnd = page > 0 && Array.isArray(list) && list.length === 0;
      const none: Rows<InstrumentRow> = { rows: [], rejects: [] };
      return {
        rows: isEnd ? none : decodeRows(instrumentRow, list, "symbol"),
        cursor: isEnd ? null : nextPageCursor,
      };
    });
    pages.push(rows);
    if (!cursor) {
      return {
        rows: pages.flatMap((part) => part.rows),
        rejects: pages.flatMap((part) => part.rejects),
      };
    }
    path = `${first}&cursor=${encodeURIComponent(cursor)}`;
  }
  throw badEnvelope(`the instrument list does not end after ${MAX_PAGES} pages`);
}

async function fetchRaw(source: Source): Promise<Raw> {
  const [tickers, instruments] = await Promise.all([
    source.essential("tickers", loadTickers),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments),
  ]);
  return { tickers, instruments };
}

function parse({ tickers, instruments }: Raw): Batch {
  // Lists of 2023 do not know the mark; a row without it in a list that does has lost it.
  const isMarked = instruments.value.rows.some((row) => row.isPreListing !== undefined);
  const listings = collectRows(
    instruments.value.rows,
    (row) => row.symbol,
    (row) => listingOf(row, isMarked),
  );
  const live = new Map(listings.quotes.map((listing) => [listing.exchangeSymbol, listing]));
  const known = new Set(instruments.value.rows.map((row) => row.symbol));
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    tickers.value.rows,
    (row) => row.symbol,
    (row) => {
      if (!known.has(row.symbol)) unlisted += 1;
      // A phase is the ticker's mark of a pre-market contract.
      if (row.curPreListingPhase) live.delete(row.symbol);
      const listing = live.get(row.symbol);
      if (listing === undefined) return null;
      if (!isMarked && row.curPreListingPhase !== "") {
        throw new RowReject("bad_row", "neither isPreListing nor curPreListingPhase is known");
      }
      return quoteOf(row, listing, tickers.receivedAtMs, tickers.value.timeMs);
    },
  );
  return {
    quotes,
    rejects: [tickers.value, instruments.value, listings, { rejects }].flatMap(
      (part) => part.rejects,
    ),
    expected: live.size,
    unlisted,
  };
}

/** Null where a row is not ours to show; throws RowReject where it cannot be told. */
function listingOf(row: InstrumentRow, isMarked: boolean): Listing | null {
  if (typeof row.status !== "string" || typeof row.contractType !== "string") {
    throw new RowReject("bad_row", "status or contractType is missing");
  }
  if (row.contractType !== "LinearPerpetual" || row.status !== "Trading") return null;
  const { baseCoin, quoteCoin, settleCoin } = row;
  if (!baseCoin || !quoteCoin || !settleCoin) throw new RowReject("bad_row", "a coin is missing");
  if (!DOLLARS.has(quoteCoin) || !DOLLARS.has(settleCoin)) return null;
  if (row.isPreListing === true) return null;
  if (row.isPreListing !== false && isMarked) {
    throw new RowReject("bad_row", "isPreListing is not a boolean");
  }
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(baseCoin, ["numeric_prefix", "numeric_suffix"]),
    quote: quoteCoin,
    settle: settleCoin,
    assetClass: typeof row.symbolType === "string" ? classOf(row.symbolType) : null,
    listedAtMs: epochMsOf(row.launchTime),
    rateCap: rateCapOf(row.upperFundingRate),
    rateFloor: rateFloorOf(row.lowerFundingRate),
  };
}

function classOf(symbolType: string): AssetClass | null {
  return CLASS_OF_TYPE.get(symbolType.toLowerCase()) ?? null;
}

function quoteOf(
  row: TickerRow,
  listing: Listing,
  receivedAtMs: number,
  exchangeTimeMs: number | null,
): Quote | null {
  // "0" means that the contract pays no funding.
  if (numberOf(row.nextFundingTime) === 0) return null;
  const atMs = observedAtMs(exchangeTimeMs, receivedAtMs);
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTime),
    atMs,
    { hours: intervalHoursOf(row.fundingIntervalHour), source: "published" },
    "nextFundingTime",
  );
  if (times === null) return null;
  const cap = rateCapOf(row.fundingCap);
  return {
    ...listing,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    // The symmetric cap came with the rate; the bounds of the list may be older.
    rateCap: cap ?? listing.rateCap,
    rateFloor: cap === null ? listing.rateFloor : -cap,
    baselineRate:
      listing.assetClass === "crypto"
        ? product(times.fundingIntervalHours, INTEREST_PER_HOUR)
        : null,
    settling: false,
    markPrice: positiveOf(row.markPrice),
    indexPrice: positiveOf(row.indexPrice),
    openInterestUsd:
      quantityOf(row.singleOpenInterestValue) ?? product(quantityOf(row.openInterestValue), 0.5),
    volume24hUsd: quantityOf(row.turnover24h),
    exchangeTimeMs,
    receivedAtMs,
  };
}

export const bybit = defineExchange<Raw>({ facts, fetchRaw, parse });
