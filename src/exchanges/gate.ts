import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { RequestFailure } from "../lib/request-failure.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf, type FundingTimes } from "./wire-times.ts";
import {
  badEnvelope,
  numberOf,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateOf,
  RowReject,
  text,
} from "./wire.ts";

/**
 * Gate perpetuals settled in USDT, and the few settled in USD1.
 *
 * Left open by the sources: the wire form of the rate limit answer; where the API is geo-blocked; the names and
 * volumes of the USD1 contracts (a name that is not quoted in USD1 is skipped, their volume stays unknown);
 * which field names the listing time. Sizes of contracts with decimals arrive rounded down.
 */
const facts = {
  id: "gate",
  name: "Gate",
  kind: "centralised",
  hosts: { main: "https://api.gateio.ws" },
  // Documented: 200 requests in 10 s per endpoint and address.
  pacing: { requests: 10, perMs: 10_000 },
  accrual: "periodic",
  documentation: "https://www.gate.com/docs/developers/apiv4/en/",
  requestsPerRefresh: 3,
  rateRule:
    "funding_rate of the contracts, a fraction for the contract's own interval, charged at funding_next_apply.",
  intervalRule: "funding_interval of the same row, in seconds there.",
  gives: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  knownUnknowns: [
    "Gate documents no HTTP form of its rate limit answer; the label TOO_MANY_REQUESTS is taken as one.",
    "Where Gate blocks addresses by country is not known.",
    "The 24 h volume of contracts settled in USD1 is not fetched and stays unknown.",
    "The listing time of a contract is not documented and stays unknown.",
    "Open interest of contracts with decimal sizes is rounded down to whole contracts.",
  ],
  classifyFailure: (_status, bodyStart) =>
    bodyStart.includes(`"${RATE_LIMIT_LABEL}"`) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const RATE_LIMIT_LABEL = "TOO_MANY_REQUESTS";
const SECONDS_PER_HOUR = 3600;

/** The reply keeps showing the charged rate for about this long after a settlement (it is recomputed every 60 s). */
const SETTLING_WINDOW_MS = 60_000;

/** The rate without a premium: 0.0001 per 8 h, 0.00005 per 4 h. */
const BASELINE_PER_HOUR = 0.0001 / 8;

/** Pre-market contracts carry this cap, ordinary ones at least a thousand times as much. */
const PRE_MARKET_CAP = 0.000001;

const ASSET_CLASS_OF_TYPE: ReadonlyMap<string, AssetClass> = new Map([
  ["", "crypto"],
  ["stocks", "stock"],
  ["indices", "index"],
  ["metals", "metal"],
  ["commodities", "commodity"],
  ["forex", "forex"],
]);

/** Fields that decide whether a contract lives are kept raw: absent and of a wrong type are different there. */
const raw = z.unknown().optional();

const contractRow = z.object({
  name: z.string().min(1),
  type: raw,
  status: raw,
  in_delisting: raw,
  is_pre_market: raw,
  contract_type: text.catch(null),
  funding_rate: numeric,
  funding_rate_limit: numeric,
  funding_interval: numeric,
  funding_next_apply: numeric,
  mark_price: numeric,
  index_price: numeric,
  position_size: numeric,
  quanto_multiplier: numeric,
});
type ContractRow = z.infer<typeof contractRow>;

const tickerRow = z.object({ contract: z.string().min(1), volume_24h_quote: numeric });
type TickerRow = z.infer<typeof tickerRow>;

type Settle = "USDT" | "USD1";

interface Raw {
  readonly contracts: Reply<Rows<ContractRow>>;
  readonly usd1: Reply<Rows<ContractRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
}

// `limit` must never be sent: without it all contracts come, with it at most 100.
const loadContracts =
  (settle: string): Load<Rows<ContractRow>> =>
  (http) =>
    http.get(`/api/v4/futures/${settle}/contracts`, (body) =>
      decodeRows(contractRow, listOf(body), "name"),
    );

const loadTickers: Load<Rows<TickerRow>> = (http) =>
  http.get("/api/v4/futures/usdt/tickers", (body) =>
    decodeRows(tickerRow, listOf(body), "contract"),
  );

async function fetchRaw(source: Source): Promise<Raw> {
  const [contracts, usd1, tickers] = await Promise.all([
    source.essential("contracts", loadContracts("usdt")),
    source.secondary("usd1Contracts", loadContracts("usd1")),
    source.secondary("tickers", loadTickers),
  ]);
  return { contracts, usd1, tickers };
}

const errorBody = z.object({ label: z.string() });

/** Success is a bare list; an object with a label is Gate's error. */
function listOf(body: unknown): unknown {
  const error = errorBody.safeParse(body);
  if (!error.success) return body;
  if (error.data.label === RATE_LIMIT_LABEL) {
    throw new RequestFailure("rate_limited", RATE_LIMIT_LABEL);
  }
  throw badEnvelope(`error ${error.data.label}`);
}

function parse(payloads: Raw): Batch {
  const volumes = new Map<string, number | null>();
  for (const row of payloads.tickers?.value.rows ?? []) {
    volumes.set(row.contract, quantityOf(row.volume_24h_quote));
  }
  const families = [familyOf(payloads.contracts, "USDT", volumes)];
  if (payloads.usd1 !== null) families.push(familyOf(payloads.usd1, "USD1", new Map()));
  return {
    quotes: families.flatMap((family) => family.quotes),
    rejects: families.flatMap((family) => family.rejects),
    // List and rates are one reply.
    expected: null,
    unlisted: 0,
  };
}

function familyOf(
  reply: Reply<Rows<ContractRow>>,
  settle: Settle,
  volumes: ReadonlyMap<string, number | null>,
): Pick<Batch, "quotes" | "rejects"> {
  const { quotes, rejects } = collectRows(
    reply.value.rows,
    (row) => row.name,
    (row) => quoteOf(row, settle, volumes.get(row.name) ?? null, reply.receivedAtMs),
  );
  return { quotes, rejects: [...reply.value.rejects, ...rejects] };
}

function quoteOf(
  row: ContractRow,
  settle: Settle,
  volume24hUsd: number | null,
  receivedAtMs: number,
): Quote | null {
  const ticker = tickerOf(row.name, settle);
  if (ticker === null || !isLive(row)) return null;
  const fundingRate = rateOf(row.funding_rate, "funding_rate");
  const markPrice = positiveOf(row.mark_price);
  const rateCap = rateBoundOf(row.funding_rate_limit);
  const times = fundingTimesOf(
    product(positiveOf(row.funding_next_apply), 1000),
    receivedAtMs,
    { hours: intervalHoursOf(row.funding_interval, SECONDS_PER_HOUR), source: "published" },
    "funding_next_apply",
  );
  if (times === null) return null;
  return {
    exchangeSymbol: row.name,
    ...canonicalAsset(ticker, ["numeric_prefix"]),
    quote: settle,
    settle,
    assetClass: assetClassOf(row.contract_type),
    accrual: facts.accrual,
    listedAtMs: null,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap,
    rateFloor: rateCap === null ? null : -rateCap,
    baselineRate: product(times.fundingIntervalHours, BASELINE_PER_HOUR),
    settling: isSettling(times, receivedAtMs),
    markPrice,
    indexPrice: positiveOf(row.index_price),
    // position_size counts one side; the tickers' total_size counts both.
    openInterestUsd: product(
      quantityOf(row.position_size),
      positiveOf(row.quanto_multiplier),
      markPrice,
    ),
    volume24hUsd,
    exchangeTimeMs: null,
    receivedAtMs,
  };
}

/** `BTC_USDT` is BTC; null for a third part (a dated contract) or another quote. */
function tickerOf(name: string, settle: Settle): string | null {
  const [base, quote, ...rest] = name.split("_");
  if (base === undefined || base === "" || quote !== settle || rest.length > 0) return null;
  return base;
}

function assetClassOf(contractType: string | null | undefined): AssetClass | null {
  if (contractType === null || contractType === undefined) return null;
  return ASSET_CLASS_OF_TYPE.get(contractType) ?? null;
}

/** Throws RowReject where a field that decides is not readable: the contract may be dead. */
function isLive(row: ContractRow): boolean {
  if (row.in_delisting === true || row.is_pre_market === true) return false;
  if (typeof row.type !== "string") throw new RowReject("bad_row", "type is not a text");
  if (row.type !== "direct") return false;
  if (row.in_delisting !== false) {
    throw new RowReject("bad_row", "in_delisting is neither true nor false");
  }
  if (typeof row.status === "string") {
    if (row.status !== "trading") return false;
  } else if (row.status !== undefined || row.is_pre_market !== undefined) {
    // Rows of 2023 have neither key; a row that has one of them has lost the other.
    throw new RowReject("bad_row", "status is not a text");
  }
  return row.is_pre_market === false || !looksPreMarket(row);
}

/** Without its flag a pre-market contract shows in its cap, or in a zero rate with no index of its own. */
function looksPreMarket(row: ContractRow): boolean {
  const cap = positiveOf(row.funding_rate_limit);
  if (cap !== null) return cap <= PRE_MARKET_CAP;
  const indexPrice = positiveOf(row.index_price);
  const ownIndex = indexPrice !== null && indexPrice !== positiveOf(row.mark_price);
  return numberOf(row.funding_rate) === 0 && !ownIndex;
}

/** Measures from the settlement before the published next time, or from that one when it has just passed. */
function isSettling(times: FundingTimes, atMs: number): boolean {
  const { nextFundingAtMs: nextMs, fundingIntervalHours: intervalHours } = times;
  if (nextMs === null) return false;
  if (nextMs <= atMs) return atMs - nextMs < SETTLING_WINDOW_MS;
  if (intervalHours === null) return false;
  const sinceMs = atMs - (nextMs - intervalHours * HOUR_MS);
  return sinceMs >= 0 && sinceMs < SETTLING_WINDOW_MS;
}

function explain({ contracts, usd1, tickers }: Raw, exchangeSymbol: string): RateOrigin | null {
  const family = tickerOf(exchangeSymbol, "USD1") === null ? contracts : usd1;
  const contract = family?.value.rows.find(({ name }) => name === exchangeSymbol);
  if (contract === undefined) return null;
  const ticker = tickers?.value.rows.find((row) => row.contract === exchangeSymbol) ?? null;
  return { rows: { contracts: contract, tickers: ticker }, formula: "{contracts.funding_rate}" };
}

export const gate = defineExchange<Raw>({ facts, fetchRaw, parse, explain });
