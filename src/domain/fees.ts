import { EXCHANGE_IDS, type ExchangeId } from "./exchange.ts";
import { TAKER_FEES, type TakerFee } from "./taker-fees.ts";

/** More than this (10 percent of notional) is a unit error: a percentage or a fraction. */
export const MAX_TAKER_BPS = 1000;

/**
 * Where a fee comes from, in order of precedence: the request, this service's operator, the exchange for this listing,
 * this program's table for the whole exchange.
 */
export const FEE_SOURCES = ["request", "operator", "listing", "exchange"] as const;
export type FeeSource = (typeof FEE_SOURCES)[number];

/** A taker fee and where it comes from. */
export interface Fee {
  /** Basis points of notional per fill. */
  readonly bps: number;
  readonly source: FeeSource;
}

/** Fees by exchange, for all of EXCHANGE_IDS; null: unknown. Without fees of single listings. */
export type TakerFees = ReadonlyMap<ExchangeId, Fee | null>;

/** The fee of every exchange in this installation. */
export type FeeTable = ReadonlyMap<ExchangeId, StatedFee>;

/** A fee in a table, and whether the operator set it. */
interface StatedFee extends TakerFee {
  readonly isOperators?: true;
}

/** The operator's fees: basis points by exchange, and their date (YYYY-MM-DD). */
export interface FeeFile {
  readonly asOf: string;
  readonly takerBps: ReadonlyMap<ExchangeId, number>;
}

/** The built-in fees, overridden by the operator's. */
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

/**
 * The fees of a table that were known on a date (YYYY-MM-DD), except those of exchanges in `without`: a fee read later
 * is not known to have applied then.
 */
export function feesKnownOn(
  table: FeeTable,
  date: string,
  without: ReadonlySet<ExchangeId>,
): FeeTable {
  const isKnown = (id: ExchangeId, { asOf }: StatedFee): boolean =>
    asOf <= date && !without.has(id);
  return new Map(
    [...table].map(([id, fee]) => [id, isKnown(id, fee) ? fee : { ...fee, takerBps: null }]),
  );
}

/** What a fee in a request applies to: one exchange, or all that the request does not name. */
export type FeeScope = ExchangeId | "all";

/** The fees to use: a table, overridden by the request's (basis points from 0 to MAX_TAKER_BPS). */
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

/** The fee of one listing: the user's, else the listing's own (bps, null if not stated), else the exchange's. */
export function listingFee(ofExchange: Fee | null, listingBps: number | null): Fee | null {
  const isUsers = ofExchange?.source === "request" || ofExchange?.source === "operator";
  return isUsers || listingBps === null ? ofExchange : { bps: listingBps, source: "listing" };
}
