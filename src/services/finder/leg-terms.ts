import { type Charged, chargedWithin, type Charging } from "../../domain/arbitrage.ts";
import { type Flow, flowOf } from "../../domain/breakeven.ts";
import type { Fee } from "../../domain/fees.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import type { Leg } from "./asset-groups.ts";

/** A leg under the plan of a query: its trading cost, and what it is charged while held. */
export interface LegTerms {
  readonly leg: Leg;
  readonly fee: Fee | null;
  /** Null if its interval or next settlement is unknown. */
  readonly charged: Charged | null;
}

/** The terms of a leg held for `holdHours` from the snapshot's time on. */
export function legTerms(leg: Leg, fee: Fee | null, asOfMs: number, holdHours: number): LegTerms {
  const fromMs = wholeSecond(asOfMs);
  return { leg, fee, charged: chargedWithin(chargingOf(leg, fromMs), fromMs, holdHours) };
}

/** The leg's payments over time; null if its interval or next settlement is unknown. */
export function legFlow(leg: Leg, side: "long" | "short", asOfMs: number): Flow | null {
  const fromMs = wholeSecond(asOfMs);
  return flowOf(chargingOf(leg, fromMs), side, fromMs);
}

/** In whole seconds, as in responses, so that every figure can be recomputed from the row shown. */
function chargingOf({ row }: Leg, fromMs: number): Charging {
  const { accrual, fundingRate, fundingIntervalHours } = row.record;
  const nextMs = row.nextFundingAtMs === null ? null : wholeSecond(row.nextFundingAtMs);
  // A settlement due within this second counts as passed.
  const isPassing = nextMs !== null && nextMs <= fromMs && fundingIntervalHours !== null;
  return {
    accrual,
    fundingRate,
    fundingIntervalHours,
    nextFundingAtMs: isPassing ? nextMs + fundingIntervalHours * HOUR_MS : nextMs,
  };
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
