import { EXCHANGE_IDS, type ExchangeId } from "./exchange.ts";
import { TAKER_FEES, type TakerFee } from "./taker-fees.ts";

/** More than this (10 percent of notional) is no fee but an error of units: a percentage or a fraction. */
export const MAX_TAKER_BPS = 1000;

/**
 * Whose word a fee is, the strongest first: the request's, the operator's of this service, the exchange's on this one
 * listing, the table's of this program for the whole exchange.
 */
export const FEE_SOURCES = ["request", "operator", "listing", "exchange"] as const;
export type FeeSource = (typeof FEE_SOURCES)[number];

/** A taker fee and whose word it is. */
export interface Fee {
  /** Basis points of notional per fill. */
  readonly bps: number;
  readonly source: FeeSource;
}

/** Fees by exchange, all of EXCHANGE_IDS; `null`: unknown. What a listing says of itself is not in it. */
export type TakerFees = ReadonlyMap<ExchangeId, Fee | null>;

/** The fee of every exchange in this installation. */
export type FeeTable = ReadonlyMap<ExchangeId, StatedFee>;

/** A fee of a table, and whether the operator put it there. */
interface StatedFee extends TakerFee {
  readonly isOperators?: true;
}

/** What the operator says of fees: basis points by exchange, and when it was so (YYYY-MM-DD). */
export interface FeeFile {
  readonly asOf: string;
  readonly takerBps: ReadonlyMap<ExchangeId, number>;
}

/** The fees of this program with the operator's laid over them. */
export function feeTable(file: FeeFile | null): FeeTable {
  return new Map(
    EXCHANGE_IDS.map((id): [ExchangeId, StatedFee] => {
      const takerBps = file?.takerBps.get(id);
      if (file === null || takerBps === undefined) return [id, TAKER_FEES[id]];
      const source = "the operator of this service";
      return [id, { takerBps, asOf: file.asOf, source, isOperators: true }];
    }),
  );
}

/** Whose fee a request may state: of one exchange, or of all that it does not name. */
export type FeeScope = ExchangeId | "all";

/** The fees to reckon with: a table with a request's own (basis points, each from 0 to MAX_TAKER_BPS) laid over it. */
export function takerFees(table: FeeTable, overrides: ReadonlyMap<FeeScope, number>): TakerFees {
  const ofAll = overrides.get("all");
  return new Map(
    EXCHANGE_IDS.map((id): [ExchangeId, Fee | null] => {
      const own = overrides.get(id) ?? ofAll;
      if (own !== undefined) return [id, { bps: own, source: "request" }];
      const stated = table.get(id);
      const bps = stated?.takerBps ?? null;
      if (bps === null) return [id, null];
      return [id, { bps, source: stated?.isOperators === true ? "operator" : "exchange" }];
    }),
  );
}

/** The fee of one listing: its own (basis points, null where its exchange states none) but for a figure of the user's. */
export function listingFee(ofExchange: Fee | null, listingBps: number | null): Fee | null {
  const isUsers = ofExchange?.source === "request" || ofExchange?.source === "operator";
  return isUsers || listingBps === null ? ofExchange : { bps: listingBps, source: "listing" };
}
