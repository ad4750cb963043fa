import { z } from "zod";
import { HOUR_MS, HOURS_PER_DAY } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./kucoin-history-wire.ts";
import { dataOf } from "./kucoin-wire.ts";
import { NOT_PUBLISHED, onlyReply, originOf } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  epochMsOf,
  lastDigitOf,
  nonEmpty,
  numberOf,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateOf,
  RowReject,
  takerBpsOf,
  word,
} from "./wire.ts";

/**
 * KuCoin Futures: all data of all contracts in one reply.
 *
 * Not settled by the sources: whether US addresses are refused, and how; whether the rate here ever differs from
 * the one of the newer unified endpoint; whether every ordinary contract names its marketStage (see `stageIsNamed`).
 *
 * Sample row, with made-up numbers:
 * contracts { symbol: "XBTUSDTM", baseCurrency: "XBT", displayBaseCurrency: "XBT", quoteCurrency: "USDT",
 *   settleCurrency: "USDT", type: "FFWCSX", isInverse: false, status: "Open", expireDate: null, marketStage: "NORMAL",
 *   assetClass: "CRYPTO", firstOpenDate: 1740182400000, fundingFeeRate: 0.000047, fundingRateCap: 0.003,
 *   fundingRateFloor: -0.003, dailyInterestRate: 0.0003, fundingRateGranularity: 28800000,
 *   currentFundingRateGranularity: 28800000, nextFundingRateDateTime: 1793635200000, markPrice: 83594.4,
 *   indexPrice: 83582, openInterest: "124533451", multiplier: 0.001, turnoverOf24h: 9792819708.8378,
 *   takerFeeRate: 0.0006 }
 */
const facts = {
  id: "kucoin",
  name: "KuCoin",
  kind: "centralised",
  hosts: { main: "https://api-futures.kucoin.com" },
  // Documented: weight 3 of 2000 in 30 s, a pool shared with every other use of the address.
  pacing: { requests: 20, perMs: 30_000 },
  accrual: "periodic",
  documentation: "https://www.kucoin.com/docs-new/rest/futures-trading/market-data/get-all-symbols",
  requestsPerRefresh: 1,
  rateRule:
    "fundingFeeRate of contracts/active: a fraction per contract interval, charged at nextFundingRateDateTime.",
  intervalRule:
    "currentFundingRateGranularity of the same row, or else fundingRateGranularity; milliseconds divided by 3,600,000.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "takerFeeBps",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "listedAtMs",
  ],
  caveats: [
    "Whether and how KuCoin blocks addresses in the United States is not known.",
    "Whether the rate ever differs from nextFundingRate of the unified endpoint is not known.",
    "marketStage of ordinary contracts is not documented: recorded rows say NORMAL, and a contract with any other value is not shown.",
    "That expireDate of a perpetual is when an announced delisting takes effect was observed, not documented.",
    "Tickers that mean another asset elsewhere (NEIROCTO, LUNA, RAY, DODO) are distinguished by price alone.",
  ],
  classifyFailure: (_status, bodyStart) =>
    RATE_LIMIT_BODY.test(bodyStart) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const RATE_LIMIT_BODY = /"code"\s*:\s*"?429000\b/;

const PERPETUAL = "FFWCSX";
const DATED = "FFICSX";
const NORMAL_STAGE = "NORMAL";
/** PRE_MARKET is the documented stage; others have the same form. */
const STAGE = /^[A-Z_]+$/;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);

const ASSET_CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["CRYPTO", "crypto"],
  ["STOCK", "stock"],
  ["METAL", "metal"],
  ["COMMODITY", "commodity"],
]);

const contractRow = z.object({
  symbol: nonEmpty,
  baseCurrency: nonEmpty,
  displayBaseCurrency: word,
  quoteCurrency: z.string(),
  settleCurrency: z.string(),
  type: anyValue,
  isInverse: anyValue,
  status: anyValue,
  // For a perpetual: when it will be delisted. Unreadable is not absent.
  expireDate: z.union([z.string(), z.number()]).nullish().catch(Number.NaN),
  marketStage: anyValue,
  assetClass: word,
  firstOpenDate: numeric,
  fundingFeeRate: numeric,
  fundingRateCap: numeric,
  fundingRateFloor: numeric,
  dailyInterestRate: numeric,
  fundingRateGranularity: numeric,
  // Unreadable is not absent: only if absent is fundingRateGranularity used.
  currentFundingRateGranularity: z.union([z.string(), z.number()]).nullish().catch(Number.NaN),
  nextFundingRateDateTime: numeric,
  markPrice: numeric,
  indexPrice: numeric,
  openInterest: numeric,
  // The contract size in coins, not the 1000 of 1000BONK.
  multiplier: numeric,
  turnoverOf24h: numeric,
  takerFeeRate: numeric,
});
type ContractRow = z.infer<typeof contractRow>;

interface Raw {
  readonly contracts: Reply<Rows<ContractRow>>;
}

const loadContracts: Load<Rows<ContractRow>> = (http) =>
  http.get("/api/v1/contracts/active", (body) => decodeRows(contractRow, dataOf(body), "symbol"));

async function fetchRaw(source: Source): Promise<Raw> {
  return { contracts: await source.essential("contracts", loadContracts) };
}

function parse({ contracts }: Raw): Batch {
  const stageIsNamed = contracts.value.rows.some(
    ({ marketStage: stage }) =>
      typeof stage === "string" && STAGE.test(stage) && !isPreMarket(stage),
  );
  return onlyReply(
    contracts.value,
    (row) => row.symbol,
    (row) => quoteOf(row, stageIsNamed, contracts.receivedAtMs),
  );
}

function quoteOf(row: ContractRow, stageIsNamed: boolean, receivedAtMs: number): Quote | null {
  if (row.quoteCurrency === "" || row.settleCurrency === "")
    throw new RowReject("bad_row", "a currency is missing");
  if (!DOLLARS.has(row.quoteCurrency) || !DOLLARS.has(row.settleCurrency)) return null;
  if (!isLive(row, stageIsNamed) || isTakenOff(row, receivedAtMs)) return null;
  const fundingRate = rateOf(row.fundingFeeRate, "fundingFeeRate");
  const markPrice = positiveOf(row.markPrice);
  const granularity = row.currentFundingRateGranularity ?? row.fundingRateGranularity;
  // Never computed from the clock: some contracts settle on a shifted grid.
  const times = fundingTimesOf(
    positiveOf(row.nextFundingRateDateTime),
    receivedAtMs,
    { hours: intervalHoursOf(granularity, HOUR_MS), source: "published" },
    "nextFundingRateDateTime",
  );
  if (times === null) return null;
  const { fundingIntervalHours: intervalHours } = times;
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: row.symbol,
    ...canonicalAsset(tickerOf(row), ["million_prefix", "numeric_prefix"]),
    quote: row.quoteCurrency,
    settle: row.settleCurrency,
    assetClass: ASSET_CLASSES.get(row.assetClass ?? "") ?? null,
    accrual: facts.accrual,
    listedAtMs: listedAtOf(row, receivedAtMs),
    fundingRate,
    ...times,
    rateCap: rateBoundOf(row.fundingRateCap),
    rateFloor: floorOf(row),
    // The daily interest divided by the settlements per day.
    baselineRate: product(
      quantityOf(row.dailyInterestRate),
      intervalHours === null ? null : intervalHours / HOURS_PER_DAY,
    ),
    markPrice,
    indexPrice: positiveOf(row.indexPrice),
    openInterestDigit: lastDigitOf(row.openInterest),
    openInterestUsd: product(quantityOf(row.openInterest), positiveOf(row.multiplier), markPrice),
    volume24hUsd: quantityOf(row.turnoverOf24h),
    takerFeeBps: takerBpsOf(row.takerFeeRate),
    receivedAtMs,
  };
}

/** Throws RowReject if a deciding field is unreadable: the contract may be dead. */
function isLive(row: ContractRow, stageIsNamed: boolean): boolean {
  if (row.isInverse === true) return false;
  if (typeof row.type !== "string") throw new RowReject("bad_row", "type is not a text");
  if (row.type === DATED) return false;
  if (row.type !== PERPETUAL) throw new RowReject("unknown_kind", `type ${row.type}`);
  if (typeof row.status !== "string" || row.status === "")
    throw new RowReject("bad_row", "status is missing");
  if (row.status !== "Open") return false;
  if (row.isInverse !== false) {
    throw new RowReject("bad_row", "isInverse is neither true nor false");
  }
  return !isBeforeMarket(row.marketStage, stageIsNamed);
}

/** A perpetual with an announced end trades and pays funding until then. */
function isTakenOff({ expireDate }: ContractRow, atMs: number): boolean {
  if (expireDate === null || expireDate === undefined) return false;
  const expiresAtMs = epochMsOf(expireDate);
  if (expiresAtMs === null) throw new RowReject("bad_row", "expireDate is no time");
  return expiresAtMs <= atMs;
}

/**
 * Whether ordinary contracts have a stage is not documented: if any in the reply has one, a contract without one is not
 * trusted; if none has, its absence is normal.
 */
function isBeforeMarket(stage: unknown, stageIsNamed: boolean): boolean {
  if (stage === NORMAL_STAGE) return false;
  if (typeof stage === "string" && STAGE.test(stage)) {
    if (isPreMarket(stage)) return true;
    throw new RowReject("unknown_kind", `marketStage ${stage}`);
  }
  const absent = stage === undefined || stage === null || stage === "";
  if (absent && !stageIsNamed) return false;
  throw new RowReject("bad_row", "marketStage cannot be read");
}

function isPreMarket(stage: string): boolean {
  return stage.startsWith("PRE");
}

/** If the displayed name is not ASCII, baseCurrency is only its transcription. */
function tickerOf(row: ContractRow): string {
  const shown = row.displayBaseCurrency ?? "";
  return /[^\p{ASCII}]/u.test(shown) ? shown : row.baseCurrency;
}

/** Contracts that trade were listed before now. */
function listedAtOf(row: ContractRow, receivedAtMs: number): number | null {
  const listedAtMs = positiveOf(row.firstOpenDate);
  return listedAtMs !== null && listedAtMs <= receivedAtMs ? listedAtMs : null;
}

function floorOf(row: ContractRow): number | null {
  const floor = numberOf(row.fundingRateFloor);
  return floor !== null && rateBoundOf(-floor) !== null ? floor : null;
}

function explain({ contracts }: Raw, exchangeSymbol: string): RateOrigin | null {
  const row = contracts.value.rows.find(({ symbol }) => symbol === exchangeSymbol);
  return originOf("{contracts.fundingFeeRate}", { contracts: row });
}

export const kucoin = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
