import { nextGridTimeMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Reply, Source } from "./exchange.ts";
import { loadDex, loadDexNames, loadTokens } from "./hyperliquid-payloads.ts";
import type { AssetRow, Dex, NamedDex, Raw, Tokens } from "./hyperliquid-payloads.ts";
import { collectRows } from "./wire-rows.ts";
import {
  numberOf,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
  type Numeric,
} from "./wire.ts";

/**
 * Hyperliquid: the main dex and every builder-deployed (HIP-3) dex, one request each.
 *
 * Left open by the sources: the mark of pre-launch "hyperps" on the main dex (they show like any contract); the
 * cap of the rate (4 % an hour is reported, not confirmed, so none is given); whether deployers' funding
 * multipliers are in the rate (inferred: yes), so HIP-3 contracts have no resting rate here; how long to
 * wait after a rate limit; the class of what HIP-3 contracts track.
 */
const facts = {
  id: "hyperliquid",
  name: "Hyperliquid",
  kind: "decentralised",
  hosts: { main: "https://api.hyperliquid.xyz" },
  // Documented: weight 20 each of 1200 in a minute and address, so at most 60 requests.
  pacing: { requests: 40, perMs: 60_000 },
  accrual: "periodic",
  documentation:
    "https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals",
  // The main dex and about ten HIP-3 dexes.
  requestsPerRefresh: 11,
  rateRule:
    "funding of the contract's context, the running rate of the current hour: already a fraction for one hour, charged on the full hour.",
  intervalRule: "One hour for every contract, as documented.",
  gives: [
    "nextFundingAtMs",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
  ],
  knownUnknowns: [
    "Pre-launch contracts of the main dex carry no known mark and are shown like any other.",
    "The cap of 4 % an hour is not confirmed by Hyperliquid's own pages: no cap is given.",
    "That the rate of a HIP-3 contract includes its deployer's funding multiplier is inferred; its resting rate is not given.",
    "The asset class of HIP-3 contracts is not published.",
    "How long to wait after a rate limit is not documented.",
  ],
} satisfies ExchangeFacts;

const DEXS_EVERY_MS = 30 * 60_000;
/** Token names hardly ever change; the page asks once a day. */
const TOKENS_EVERY_MS = 24 * 60 * 60_000;

/** Every contract settles hourly, and the published rate is that of the hour. */
const INTERVAL_HOURS = 1;

/** The interest of 0.01 % per 8 h, paid in eighths. */
const BASELINE_RATE = 0.0000125;

const MAIN_COLLATERAL = "USDC";
/** Indices that the documentation names; they hold while the list of tokens is not there. */
const DOCUMENTED_TOKENS: ReadonlyMap<number, string> = new Map([
  [0, "USDC"],
  [360, "USDH"],
]);
const DOLLARS: ReadonlySet<string> = new Set(["USDC", "USDH", "USDE", "USDT0", "USDT"]);

async function fetchRaw(source: Source): Promise<Raw> {
  const [main, tokens, builders] = await Promise.all([
    source.essential("main", loadDex(null)),
    source.secondary("spotMeta", loadTokens, TOKENS_EVERY_MS),
    fetchBuilders(source),
  ]);
  return { main, tokens, builders };
}

async function fetchBuilders(source: Source): Promise<readonly NamedDex[]> {
  const names = await source.instruments("perpDexs", DEXS_EVERY_MS, loadDexNames);
  const dexes = await Promise.all(
    names.value.map(async (name) => {
      const reply = await source.secondary(`dex:${name}`, loadDex(name));
      return reply === null ? null : { name, reply };
    }),
  );
  return dexes.filter((dex) => dex !== null);
}

/** One row with what its dex says about it. */
interface Listing {
  readonly row: AssetRow;
  /** Null on the main dex. */
  readonly dex: string | null;
  readonly collateral: string;
  readonly receivedAtMs: number;
}

function parse({ main, tokens, builders }: Raw): Batch {
  const listings = listingsOf(main, null, MAIN_COLLATERAL);
  const badRows = [...main.value.assets.rejects];
  for (const { name, reply } of builders) {
    const collateral = collateralOf(
      reply.value.collateralToken,
      tokens?.value ?? DOCUMENTED_TOKENS,
    );
    if (collateral === null) continue;
    listings.push(...listingsOf(reply, name, collateral));
    badRows.push(...reply.value.assets.rejects);
  }
  const { quotes, rejects } = collectRows(listings, (listing) => listing.row.name, quoteOf);
  return {
    quotes,
    rejects: [...badRows, ...rejects],
    // Names and rates are one reply.
    expected: null,
    unlisted: 0,
  };
}

function listingsOf(reply: Reply<Dex>, dex: string | null, collateral: string): Listing[] {
  const { receivedAtMs, value } = reply;
  return value.assets.rows.map((row) => ({ row, dex, collateral, receivedAtMs }));
}

/** The collateral of a HIP-3 dex; null where it cannot be named or is no dollar stablecoin. */
function collateralOf(index: Numeric, tokens: Tokens): string | null {
  const number = quantityOf(index);
  const name = number === null ? undefined : tokens.get(number)?.toUpperCase();
  return name !== undefined && DOLLARS.has(name) ? name : null;
}

function quoteOf({ row, dex, collateral, receivedAtMs }: Listing): Quote | null {
  if (!isLive(row)) return null;
  const { ctx } = row;
  const markPrice = positiveOf(ctx.markPx);
  return {
    exchangeSymbol: row.name,
    ...canonicalAsset(tickerOf(row.name, dex), ["kilo_prefix"]),
    quote: collateral,
    settle: collateral,
    assetClass: null,
    accrual: facts.accrual,
    listedAtMs: null,
    fundingRate: rateOf(ctx.funding, "funding"),
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: null,
    rateFloor: null,
    // Deployers of HIP-3 dexes scale their funding by an amount that is only inferred.
    baselineRate: dex === null ? BASELINE_RATE : null,
    settling: false,
    markPrice,
    indexPrice: positiveOf(ctx.oraclePx),
    openInterestUsd: product(quantityOf(ctx.openInterest), markPrice),
    volume24hUsd: quantityOf(ctx.dayNtlVlm),
    exchangeTimeMs: null,
    receivedAtMs,
  };
}

/** A delisted contract still comes, with no mid price and no open interest. */
function isLive({ asset, ctx }: AssetRow): boolean {
  const { isDelisted } = asset;
  if (isDelisted === true) return false;
  if (positiveOf(ctx.midPx) === null && (numberOf(ctx.openInterest) ?? 0) <= 0) return false;
  if (isDelisted === undefined || isDelisted === null || isDelisted === false) return true;
  throw new RowReject("bad_row", "isDelisted is neither true nor false");
}

/** `xyz:TSLA` of the dex xyz is TSLA. The prefix keeps dexes apart, so a name without it is refused. */
function tickerOf(name: string, dex: string | null): string {
  const prefix = dex === null ? "" : `${dex}:`;
  const ticker = name.slice(prefix.length);
  if (!name.startsWith(prefix) || ticker === "" || ticker.includes(":")) {
    throw new RowReject("bad_row", "name does not carry the prefix of its dex");
  }
  return ticker;
}

/** Context, universe entry and collateral of the contract; the prefix of its name says in which dex. */
function explain({ main, builders }: Raw, exchangeSymbol: string): RateOrigin | null {
  const builder = builders.find(({ name }) => exchangeSymbol.startsWith(`${name}:`));
  const { assets, collateralToken } = (builder?.reply ?? main).value;
  const row = assets.rows.find(({ name }) => name === exchangeSymbol);
  if (row === undefined) return null;
  const rows = {
    assetCtxs: row.ctx,
    universe: { name: row.name, ...row.asset },
    meta: { collateralToken },
  };
  return { rows, formula: "{assetCtxs.funding}" };
}

export const hyperliquid = defineExchange<Raw>({ facts, fetchRaw, parse, explain });
