import { z } from "zod";
import type { AssetClass } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import type { Load } from "./exchange.ts";
import type { Listed } from "./wire-join.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import {
  badEnvelope,
  decodeEnvelope,
  numeric,
  rateCapOf,
  rateFloorOf,
  RowReject,
  takerBpsOf,
  text,
} from "./wire.ts";

/** The metadata of edgeX: which contracts live, and the names of their coins. */

const SUCCESS = "SUCCESS";
const QUOTES: ReadonlySet<string> = new Set(["USD", "USDT", "USDC"]);

/** Ids are numbers in quotes; unquoted ones mean the same. */
export const id = z.union([z.string().min(1), z.number()]);
const idOrNone = id.nullish().catch(null);
const raw = z.unknown().optional();

const contractRow = z.object({
  contractId: id,
  contractName: text.catch(null),
  baseCoinId: idOrNone,
  quoteCoinId: idOrNone,
  enableTrade: raw,
  enableDisplay: raw,
  isStock: raw,
  isFx: raw,
  fundingMaxRate: numeric,
  fundingMinRate: numeric,
  defaultTakerFeeRate: numeric,
});
type ContractRow = z.infer<typeof contractRow>;

const coinRow = z.object({ coinId: id, coinName: z.string().min(1) });
type CoinRow = z.infer<typeof coinRow>;

export interface Metadata {
  readonly contracts: Rows<ContractRow>;
  readonly coins: Rows<CoinRow>;
  readonly collateralCoinId: string | number;
}

/** A live perpetual of the metadata. */
export type Listing = Listed<"assetClass" | "rateCap" | "rateFloor" | "takerFeeBps"> & {
  readonly contractId: string;
};

const envelope = z.object({ code: z.string(), data: z.unknown().optional() });
const metadata = z.object({
  contractList: z.unknown(),
  coinList: z.unknown(),
  global: z.object({ collateralCoinId: id }),
});

/** The `data` of a success; failures may come with HTTP 200 and another `code`. */
export function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (code !== SUCCESS) throw badEnvelope(`code ${code}`);
  return data;
}

/** Contracts, coins and the collateral coin; fails where one of them is missing. */
export const loadInstruments: Load<Metadata> = (http) =>
  http.get("/api/v2/public/meta/getMetaData", (body) => {
    const { contractList, coinList, global } = decodeEnvelope(metadata, dataOf(body));
    return {
      contracts: decodeRows(contractRow, contractList, "contractId"),
      coins: decodeRows(coinRow, coinList, "coinId"),
      collateralCoinId: global.collateralCoinId,
    };
  });

/** The live contracts of the metadata, and those that cannot be told. */
export function listingsOf(data: Metadata): ReturnType<typeof collectRows<ContractRow, Listing>> {
  const coins = new Map(data.coins.rows.map((row) => [String(row.coinId), row.coinName]));
  return collectRows(
    data.contracts.rows.filter((row) => !isRetired(row)),
    (row) => row.contractName ?? String(row.contractId),
    (row) => listingOf(row, coins, String(data.collateralCoinId)),
  );
}

/** Documented: a retired contract stays listed, under an id of its own; another one may have its name. */
function isRetired({ enableTrade }: ContractRow): boolean {
  return enableTrade === false;
}

/** Null where a contract is not ours to show; throws RowReject where it cannot be told. */
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

/** Gold carries neither mark, as coins do: without one the class is unknown. */
function assetClassOf({ isStock, isFx }: ContractRow): AssetClass | null {
  if (isFx === true) return "forex";
  return isStock === true ? "stock" : null;
}
