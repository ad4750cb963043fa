import type { AssetClass, Quote } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { type InstrumentRow, SWAP } from "./htx-wire.ts";
import { type Listings, readListings } from "./wire-join.ts";
import type { Rows } from "./wire-rows.ts";
import { intervalHoursOf } from "./wire-times.ts";
import { numberOf, RowReject } from "./wire.ts";

/** Decides which of HTX's contracts are shown, and what they track. */

/** A live linear swap of the contract list. */
export interface Listing {
  readonly exchangeSymbol: string;
  readonly settlementHours: number | null;
  readonly identity: Pick<Quote, "base" | "multiplier" | "quote" | "settle" | "assetClass">;
}

const FUTURES = "futures";
const STATUS_LISTED = 1;
const QUOTE = "USDT";

const CLASS_OF_TRADFI_LABEL: ReadonlyMap<unknown, AssetClass> = new Map([
  ["Stocks", "stock"],
  ["Indices", "index"],
  ["Metals", "metal"],
  ["Commodities", "commodity"],
]);
/** The free-form labels; most of them are not classes. */
const CLASS_OF_LABEL: ReadonlyMap<unknown, AssetClass> = new Map([
  ["stock", "stock"],
  ["indices", "index"],
  ["commodities", "commodity"],
]);

export function listingsOf(list: Rows<InstrumentRow>): Listings<Listing> {
  return readListings(list, (row) => row.contract_code, listingOf);
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  const status = numberOf(row.contract_status);
  if (status === null) throw new RowReject("bad_row", "contract_status is not a number");
  if (status !== STATUS_LISTED) return null;
  const { business_type, contract_type } = row;
  if (!business_type && !contract_type)
    throw new RowReject("bad_row", "neither type names the kind");
  if (business_type && business_type !== SWAP && business_type !== FUTURES)
    throw new RowReject("unknown_kind", "business_type is neither swap nor futures");
  if ([business_type, contract_type].some((kind) => kind && kind !== SWAP)) return null;
  const ticker = tickerOf(row.contract_code);
  if (!row.trade_partition) throw new RowReject("bad_row", "trade_partition is missing");
  if (ticker === null || row.trade_partition !== QUOTE) return null;
  return {
    exchangeSymbol: row.contract_code,
    settlementHours: intervalHoursOf(row.settlement_period),
    identity: {
      ...canonicalAsset(ticker, []),
      quote: QUOTE,
      settle: QUOTE,
      assetClass: assetClassOf(row),
    },
  };
}

/** `BTC-USDT` is BTC; null for a third part (a dated contract) or another quote. */
export function tickerOf(code: string): string | null {
  const [base, quote, ...rest] = code.split("-");
  if (base === undefined || base === "" || quote !== QUOTE || rest.length > 0) return null;
  return base;
}

/**
 * Measured on the whole list of September 2026: 12 shares and funds have only a free-form label, the combination of
 * Stocks and Indices is on funds only, and an index was listed under Stocks with the label indices. Coins have neither.
 */
function assetClassOf(row: InstrumentRow): AssetClass | null {
  const declared = namesOf(row.tradfi_labels).map((name) => CLASS_OF_TRADFI_LABEL.get(name));
  const free = new Set(namesOf(row.labels).flatMap((name) => CLASS_OF_LABEL.get(name) ?? []));
  if (declared.length === 0) return free.size === 1 ? ([...free][0] ?? null) : null;
  const classes = new Set(declared);
  if (classes.size === 2 && classes.has("stock") && classes.has("index")) return "etf";
  if (classes.size !== 1) return null;
  const [named] = classes;
  return named === "stock" && free.has("index") ? "index" : (named ?? null);
}

function namesOf(labels: unknown): readonly unknown[] {
  if (Array.isArray(labels)) return labels;
  return labels === undefined || labels === null ? [] : [labels];
}
