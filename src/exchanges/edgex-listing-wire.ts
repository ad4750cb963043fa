import type { AssetClass } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import type { ContractRow, Metadata } from "./edgex-wire.ts";
import type { Listed } from "./wire-join.ts";
import { collectRows } from "./wire-rows.ts";
import { rateCapOf, rateFloorOf, RowReject, takerBpsOf } from "./wire.ts";

/** Decides which of edgeX's contracts are shown, and the names of their coins. */

const QUOTES: ReadonlySet<string> = new Set(["USD", "USDT", "USDC"]);

/** A live perpetual of the metadata. */
export type Listing = Listed<"assetClass" | "rateCap" | "rateFloor" | "takerFeeBps"> & {
  readonly contractId: string;
};

/** The live contracts of the metadata, and rejects for unclear ones. */
export function listingsOf(data: Metadata): ReturnType<typeof collectRows<ContractRow, Listing>> {
  const coins = new Map(data.coins.rows.map((row) => [String(row.coinId), row.coinName]));
  return collectRows(
    data.contracts.rows.filter((row) => !isRetired(row)),
    (row) => row.contractName ?? String(row.contractId),
    (row) => listingOf(row, coins, String(data.collateralCoinId)),
  );
}

/** Documented: a retired contract stays listed under its own id; another one may have its name. */
function isRetired({ enableTrade }: ContractRow): boolean {
  return enableTrade === false;
}

/** Null for a contract that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(
  row: ContractRow,
  coins: ReadonlyMap<string, string>,
  collateralCoinId: string,
): Listing | null {
  const { contractName, enableTrade, enableDisplay } = row;
  if (enableDisplay === false) return null;
  if (enableTrade !== true || enableDisplay !== true) {
    throw new RowReject("bad_row", "enableTrade or enableDisplay is neither true nor false");
  }
  const base = coins.get(String(row.baseCoinId));
  const quote = coins.get(String(row.quoteCoinId));
  const settle = coins.get(collateralCoinId);
  if (!contractName || base === undefined || quote === undefined || settle === undefined) {
    throw new RowReject("bad_row", "the contract or one of its coins has no name");
  }
  if (!QUOTES.has(quote) || !QUOTES.has(settle)) return null;
  return {
    exchangeSymbol: contractName,
    contractId: String(row.contractId),
    ...canonicalAsset(base, ["numeric_prefix"]),
    quote,
    settle,
    assetClass: assetClassOf(row),
    rateCap: rateCapOf(row.fundingMaxRate),
    rateFloor: rateFloorOf(row.fundingMinRate),
    takerFeeBps: takerBpsOf(row.defaultTakerFeeRate),
  };
}

/** Gold has neither mark, like coins: without a mark the class is unknown. */
function assetClassOf({ isStock, isFx }: ContractRow): AssetClass | null {
  if (isFx === true) return "forex";
  return isStock === true ? "stock" : null;
}
