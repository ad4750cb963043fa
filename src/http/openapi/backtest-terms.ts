import { z } from "@hono/zod-openapi";
import type { EntryReason, ExitReason, PointKind } from "../../services/history/backtest-query.ts";
import type { BacktestAnswer } from "../../services/history/backtest-table.ts";
import { explained } from "./past-terms.ts";

/** Terms of backtests: for the document and for /docs/terms. */

export const ENTRY_MEANINGS = {
  from: "The start of the range.",
  listing: "A leg was listed later.",
  first_known: "The first known payment of a leg whose listing is not known.",
  rule: "The net spread was over `enter_over`.",
} as const satisfies Record<EntryReason, string>;

export const EXIT_MEANINGS = {
  to: "The end of the range.",
  delisting: "A leg was delisted.",
  rule: "The net spread was under `leave_under`.",
  now: "It would still be open.",
} as const satisfies Record<ExitReason, string>;

export const POINT_MEANINGS = {
  entry: "The position was opened: fees were paid.",
  accrual: "An hour of a continuous leg ended, or the part of it for which it was held.",
  settlement: "One or both legs settled.",
  exit: "The position was closed: fees were paid.",
} as const satisfies Record<PointKind, string>;

export const OUTCOME_MEANINGS = {
  done: "There are figures; `lacking` says what they rest on.",
  refused:
    "There are none: settlements are estimated or not there (`lacking`), and `gaps` is `refuse`.",
} as const satisfies Record<Exclude<BacktestAnswer["kind"], "unknown" | "two_assets">, string>;

function setOf<Name extends string>(
  id: string,
  what: string,
  meanings: Readonly<Record<Name, string>>,
) {
  const names = Object.keys(meanings) as [Name, ...Name[]];
  return z.enum(names).openapi(id, { description: `${what} ${explained(meanings)}` });
}

export const EntryReasonSchema = setOf(
  "EntryReason",
  "Why the position was opened.",
  ENTRY_MEANINGS,
);
export const ExitReasonSchema = setOf("ExitReason", "Why it was closed.", EXIT_MEANINGS);
export const PointKindSchema = setOf("EquityPointKind", "What happened.", POINT_MEANINGS);
export const BacktestOutcomeSchema = setOf(
  "BacktestOutcome",
  "Whether there is a result.",
  OUTCOME_MEANINGS,
);
