import type { Charged } from "../../domain/arbitrage.ts";
import { pctToFraction } from "../../domain/funding.ts";

/** What one side of a held pair is charged, in US dollars; positive is received. */
export interface SideCash {
  /** Settlements that fall into the holding time; null for continuous funding and where they are not known. */
  readonly settlements: number | null;
  readonly fundingUsd: number | null;
}

/** What holding a pair brings if both rates stay as they are, in US dollars. Null cannot be computed. */
export interface ExpectedCash {
  readonly long: SideCash;
  readonly short: SideCash;
  readonly fundingUsd: number | null;
  readonly feesUsd: number | null;
  readonly netUsd: number | null;
}

/** What both sides are charged while they are held; null is not known. */
export interface HeldCharges {
  readonly long: Charged | null;
  readonly short: Charged | null;
  /** Four taker fills in percent of notional. */
  readonly feesPct: number | null;
}

/** The cash of holding `notionalUsd` on each side. */
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

/** What is left of what both sides receive, US dollars; rises with both and falls with the fees (percent of notional). */
export function netUsdOf(
  longUsd: number,
  shortUsd: number,
  feesPct: number,
  notionalUsd: number,
): number {
  return longUsd + shortUsd - feesUsdOf(feesPct, notionalUsd);
}

/** What a side receives, US dollars: a short its rate, a long the opposite. */
export function receivedUsd(
  { paidFraction }: Charged,
  side: "long" | "short",
  notionalUsd: number,
): number {
  // `0 - 0` is 0 where `-0` would be written as such in some formats.
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
