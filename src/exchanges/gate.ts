import { HOUR_MS, HOURS_PER_DAY, MAX_ABS_RATE } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { history } from "./gate-history-wire.ts";
import { loadContracts, loadTickers, RATE_LIMIT_LABEL } from "./gate-wire.ts";
import type { ContractRow, Raw, Settle, TickerRow } from "./gate-wire.ts";
import { NOT_PUBLISHED, onlyReply } from "./wire-join.ts";
import type { Rows } from "./wire-rows.ts";
import { type FundingTimes, fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  lastDigitOf,
  numberOf,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateOf,
  RowReject,
} from "./wire.ts";

/**
 * Gate perpetuals settled in USDT, and the few settled in USD1.
 *
 * Not settled by the sources: the format of the rate limit's response; where the API is geo-blocked; which field is the
 * listing time. Sizes of contracts with decimals are rounded down. The fee in a contract is not what a taker pays
 * (according to the maintainers of the API's client), so it is not read.
 *
 * Sample row, with made-up numbers:
 * contracts { name: "BTC_USDT", type: "direct", status: "trading", in_delisting: false, is_pre_market: false,
 *   contract_type: "", funding_rate: "0.000063", funding_rate_limit: "0.003", funding_interval: 14400,
 *   funding_next_apply: 1793635200, interest_rate: "0.0003", mark_price: "83564.8", index_price: "83565.1",
 *   position_size: 241739779, quanto_multiplier: "0.0001" }
 * tickers { contract: "BTC_USDT", volume_24h_quote: "3004498789" }
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
  requestsPerRefresh: 4,
  rateRule:
    "funding_rate of the contracts: a fraction per contract interval, charged at funding_next_apply.",
  intervalRule: "funding_interval of the same row, seconds divided by 3600.",
  providedFields: [
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
  coinsByExclusion: true,
  caveats: [
    "Gate does not document the HTTP status of its rate limit; the label TOO_MANY_REQUESTS is treated as one.",
    "Which countries Gate blocks is not known.",
    "No ticker response for contracts settled in USD1 was recorded; the path is that of the others with usd1 in it. If it fails, their volume is unknown.",
    "The listing time of a contract is not documented and stays unknown.",
    "Open interest of contracts with decimal sizes is rounded down to whole contracts.",
  ],
  classifyFailure: (_status, bodyStart) =>
    bodyStart.includes(`"${RATE_LIMIT_LABEL}"`) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const NAME = /^(?<base>[^_]+)_(?<quote>[^_]+)(?:_(?<date>\d{8}))?$/;
const SECONDS_PER_HOUR = 3600;

/** How long the reply still shows the charged rate after a settlement (it is recomputed every 60 s). */
const SETTLING_WINDOW_MS = 60_000;

/** Pre-market contracts have this cap, ordinary ones at least a thousand times as much. */
const PRE_MARKET_CAP = 0.000001;

const ASSET_CLASS_OF_TYPE: ReadonlyMap<string, AssetClass> = new Map([
  ["", "crypto"],
  ["stocks", "stock"],
  ["indices", "index"],
  ["metals", "metal"],
  ["commodities", "commodity"],
  ["forex", "forex"],
]);

const isUsd1 = (exchangeSymbol: string): boolean => exchangeSymbol.endsWith("_USD1");

async function fetchRaw(source: Source): Promise<Raw> {
  const [contracts, usd1, tickers, usd1Tickers] = await Promise.all([
    source.essential("contracts", loadContracts("usdt")),
    source.secondary("usd1Contracts", loadContracts("usd1"), undefined, isUsd1),
    source.secondary("tickers", loadTickers("usdt")),
    source.secondary("usd1Tickers", loadTickers("usd1")),
  ]);
  return { contracts, usd1, tickers, usd1Tickers };
}

function parse(payloads: Raw): Batch {
  const families = [familyOf(payloads.contracts, "USDT", volumesOf(payloads.tickers))];
  if (payloads.usd1 !== null)
    families.push(familyOf(payloads.usd1, "USD1", volumesOf(payloads.usd1Tickers)));
  return {
    quotes: families.flatMap((family) => family.quotes),
    rejects: families.flatMap((family) => family.rejects),
    // List and rates are the same reply.
    expected: null,
    unlisted: 0,
  };
}

function volumesOf(tickers: Reply<Rows<TickerRow>> | null): ReadonlyMap<string, number | null> {
  return new Map(
    tickers?.value.rows.map((row) => [row.contract, quantityOf(row.volume_24h_quote)]),
  );
}

function familyOf(
  reply: Reply<Rows<ContractRow>>,
  settle: Settle,
  volumes: ReadonlyMap<string, number | null>,
): Batch {
  const { value, receivedAtMs } = reply;
  const isShown = value.rows.every(isOf2023) ? isLiveOf2023 : isLive;
  return onlyReply(
    value,
    (row) => row.name,
    (row) =>
      isShown(row) ? quoteOf(row, settle, volumes.get(row.name) ?? null, receivedAtMs) : null,
  );
}

function quoteOf(
  row: ContractRow,
  settle: Settle,
  volume24hUsd: number | null,
  receivedAtMs: number,
): Quote | null {
  const ticker = tickerOf(row.name, settle);
  if (ticker === null) return null;
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
    ...NOT_PUBLISHED,
    exchangeSymbol: row.name,
    ...canonicalAsset(ticker, ["numeric_prefix"]),
    quote: settle,
    settle,
    assetClass: assetClassOf(row.contract_type),
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap,
    rateFloor: rateCap === null ? null : -rateCap,
    baselineRate: baselineOf(row, times.fundingIntervalHours),
    settling: isSettling(times, receivedAtMs),
    markPrice,
    indexPrice: positiveOf(row.index_price),
    // position_size counts one side; the tickers' total_size counts both.
    openInterestDigit: lastDigitOf(row.position_size),
    openInterestUsd: product(
      quantityOf(row.position_size),
      positiveOf(row.quanto_multiplier),
      markPrice,
    ),
    volume24hUsd,
    receivedAtMs,
  };
}

/** The rate at zero premium: the daily interest divided by the settlements per day; 0 on stocks and metals. */
function baselineOf(row: ContractRow, intervalHours: number | null): number | null {
  const interest = quantityOf(row.interest_rate);
  if (interest === null || interest > MAX_ABS_RATE || intervalHours === null) return null;
  return (interest * intervalHours) / HOURS_PER_DAY;
}

/** `BTC_USDT` is BTC; null for a dated contract (`BTC_USDT_20261225`) or another quote. Throws for any other form. */
function tickerOf(name: string, settle: Settle): string | null {
  const parts = NAME.exec(name)?.groups;
  if (parts?.["base"] === undefined) throw new RowReject("unknown_kind", "name is not BASE_QUOTE");
  return parts["quote"] === settle && parts["date"] === undefined ? parts["base"] : null;
}

function assetClassOf(contractType: string | null | undefined): AssetClass | null {
  if (contractType === null || contractType === undefined) return null;
  return ASSET_CLASS_OF_TYPE.get(contractType) ?? null;
}

/** Throws RowReject if a deciding field is unreadable: the contract may be dead. */
function isLive(row: ContractRow): boolean {
  if (row.is_pre_market === true || !isListed(row)) return false;
  if (typeof row.status !== "string" || row.status === "")
    throw new RowReject("bad_row", "status is missing");
  return row.status === "trading" && (row.is_pre_market === false || !looksPreMarket(row));
}

/** The same of a row of 2023, which has neither a status nor the mark of the pre-market. */
function isLiveOf2023(row: ContractRow): boolean {
  return isListed(row) && !looksPreMarket(row);
}

/** No row of 2023 has either key; among rows of today, one without a status is damaged. */
function isOf2023({ status, is_pre_market: isPreMarket }: ContractRow): boolean {
  return status === undefined && isPreMarket === undefined;
}

/** Whether a contract is linear and stays listed, by the fields that rows have always had. */
function isListed(row: ContractRow): boolean {
  if (row.in_delisting === true) return false;
  if (typeof row.type !== "string") throw new RowReject("bad_row", "type is not a text");
  if (row.type === "inverse") return false;
  if (row.type !== "direct") throw new RowReject("unknown_kind", `type ${row.type}`);
  if (row.in_delisting !== false) {
    throw new RowReject("bad_row", "in_delisting is neither true nor false");
  }
  return true;
}

/** Without the flag a pre-market contract is recognised by its cap, or by a zero rate without an index of its own. */
function looksPreMarket(row: ContractRow): boolean {
  const cap = positiveOf(row.funding_rate_limit);
  if (cap !== null) return cap <= PRE_MARKET_CAP;
  const indexPrice = positiveOf(row.index_price);
  const ownIndex = indexPrice !== null && indexPrice !== positiveOf(row.mark_price);
  return numberOf(row.funding_rate) === 0 && !ownIndex;
}

/** Measured from the settlement before the published next time, or from that one if it has just passed. */
function isSettling(times: FundingTimes, atMs: number): boolean {
  const { nextFundingAtMs: nextMs, fundingIntervalHours: intervalHours } = times;
  if (nextMs === null) return false;
  if (nextMs <= atMs) return atMs - nextMs < SETTLING_WINDOW_MS;
  if (intervalHours === null) return false;
  const sinceMs = atMs - (nextMs - intervalHours * HOUR_MS);
  return sinceMs >= 0 && sinceMs < SETTLING_WINDOW_MS;
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const [family, tickers] = isUsd1(exchangeSymbol)
    ? [raw.usd1, raw.usd1Tickers]
    : [raw.contracts, raw.tickers];
  const contract = family?.value.rows.find(({ name }) => name === exchangeSymbol);
  if (contract === undefined) return null;
  const ticker = tickers?.value.rows.find((row) => row.contract === exchangeSymbol) ?? null;
  return { rows: { contracts: contract, tickers: ticker }, formula: "{contracts.funding_rate}" };
}

export const gate = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
