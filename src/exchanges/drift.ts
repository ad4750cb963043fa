import { z } from "zod";
import { nextGridTimeMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset, type CanonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./drift-history-wire.ts";
import { NOT_PUBLISHED, onlyReply } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  nonEmpty,
  numberOf,
  numeric,
  type Numeric,
  positiveOf,
  quantityOf,
  rateOf,
  RowReject,
} from "./wire.ts";

/**
 * Drift, renamed Velocity: list and rates in one reply. Disabled by default, as trading stopped on 2026-04-01 and four
 * markets have returned. Rates are what a long earns, in percent; a rate that is not a number (earlier replies had an
 * object) is rejected. Volume is taken as USD, judging by the documented example; open interest has no documented unit:
 * null.
 *
 * Sample row, with made-up numbers:
 * markets { symbol: "BTC-PERP", marketType: "perp", status: "active", fundingRate: -0.0035945, oraclePrice: 83578.3,
 *   volume24h: 10752348273.68 }
 */
const facts = {
  id: "drift",
  name: "Drift (Velocity)",
  kind: "decentralised",
  hosts: { main: "https://data.velocity.exchange" },
  // "A number of requests per minute", not published; one is sent per cycle.
  pacing: { requests: 2, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.velocity.exchange/developers/data-api/glossary",
  requestsPerRefresh: 1,
  rateRule:
    "fundingRate of stats/markets, seen in September 2026 as percent per hour, positive when longs receive: divided by -100.",
  intervalRule: "One hour, as documented: every market settles hourly.",
  providedFields: ["nextFundingAtMs", "indexPrice", "volume24hUsd"],
  disabledReason:
    "trading was halted on 2026-04-01, and no response was recorded for the four markets that are back",
  caveats: [
    "A halted exchange may keep sending frozen values: compare two responses hours apart before you trust it.",
    "Scale and sign of the rate are from one reader of the live responses; a rate that is not a plain number is rejected.",
    "The rate may be that of the last update, which is already charged; updates lag by minutes.",
    "The settlement coin since the relaunch is not confirmed; USDC is shown.",
    "The 24 h volume is read as USD, judging by the size of the documented example.",
    "The unit of open interest is not documented, so it is unknown.",
    "No mark price is documented.",
  ],
} satisfies ExchangeFacts;

const INTERVAL_HOURS = 1;
const PERCENT = 100;
const DOLLAR = "USDC";
const PERP_SUFFIX = "-PERP";
/** 1KMEW is 1,000 MEW; 1MBONK, a million, is a form that other exchanges use as well. */
const THOUSAND_PREFIX = /^1K(?=\p{Lu}{3})(.+)$/u;

const marketRow = z.object({
  symbol: nonEmpty,
  marketType: anyValue,
  status: anyValue,
  fundingRate: numeric,
  oraclePrice: numeric,
  volume24h: numeric,
});
type MarketRow = z.infer<typeof marketRow>;

interface Raw {
  readonly markets: Reply<Rows<MarketRow>>;
}

const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get("/stats/markets", (body) => decodeRows(marketRow, body, "symbol"));

async function fetchRaw(source: Source): Promise<Raw> {
  return { markets: await source.essential("markets", loadMarkets) };
}

function parse({ markets }: Raw): Batch {
  return onlyReply(
    markets.value,
    (row) => row.symbol,
    (row) => (isLive(row) ? quoteOf(row, markets.receivedAtMs) : null),
  );
}

/** Spot markets and prediction markets (`-BET`) are in the same list. */
function isLive(row: MarketRow): boolean {
  if (typeof row.marketType !== "string" || typeof row.status !== "string") {
    throw new RowReject("bad_row", "marketType or status is not a text");
  }
  if (row.marketType === "" || row.status === "")
    throw new RowReject("bad_row", "marketType or status is missing");
  return row.marketType === "perp" && row.status === "active" && row.symbol.endsWith(PERP_SUFFIX);
}

function quoteOf(row: MarketRow, receivedAtMs: number): Quote {
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: row.symbol,
    ...assetOf(row.symbol.slice(0, -PERP_SUFFIX.length)),
    quote: DOLLAR,
    settle: DOLLAR,
    accrual: facts.accrual,
    fundingRate: rateOf(chargeOf(row.fundingRate), "fundingRate"),
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    indexPrice: positiveOf(row.oraclePrice),
    volume24hUsd: quantityOf(row.volume24h),
    receivedAtMs,
  };
}

/** Converts what a long earns in percent to what it pays as a fraction; unknown: null. */
function chargeOf(earnedPct: Numeric): number | null {
  const earned = numberOf(earnedPct);
  return earned === null || earned === 0 ? earned : -earned / PERCENT;
}

function assetOf(ticker: string): CanonicalAsset {
  const thousand = THOUSAND_PREFIX.exec(ticker)?.[1];
  if (thousand !== undefined) return { ...canonicalAsset(thousand, []), multiplier: 1000 };
  return canonicalAsset(ticker, ["million_prefix"]);
}

function explain({ markets }: Raw, exchangeSymbol: string): RateOrigin | null {
  const market = markets.value.rows.find((row) => row.symbol === exchangeSymbol);
  return market === undefined
    ? null
    : { rows: { markets: market }, formula: "0 - {markets.fundingRate} / 100" };
}

export const drift = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
