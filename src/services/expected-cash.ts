import { chargedWithin, type Charged } from "../domain/arbitrage.ts";
import { pctToFraction } from "../domain/funding.ts";
import type { BoardRow } from "../domain/market.ts";
import type { Pair } from "./pair.ts";

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

/** The cash of holding `notionalUsd` on each side for `holdHours` from the snapshot on. */
export function expectedCash(pair: Pair, notionalUsd: number, holdHours: number): ExpectedCash {
  const { snapshot, feesPct } = pair;
  const charged = (row: BoardRow): Charged | null =>
    chargedWithin(
      { ...row.record, nextFundingAtMs: row.nextFundingAtMs },
      snapshot.asOfMs,
      holdHours,
    );
  const long = sideCash(charged(pair.long.row), -notionalUsd);
  const short = sideCash(charged(pair.short.row), notionalUsd);
  const fundingUsd = sumOf(long.fundingUsd, short.fundingUsd);
  const feesUsd = feesPct === null ? null : pctToFraction(feesPct) * notionalUsd;
  return {
    long,
    short,
    fundingUsd,
    feesUsd,
    netUsd: sumOf(fundingUsd, feesUsd === null ? null : -feesUsd),
  };
}

/** `receivedUsd`: the notional of a short, whose rate is received; its negative for a long. */
function sideCash(charged: Charged | null, receivedUsd: number): SideCash {
  if (charged === null) return { settlements: null, fundingUsd: null };
  // `0 - 0` is 0 where `-0` would be written as such in some formats.
  return { settlements: charged.settlements, fundingUsd: 0 + charged.paidFraction * receivedUsd };
}

function sumOf(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}
