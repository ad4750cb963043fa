import { z } from "zod";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  badEnvelope,
  decodeEnvelope,
  numeric,
  positiveOf,
  quantityOf,
  rateOf,
  RowReject,
  text,
} from "./wire.ts";

/**
 * Extended: list, rates and statistics in one reply. `nextFundingRate` is a time in spite of its name. The hourly cap
 * is in a unit that is not confirmed and therefore unknown. `knownUnknowns` says what else the sources leave open.
 */
const facts = {
  id: "extended",
  name: "Extended",
  kind: "decentralised",
  hosts: { main: "https://api.starknet.extended.exchange" },
  // Documented: 1000 requests a minute per address.
  pacing: { requests: 2, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://api.docs.extended.exchange/#get-markets",
  requestsPerRefresh: 1,
  rateRule:
    "marketStats.fundingRate of info/markets, a fraction for one hour, charged at the time that nextFundingRate holds.",
  intervalRule: "One hour for every market, as documented.",
  gives: [
    "nextFundingAtMs",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  knownUnknowns: [
    "That fundingRate is recomputed during the hour follows from its formula, not from the words of the API page.",
    "Whether multipliers are written as 1000 or as a small k is not known; both are read.",
    "hourlyFundingRateCap is most likely in percent, which is not confirmed: no cap is given.",
    "Of the statuses only ACTIVE is confirmed; every other one counts as not live.",
    "Only the category Crypto is known by name; markets of others have no class.",
  ],
} satisfies ExchangeFacts;

/** Every market charges hourly. */
const INTERVAL_HOURS = 1;

/** The API calls its collateral USD; it is USDC. */
const COLLATERAL = "USD";
const SETTLE = "USDC";
const SPOT = "SPOT";

const word = text.catch(null);
const unchecked = z.unknown().optional();
const marketRow = z.object({
  name: z.string().min(1),
  category: word,
  assetName: word,
  collateralAssetName: word,
  active: unchecked,
  status: word,
  type: unchecked,
  marketStats: z
    .object({
      dailyVolume: numeric,
      markPrice: numeric,
      indexPrice: numeric,
      fundingRate: numeric,
      nextFundingRate: numeric,
      openInterest: numeric,
    })
    .nullish()
    .catch(null),
});
type MarketRow = z.infer<typeof marketRow>;

interface Raw {
  readonly markets: Reply<Rows<MarketRow>>;
}

const envelope = z.object({
  status: z.string(),
  error: z.object({ code: numeric }).nullish().catch(null),
  data: z.unknown().optional(),
});

const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get("/api/v1/info/markets", (body) => {
    const { status, error, data } = decodeEnvelope(envelope, body);
    if (status !== "OK") throw badEnvelope(`status ${status}, code ${error?.code ?? "unknown"}`);
    return decodeRows(marketRow, data, "name");
  });

async function fetchRaw(source: Source): Promise<Raw> {
  return { markets: await source.essential("markets", loadMarkets) };
}

function parse({ markets }: Raw): Batch {
  const { quotes, rejects } = collectRows(
    markets.value.rows,
    (row) => row.name,
    (row) => quoteOf(row, markets.receivedAtMs),
  );
  return {
    quotes,
    rejects: [...markets.value.rejects, ...rejects],
    // List and rates are one reply.
    expected: null,
    unlisted: 0,
  };
}

function quoteOf(row: MarketRow, receivedAtMs: number): Quote | null {
  if (!isLive(row)) return null;
  const { assetName, marketStats: stats } = row;
  if (!assetName) throw new RowReject("bad_row", "assetName is missing");
  if (isSpotName(assetName.toUpperCase())) return null;
  const fundingRate = rateOf(stats?.fundingRate, "marketStats.fundingRate");
  const times = fundingTimesOf(
    positiveOf(stats?.nextFundingRate),
    receivedAtMs,
    { hours: INTERVAL_HOURS, source: "documented_default" },
    "marketStats.nextFundingRate",
  );
  if (times === null) return null;
  return {
    exchangeSymbol: row.name,
    ...canonicalAsset(assetName, ["numeric_prefix", "kilo_prefix"]),
    quote: COLLATERAL,
    settle: SETTLE,
    assetClass: row.category === "Crypto" ? "crypto" : null,
    accrual: facts.accrual,
    listedAtMs: null,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: null,
    rateFloor: null,
    baselineRate: null,
    settling: false,
    markPrice: positiveOf(stats?.markPrice),
    indexPrice: positiveOf(stats?.indexPrice),
    // Both are in dollars already; their namesakes that end in Base are not.
    openInterestUsd: quantityOf(stats?.openInterest),
    volume24hUsd: quantityOf(stats?.dailyVolume),
    exchangeTimeMs: null,
    receivedAtMs,
  };
}

/** Throws RowReject where a field that decides cannot be read: the market may be dead, or spot. */
function isLive({ status, active, type, collateralAssetName: collateral }: MarketRow): boolean {
  // Perpetuals have another type or none.
  if (typeof type === "string" && type.toUpperCase() === SPOT) return false;
  if (!status) throw new RowReject("bad_row", "status is missing");
  if (status !== "ACTIVE" || active === false) return false;
  if (active !== true) throw new RowReject("bad_row", "active is neither true nor false");
  if (type !== undefined && type !== null && typeof type !== "string") {
    throw new RowReject("bad_row", "type is not a text");
  }
  if (!collateral) throw new RowReject("bad_row", "collateralAssetName is missing");
  return collateral === COLLATERAL;
}

/** Assets of spot markets may have the word in their name; the bare word is a stock's ticker. */
function isSpotName(assetName: string): boolean {
  return assetName !== SPOT && assetName.includes(SPOT);
}

function explain({ markets }: Raw, exchangeSymbol: string): RateOrigin | null {
  const row = markets.value.rows.find(({ name }) => name === exchangeSymbol);
  if (row === undefined) return null;
  return { rows: { markets: row }, formula: "{markets.marketStats.fundingRate}" };
}

export const extended = defineExchange<Raw>({ facts, fetchRaw, parse, explain });
