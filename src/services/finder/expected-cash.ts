import type { Charged } from "../../domain/arbitrage.ts";
import { pctToFraction } from "../../domain/funding.ts";

/** What one side of a held pair is charged, in US dollars; positive is received. */
export interface SideCash {
  /** Settlements within the holding time; null for continuous funding and if unknown. */
  readonly settlements: number | null;
  readonly fundingUsd: number | null;
}

/** The cash flow of holding a pair if both rates stay the same, in US dollars. Null: cannot be computed. */
export interface ExpectedCash {
  readonly long: SideCash;
  readonly short: SideCash;
  readonly fundingUsd: number | null;
  readonly feesUsd: number | null;
  readonly netUsd: number | null;
}

/** The charges of both sides while they are held; null: unknown. */
export interface HeldCharges {
  readonly long: Charged | null;
  readonly short: Charged | null;
  /** Four taker fills, in percent of notional. */
  readonly feesPct: number | null;
}

/** The cash flow of holding `notionalUsd` on each side. */
export function expectedCash(held: HeldCharges, notionalUsd: number): ExpectedCash {
  const long = sideCash(held.long, "long", notionalUsd);
  const short = sideCash(held.short, "short", notionalUsd);
  const { feesPct } = held;
  const [longUsd, shortUsd] = [long.fundingUsd, short.fundingUsd];
  const isPaid = longUsd !== null && shortUsd !== null;
  return {
    long,
    short,
    fundingUsd: isPaid ? longUsd + shortUsd : null,
    feesUsd: feesPct === null ? null : feesUsdOf(feesPct, notionalUsd),
    netUsd: isPaid && feesPct !== null ? netUsdOf(longUsd, shortUsd, feesPct, notionalUsd) : null,
  };
}

/**
 * Receipts of both sides minus fees (percent of notional), US dollars; increases with both, decreases with the fees.
 */
export function netUsdOf(
  longUsd: number,
  shortUsd: number,
  feesPct: number,
  notionalUsd: number,
): number {
  return longUsd + shortUsd - feesUsdOf(feesPct, notionalUsd);
}

/** What a side receives, US dollars: a short its rate, a long the negative of it. */
export function receivedUsd(
  { paidFraction }: Charged,
  side: "long" | "short",
  notionalUsd: number,
): number {
  // Adding 0 turns `-0`, which some formats would print, into `0`.
  return 0 + paidFraction * (side === "long" ? -notionalUsd : notionalUsd);
}

function sideCash(charged: Charged | null, side: "long" | "short", notionalUsd: number): SideCash {
  if (charged === null) return { settlements: null, fundingUsd: null };
  return {
    settlements: charged.settlements,
    fundingUsd: receivedUsd(charged, side, notionalUsd),
  };
}

function feesUsdOf(feesPct: number, notionalUsd: number): number {
  return pctToFraction(feesPct) * notionalUsd;
}
