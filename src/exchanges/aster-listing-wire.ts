import type { AssetClass } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import type { InstrumentRow } from "./aster-wire.ts";
import type { Listed } from "./wire-join.ts";
import { epochMsOf, numberOf, RowReject } from "./wire.ts";

/** Decides which of Aster's contracts are shown, and what they track. */

/** A live linear perpetual. */
export type Listing = Listed<"assetClass" | "listedAtMs">;

const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC", "USDF", "USD1", "FDUSD"]);
/** TESTUSDT and similar ones have the status of a live contract. */
const TEST_BASE = /^TEST\d*$/;

/** Documented types with an expiry, and expired ones. */
const DATED: ReadonlySet<string> = new Set([
  "CURRENT_MONTH",
  "NEXT_MONTH",
  "CURRENT_QUARTER",
  "NEXT_QUARTER",
  "PERPETUAL_DELIVERING",
]);

const PRE_LAUNCH = "pre-launch";
const CLASS_OF_TAG: ReadonlyMap<string, AssetClass> = new Map([
  ["stock", "stock"],
  ["etf", "etf"],
  ["commodities", "commodity"],
]);
/** The symbolType of every coin; 1 means anything else. */
const COIN = 0;

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
export function listingOf(row: InstrumentRow): Listing | null {
  const { contractType, status, baseAsset, quoteAsset, marginAsset } = row;
  if (!status) throw new RowReject("bad_row", "status is missing");
  // A contract that does not trade yet has an empty contractType.
  if (status !== "TRADING") return null;
  if (!contractType) throw new RowReject("bad_row", "contractType is missing");
  if (DATED.has(contractType)) return null;
  if (contractType !== "PERPETUAL")
    throw new RowReject("unknown_kind", "contractType is none that is documented");
  // Seen live: rows without a base, which are not contracts.
  if (!baseAsset || TEST_BASE.test(baseAsset)) return null;
  if (!quoteAsset || !marginAsset) throw new RowReject("bad_row", "an asset is missing");
  if (marginAsset !== quoteAsset || !DOLLARS.has(quoteAsset)) return null;
  const tags = (row.underlyingSubType ?? []).map((tag) => tag.toLowerCase());
  if (tags.includes(PRE_LAUNCH)) return null;
  return {
    exchangeSymbol: row.symbol,
    ...canonicalAsset(baseAsset, ["numeric_prefix", "million_prefix"]),
    quote: quoteAsset,
    settle: marginAsset,
    assetClass: assetClassOf(tags, numberOf(row.symbolType)),
    listedAtMs: epochMsOf(row.onboardDate),
  };
}

/** Tags decide; without one the type tells whether it is a coin. Tags of two classes are contradictory. */
function assetClassOf(tags: readonly string[], symbolType: number | null): AssetClass | null {
  const classes = new Set(tags.flatMap((tag) => CLASS_OF_TAG.get(tag) ?? []));
  const [named = null, ...others] = classes;
  if (others.length > 0) return null;
  return named ?? (symbolType === COIN ? "crypto" : null);
}
