import { priceGapPct } from "../../domain/arbitrage.ts";
import { isRefusedGap } from "../../domain/decision.ts";
import { BLOCKING_FLAGS, flagBit, isBlocked } from "../../domain/flags.ts";
import { HOURS_PER_DAY, pctToFraction } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import type { AssetGroup, AssetGroups, Leg } from "./asset-groups.ts";
import { receivedUsd } from "./expected-cash.ts";
import { byUid, findListing } from "./listing-lookup.ts";
import { legFlow, legTerms } from "./leg-terms.ts";
import { ARBITRAGE_DEFAULTS } from "./pair.ts";

export const POSITION_SIDES = ["long", "short"] as const;
export type PositionSide = (typeof POSITION_SIDES)[number];

/** One position on one instrument. */
export interface PositionQuery {
  /** The instrument's uid, or `exchange:exchange_symbol` of the one that currently has this symbol. */
  readonly uid: string;
  readonly side: PositionSide;
  readonly notionalUsd: number;
}

/** The defaults. */
export const POSITION_DEFAULTS: Pick<PositionQuery, "notionalUsd"> = {
  notionalUsd: ARBITRAGE_DEFAULTS.notionalUsd,
};

/** Why there is no alternative. */
export const ALTERNATIVE_REASONS = ["blocked", "identity_unknown", "no_other_exchange"] as const;
export type AlternativeReason = (typeof ALTERNATIVE_REASONS)[number];

/** The same position on another exchange. */
export interface Alternative {
  readonly leg: Leg;
  /** The additional gain per year, US dollars, if both rates stay the same; negative if the current one is better. */
  readonly yearlyGainUsd: number;
}

/** The payments of a position, US dollars, positive if received; null for an untrusted row. */
export interface Position {
  readonly row: BoardRow;
  readonly side: PositionSide;
  readonly notionalUsd: number;
  readonly blockedBy: readonly (typeof BLOCKING_FLAGS)[number][];
  /** Null for continuous funding as well: nothing is due at a particular time. */
  readonly next: { readonly inMs: number; readonly usd: number } | null;
  readonly dayUsd: number | null;
  readonly thirtyDaysUsd: number | null;
  readonly alternative: Alternative | null;
  readonly alternativeReason: AlternativeReason | null;
}

const THIRTY_DAYS_HOURS = 30 * HOURS_PER_DAY;

/**
 * The payments of a position: the next one, a day and thirty days at the current rate; null for an unknown instrument.
 */
export function findPosition(
  snapshot: Snapshot,
  groups: AssetGroups,
  { uid, side, notionalUsd }: PositionQuery,
): Position | null {
  const listing = findListing(snapshot, uid, byUid);
  const found = listing && legOf(groups.of(snapshot), listing);
  if (found === null) return null;
  const { group, leg } = found;
  const { row } = leg;
  const { asOfMs } = snapshot;
  const blockedBy = BLOCKING_FLAGS.filter((flag) => (row.flags & flagBit(flag)) !== 0);
  const known = { row, side, notionalUsd, blockedBy };
  if (isBlocked(row.flags))
    return {
      ...known,
      next: null,
      dayUsd: null,
      thirtyDaysUsd: null,
      alternative: null,
      alternativeReason: "blocked",
    };
  const paidUsd = (hours: number): number | null => {
    const { charged } = legTerms(leg, null, asOfMs, hours);
    return charged === null ? null : receivedUsd(charged, side, notionalUsd);
  };
  const due = legFlow(leg, side, asOfMs)?.settlement ?? null;
  return {
    ...known,
    next: due && { inMs: due.firstMs, usd: 0 + due.amount * notionalUsd },
    dayUsd: paidUsd(HOURS_PER_DAY),
    thirtyDaysUsd: paidUsd(THIRTY_DAYS_HOURS),
    ...bestElsewhere(group, leg, side, notionalUsd),
  };
}

function legOf(groups: readonly AssetGroup[], row: BoardRow) {
  for (const group of groups)
    for (const legs of [group.trusted, group.refused])
      for (const leg of legs) if (leg.row === row) return { group, leg };
  return null;
}

/**
 * The trusted listing on another exchange that pays a side most or costs it least per year; the first of equal ones.
 */
function bestElsewhere(
  { trusted }: AssetGroup,
  here: Leg,
  side: PositionSide,
  notionalUsd: number,
): Pick<Position, "alternative" | "alternativeReason"> {
  if (!here.identityKnown || here.annualizedPct === null)
    return { alternative: null, alternativeReason: "identity_unknown" };
  const received = (pct: number): number => (side === "long" ? 0 - pct : pct);
  const ofHere = received(here.annualizedPct);
  let best: { readonly leg: Leg; readonly pct: number } | null = null;
  for (const leg of trusted) {
    if (leg.exchangeIndex === here.exchangeIndex || leg.annualizedPct === null) continue;
    if (isRefusedGap(priceGapPct(here.unitPrice, leg.unitPrice))) continue;
    const pct = received(leg.annualizedPct);
    if (best === null || pct > best.pct) best = { leg, pct };
  }
  if (best === null) return { alternative: null, alternativeReason: "no_other_exchange" };
  const yearlyGainUsd = pctToFraction(best.pct - ofHere) * notionalUsd;
  return { alternative: { leg: best.leg, yearlyGainUsd }, alternativeReason: null };
}
