/** What a backtest takes and answers. Times are unix ms; amounts US dollars, positive if received. */
import { HOUR_MS } from "../../domain/funding.ts";
import type { InstrumentPast } from "./charges.ts";
import type { LedgerRange } from "./gap-ledger.ts";

export const BACKTEST_SIDES = ["long", "short"] as const;
export type BacktestSide = (typeof BACKTEST_SIDES)[number];

/** The live rate of one instrument at a moment. */
export interface LegSample {
  readonly atMs: number;
  /** A fraction per interval; null: only the price is known. */
  readonly rate: number | null;
  /** The quoting period of a continuous contract; null: unknown. */
  readonly intervalHours: number | null;
  /** Null: not sampled at this moment. */
  readonly markPrice: number | null;
}

/** One instrument: a reused ticker is two. */
export interface BacktestLeg {
  readonly uid: string;
  readonly past: InstrumentPast;
  /** Ascending; prices of settlements may be among them. */
  readonly samples: readonly LegSample[];
  /** Basis points of notional per fill. */
  readonly feeBps: number;
}

/** `threshold`: enters while the net yearly spread of the live rates is over one figure, leaves once under the other. */
export type BacktestRule =
  | { readonly kind: "fixed" }
  | { readonly kind: "threshold"; readonly enterOverPct: number; readonly leaveUnderPct: number };

export const GAP_POLICIES = ["refuse", "allow"] as const;
export type GapPolicy = (typeof GAP_POLICIES)[number];

export interface BacktestQuery {
  /** The position is held within [fromMs, toMs], and not longer than until now. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Of each side, constant. */
  readonly notionalUsd: number;
  readonly rule: BacktestRule;
  /** The fees of a round trip are spread over this time in the net yearly spread of the rule `threshold`. */
  readonly holdHours: number;
  /** Whether a result may rest on estimated or lack missing settlements. */
  readonly gaps: GapPolicy;
}

/** The defaults. */
export const BACKTEST_DEFAULTS: Omit<BacktestQuery, "fromMs" | "toMs"> = {
  notionalUsd: 10_000,
  rule: { kind: "fixed" },
  holdHours: 24,
  gaps: "refuse",
};

/** The time up to now, if the caller names no range. */
export const BACKTEST_SPAN_MS = 30 * 24 * HOUR_MS;

/**
 * Why a position was opened: the start of the range, a later listing, the first payment that is known of an instrument
 * whose listing is not, the rule.
 */
export type EntryReason = "from" | "listing" | "first_known" | "rule";
/** Why it was closed: the end of the range, a delisting, the rule; `now`: it still would be open. */
export type ExitReason = "to" | "delisting" | "rule" | "now";

export interface Holding {
  readonly entryMs: number;
  readonly exitMs: number;
  readonly entryReason: EntryReason;
  readonly exitReason: ExitReason;
}

/** Funding that had not been charged at the exit: by the live rate, in no other figure. */
export interface Unfinished {
  readonly side: BacktestSide;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Null: no recent live rate, or its interval is unknown. */
  readonly usd: number | null;
}

export interface Trade extends Holding {
  readonly longUsd: number;
  readonly shortUsd: number;
  readonly fundingUsd: number;
  readonly feesUsd: number;
  readonly netUsd: number;
  /** Profit and loss of the two prices, apart from funding; null if one of the four prices is unknown. */
  readonly priceUsd: number | null;
  readonly unfinished: readonly Unfinished[];
}

export const POINT_KINDS = ["entry", "accrual", "settlement", "exit"] as const;
export type PointKind = (typeof POINT_KINDS)[number];

/** The equity after a payment: funding received so far, minus the fees paid so far. */
export interface EquityPoint {
  readonly atMs: number;
  readonly kind: PointKind;
  /** What each side received; null if nothing was due. */
  readonly longUsd: number | null;
  readonly shortUsd: number | null;
  readonly equityUsd: number;
  /** Whether an accrued hour counts only in part, because the position was not held throughout. */
  readonly isProRata: boolean;
}

/** What one leg lacks while the position is held. */
export interface Lacking {
  readonly side: BacktestSide;
  readonly uid: string;
  /** Estimated, missing, not yet read or no longer available; at most MAX_LACKING_RANGES, the first ones. */
  readonly ranges: readonly LedgerRange[];
  /** Slots in all of the ranges; null if nothing shows an interval. */
  readonly slots: number | null;
  /** Hours accrued in quote currency without a mark price. */
  readonly unpriced: number;
}

export interface BacktestResult {
  readonly kind: "done";
  readonly trades: readonly Trade[];
  readonly heldHours: number;
  /** Funding before fees. */
  readonly grossUsd: number;
  readonly feesUsd: number;
  readonly netUsd: number;
  /** netUsd of the notional of one side over the time held, simple, percent a year; null if nothing was held. */
  readonly netAprPct: number | null;
  /** The sum over the trades; null if one is unknown. */
  readonly priceUsd: number | null;
  /** The lowest equity and its first time; null without trades. */
  readonly worst: { readonly usd: number; readonly atMs: number } | null;
  /** The largest fall from an earlier high, which is at least the 0 of the start; null without trades. */
  readonly maxDrawdown: {
    readonly usd: number;
    readonly peakAtMs: number;
    readonly troughAtMs: number;
  } | null;
  /** The share (0 to 1) of settlement times and accrued hours in which both legs together received something. */
  readonly positiveShare: number | null;
  readonly curve: readonly EquityPoint[];
  /** Empty if complete. */
  readonly lacking: readonly Lacking[];
  /** Hours in which a rule could not be judged: nothing was opened or closed in them. */
  readonly unratedHours: number;
}

/** Estimated or missing settlements, which `gaps: "allow"` accepts. */
export interface BacktestRefusal {
  readonly kind: "refused";
  readonly lacking: readonly Lacking[];
}
