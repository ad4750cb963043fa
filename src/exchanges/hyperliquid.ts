import { nextGridTimeMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { RequestFailure } from "../lib/request-failure.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { history } from "./hyperliquid-history-wire.ts";
import { classOf, isPreIpo, takerFeeBpsOf } from "./hyperliquid-listing-wire.ts";
import { loadCategories, loadDex, loadDexes, loadTokens, MAX_DEXES } from "./hyperliquid-wire.ts";
import type { AssetRow, Categories, Dex, ListedDex, Raw, Tokens } from "./hyperliquid-wire.ts";
import { NOT_PUBLISHED, onlyReply } from "./wire-join.ts";
import {
  lastDigitOf,
  numberOf,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateOf,
  RowReject,
} from "./wire.ts";

/**
 * Hyperliquid: the main dex and every builder-deployed (HIP-3) dex, one request each. Open interest is the sum of longs
 * and shorts there. The main dex lists coins; deployers annotate the class of what theirs track.
 *
 * Sample row, with made-up numbers:
 * assetCtxs { funding: "-0.0000202142", openInterest: "350869.18062", dayNtlVlm: "11062842135.0139484406",
 *   oraclePx: "83592.7", markPx: "83591.1", midPx: "83590.7" }
 * universe { name: "BTC" }
 * meta { collateralToken: 0 }
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
    "funding of the contract's context: the estimate for the current hour, already a fraction per hour, charged on the full hour.",
  intervalRule: "One hour for every contract, as documented.",
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
  ],
  coinsByExclusion: true,
  caveats: [
    "Pre-launch contracts of the main dex carry no known mark and are shown like any other.",
    "Whether a deployer's funding multiplier changes the cap of 4 % per hour is not documented; all dexes are shown with the same cap.",
    "That the rate of a HIP-3 contract includes its deployer's funding multiplier is inferred; its resting rate is unknown.",
    "The asset class of a HIP-3 contract is its deployer's annotation, and unknown without one; a pre-IPO company among those is recognized by name alone.",
    "The taker fee of a HIP-3 contract ignores the discount for aligned stablecoin collateral; if deployerFeeScale is missing, the fee of the main dex is used.",
    "How long to wait after a rate limit is not documented.",
  ],
} satisfies ExchangeFacts;

const DEXS_EVERY_MS = 30 * 60_000;
const CATEGORIES_EVERY_MS = 30 * 60_000;
/** Token names hardly ever change. */
const TOKENS_EVERY_MS = 24 * 60 * 60_000;

/** Every contract settles hourly, and the published rate is hourly. */
const INTERVAL_HOURS = 1;

/** The interest of 0.01 % per 8 h, paid in eighths. */
const BASELINE_RATE = 0.0000125;

/** The documented bound of the hourly rate, in both directions. */
const RATE_CAP = 0.04;

/** Counts every long and the short on the other side. */
const SIDES = 2;

const MAIN_COLLATERAL = "USDC";
/** Indexes named in the documentation; used while the list of tokens is unavailable. */
const DOCUMENTED_TOKENS: ReadonlyMap<number, string> = new Map([
  [0, "USDC"],
  [360, "USDH"],
]);
const DOLLARS: ReadonlySet<string> = new Set(["USDC", "USDH", "USDE", "USDT0", "USDT"]);

/** The dex before the colon of a name; empty on the main dex. */
const dexOf = (exchangeSymbol: string): string =>
  exchangeSymbol.slice(0, Math.max(0, exchangeSymbol.indexOf(":")));

async function fetchRaw(source: Source): Promise<Raw> {
  const unnamed = new Set<string>();
  const [main, tokens, categories, { builders, dexesLeftOut }] = await Promise.all([
    source.essential("main", loadDex(null)),
    source.secondary("spotMeta", loadTokens, TOKENS_EVERY_MS, (symbol) =>
      unnamed.has(dexOf(symbol)),
    ),
    fetchCategories(source),
    fetchBuilders(source),
  ]);
  // Without the list of tokens these dexes are not shown, as their settlement currency is unknown.
  for (const { name, reply } of builders)
    if (!DOCUMENTED_TOKENS.has(quantityOf(reply.value.collateralToken) ?? -1)) unnamed.add(name);
  return { main, tokens, categories, builders, dexesLeftOut };
}

/** An old list serves as long as a list of instruments does; without any, only the classes are unknown. */
async function fetchCategories(source: Source): Promise<Raw["categories"]> {
  try {
    return await source.instruments("categories", CATEGORIES_EVERY_MS, loadCategories);
  } catch (error) {
    if (error instanceof RequestFailure) return null;
    throw error;
  }
}

async function fetchBuilders(source: Source): Promise<Pick<Raw, "builders" | "dexesLeftOut">> {
  const { value } = await source.instruments("perpDexs", DEXS_EVERY_MS, loadDexes);
  const dexes = await Promise.all(
    value.dexes.map(async (dex) => {
      const isOfDex = (symbol: string): boolean => dexOf(symbol) === dex.name;
      const reply = await source.secondary(
        `dex:${dex.name}`,
        loadDex(dex.name),
        undefined,
        isOfDex,
      );
      return reply === null ? null : { ...dex, reply };
    }),
  );
  return { builders: dexes.filter((dex) => dex !== null), dexesLeftOut: value.leftOut };
}

/** One row with the data of its dex and its deployer. */
interface Listing {
  readonly row: AssetRow;
  /** Null on the main dex. */
  readonly dex: ListedDex | null;
  readonly collateral: string;
  /** What it tracks according to its deployer. */
  readonly category: string | undefined;
  readonly receivedAtMs: number;
}

function parse({ main, tokens, categories, builders, dexesLeftOut }: Raw): Batch {
  const listings = listingsOf(main, null, MAIN_COLLATERAL, categories?.value);
  const badRows = [...main.value.assets.rejects];
  for (const dex of builders) {
    const { reply } = dex;
    const token = reply.value.collateralToken;
    const collateral = collateralOf(token, tokens?.value ?? DOCUMENTED_TOKENS);
    if (collateral === null) continue;
    listings.push(...listingsOf(reply, dex, collateral, categories?.value));
    badRows.push(...reply.value.assets.rejects);
  }
  return {
    ...onlyReply({ rows: listings, rejects: badRows }, (listing) => listing.row.name, quoteOf),
    ...(dexesLeftOut > 0 && {
      leftOut: `${dexesLeftOut} HIP-3 dexes are not requested: more than ${MAX_DEXES}, or without a name`,
    }),
  };
}

function listingsOf(
  { receivedAtMs, value }: Reply<Dex>,
  dex: ListedDex | null,
  collateral: string,
  categories: Categories | undefined,
): Listing[] {
  return value.assets.rows.map((row) => {
    const category = dex === null ? undefined : categories?.get(row.name);
    return { row, dex, collateral, category, receivedAtMs };
  });
}

/** The collateral of a HIP-3 dex; null if it is unknown or not a dollar stablecoin. */
function collateralOf(index: Numeric, tokens: Tokens): string | null {
  const number = quantityOf(index);
  const name = number === null ? undefined : tokens.get(number)?.toUpperCase();
  return name !== undefined && DOLLARS.has(name) ? name : null;
}

function quoteOf({ row, dex, collateral, category, receivedAtMs }: Listing): Quote | null {
  if (!isLive(row) || isPreIpo(category)) return null;
  const { asset, ctx } = row;
  const markPrice = positiveOf(ctx.markPx);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: row.name,
    ...canonicalAsset(tickerOf(row.name, dex?.name ?? null), ["kilo_prefix"]),
    quote: collateral,
    settle: collateral,
    assetClass: dex === null ? "crypto" : classOf(category),
    accrual: facts.accrual,
    fundingRate: rateOf(ctx.funding, "funding"),
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(receivedAtMs, INTERVAL_HOURS),
    rateCap: RATE_CAP,
    rateFloor: -RATE_CAP,
    // Deployers of HIP-3 dexes scale their funding by a factor that is only inferred.
    baselineRate: dex === null ? BASELINE_RATE : null,
    markPrice,
    indexPrice: positiveOf(ctx.oraclePx),
    // On the main dex the exchange's own fee applies.
    takerFeeBps: dex === null ? null : takerFeeBpsOf(asset, dex.deployerFeeScale),
    openInterestDigit: lastDigitOf(ctx.openInterest),
    openInterestUsd: product(quantityOf(ctx.openInterest), markPrice, 1 / SIDES),
    volume24hUsd: quantityOf(ctx.dayNtlVlm),
    receivedAtMs,
  };
}

/** A delisted contract is still sent, without mid price and open interest. */
function isLive({ asset, ctx }: AssetRow): boolean {
  const { isDelisted } = asset;
  if (isDelisted === true) return false;
  if (positiveOf(ctx.midPx) === null && (numberOf(ctx.openInterest) ?? 0) <= 0) return false;
  if (isDelisted === undefined || isDelisted === null || isDelisted === false) return true;
  throw new RowReject("bad_row", "isDelisted is neither true nor false");
}

/** `xyz:TSLA` on the dex xyz is TSLA. The prefix distinguishes dexes, so a name without it is rejected. */
function tickerOf(name: string, dex: string | null): string {
  const prefix = dex === null ? "" : `${dex}:`;
  const ticker = name.slice(prefix.length);
  if (!name.startsWith(prefix) || ticker === "" || ticker.includes(":")) {
    throw new RowReject("unknown_kind", "name does not carry the prefix of its dex");
  }
  return ticker;
}

/** Context, universe entry and collateral of the contract; the prefix of its name identifies the dex. */
function explain({ main, builders, ...raw }: Raw, exchangeSymbol: string): RateOrigin | null {
  const builder = builders.find(({ name }) => exchangeSymbol.startsWith(`${name}:`));
  const { assets, collateralToken } = (builder?.reply ?? main).value;
  const row = assets.rows.find(({ name }) => name === exchangeSymbol);
  if (row === undefined) return null;
  const rows = {
    assetCtxs: row.ctx,
    universe: { name: row.name, ...row.asset },
    meta: { collateralToken },
    spotMeta: raw.tokens?.value.get(quantityOf(collateralToken) ?? 0) ?? null,
    categories: raw.categories?.value.get(exchangeSymbol) ?? null,
  };
  return { rows, formula: "{assetCtxs.funding}" };
}

export const hyperliquid = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });
