import { z } from "@hono/zod-openapi";
import {
  type AccrualUnit,
  ACCRUAL_UNITS,
  SETTLEMENT_ORIGINS,
  type SettlementOrigin,
} from "../../domain/settlement.ts";
import type { SeriesKind, Weighting } from "../../services/history/series.ts";
import { SLOT_STATES, type SlotState } from "../../services/history/gap-ledger.ts";

/** Terms of the past: for the document and for /docs/terms. */

export const PAST_KIND_MEANINGS = {
  settled: "What was charged at each slot, and what accrued in each hour of continuous funding.",
  live: "The live rates as they were sampled, whether they were charged or not.",
} as const satisfies Record<SeriesKind, string>;

export const WEIGHTING_MEANINGS = {
  none: "Each instrument counts the same.",
  oi: "By open interest in US dollars.",
  volume: "By the volume of 24 hours in US dollars.",
} as const satisfies Record<Weighting, string>;

export const ORIGIN_MEANINGS = {
  exchange: "The exchange's own history.",
  row: "The settled rate of a live row, or of the exchange's history in the first ten minutes.",
  estimated: "The last live rate before the slot, until one of the others confirms or corrects it.",
} as const satisfies Record<SettlementOrigin, string>;

export const LACKING_MEANINGS = {
  estimated: "There are payments, but only as estimated from live rates.",
  pending:
    "Its slot has passed within the last ten minutes, and what was charged is not stored yet: exchanges publish it within minutes.",
  being_backfilled: "Not read from the exchange yet.",
  missing:
    "Read, but the exchange's answer lacks it; of an ended instrument also what the exchange no longer answered for; of an exchange without a history, what no live row showed.",
  absent_at_source:
    "Older than what the exchange keeps; of an exchange without a history, older than the first payment known.",
} as const satisfies Record<LackingState, string>;

export const ACCRUED_UNIT_MEANINGS = {
  fraction: "A fraction of notional.",
  quote_per_unit: "The currency of `quote`, for one priced unit.",
} as const satisfies Record<AccrualUnit, string>;

type LackingState = Exclude<SlotState, "present">;

const LACKING_STATES = SLOT_STATES.filter((state) => state !== "present");

/** The meanings as one text. */
export function explained(meanings: Readonly<Record<string, string>>): string {
  return Object.entries(meanings)
    .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
    .join(" ");
}

export const SettlementOriginSchema = z.enum(SETTLEMENT_ORIGINS).openapi("SettlementOrigin", {
  description: `Where a payment comes from. ${explained(ORIGIN_MEANINGS)}`,
  example: "exchange",
});

export const LackingStateSchema = z.enum(LACKING_STATES).openapi("LackingState", {
  description: `Why expected payments are not there. ${explained(LACKING_MEANINGS)}`,
  example: "missing",
});

export const AccruedUnitSchema = z.enum(ACCRUAL_UNITS).openapi("AccruedUnit", {
  description: `What an accrued amount is. ${explained(ACCRUED_UNIT_MEANINGS)}`,
  example: "fraction",
});
