import { HOUR_MS } from "../../domain/funding.ts";
import {
  type HeldLeg,
  paymentSchedule,
  type PaymentSchedule,
} from "../../domain/payment-schedule.ts";
import { legFlow } from "./leg-terms.ts";
import type { Pair } from "./pair.ts";

/** The payments of a pair held as planned; null if an interval or a next settlement is unknown. */
export function scheduleOf(pair: Pair): PaymentSchedule | null {
  const long = heldLeg(pair, "long");
  const short = heldLeg(pair, "short");
  if (long === null || short === null) return null;
  return paymentSchedule(long, short, pair.feesPct, pair.plan.holdHours * HOUR_MS);
}

function heldLeg(pair: Pair, side: "long" | "short"): HeldLeg | null {
  const { leg, charged } = side === "long" ? pair.longTerms : pair.shortTerms;
  const flow = legFlow(leg, side, pair.snapshot.asOfMs);
  return flow === null || charged === null ? null : { flow, settlements: charged.settlements };
}
