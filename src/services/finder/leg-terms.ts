import { type Charged, chargedWithin, type Charging } from "../../domain/arbitrage.ts";
import { type Flow, flowOf } from "../../domain/breakeven.ts";
import type { Fee } from "../../domain/fees.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import type { Leg } from "./asset-groups.ts";

/** A leg under the plan of a query: what trading it costs, and what it is charged while it is held. */
export interface LegTerms {
  readonly leg: Leg;
  readonly fee: Fee | null;
  /** Null where its interval or its next settlement is not known. */
  readonly charged: Charged | null;
}

/** The terms of a leg that is held for `holdHours` from the snapshot's time on. */
export function legTerms(leg: Leg, fee: Fee | null, asOfMs: number, holdHours: number): LegTerms {
  const fromMs = wholeSecond(asOfMs);
  return { leg, fee, charged: chargedWithin(chargingOf(leg, fromMs), fromMs, holdHours) };
}

/** What a leg brings as time goes on; null where its interval or its next settlement is not known. */
export function legFlow(leg: Leg, side: "long" | "short", asOfMs: number): Flow | null {
  const fromMs = wholeSecond(asOfMs);
  return flowOf(chargingOf(leg, fromMs), side, fromMs);
}

/** In the whole seconds that are served: so every figure can be reckoned again from the row that shows it. */
function chargingOf({ row }: Leg, fromMs: number): Charging {
  const { accrual, fundingRate, fundingIntervalHours } = row.record;
  const nextMs = row.nextFundingAtMs === null ? null : wholeSecond(row.nextFundingAtMs);
  // One that is due within this very second has as good as passed.
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
