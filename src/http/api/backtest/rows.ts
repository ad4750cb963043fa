import type { EquityPoint, Lacking, Trade } from "../../../services/history/backtest-query.ts";
import type { BacktestAnswer } from "../../../services/history/backtest-table.ts";
import { lackingItems } from "../../lists/lacking.ts";
import { instrumentPart, secondsOf } from "../../lists/row-fields.ts";
import type { EquityPointRow } from "./schema.ts";

/** An answer about two known legs. */
export type KnownPair = Extract<BacktestAnswer, { readonly kind: "done" | "refused" }>;

/** How a leg is shown. */
interface ShownLeg {
  readonly feeBps: number;
  readonly assetId: string | null;
}

export function pointRow(point: EquityPoint): EquityPointRow {
  return {
    point_at: secondsOf(point.atMs),
    kind: point.kind,
    long_usd: point.longUsd,
    short_usd: point.shortUsd,
    equity_usd: point.equityUsd,
    is_pro_rata: point.isProRata,
  };
}

/** The envelope's members. */
export function backtestHead(
  answer: KnownPair,
  legs: { readonly long: ShownLeg; readonly short: ShownLeg },
) {
  return {
    result: answer.kind,
    long: legPart(answer.long, legs.long),
    short: legPart(answer.short, legs.short),
    ...figures(answer),
    complete: isComplete(answer),
    unrated_hours: answer.kind === "refused" ? null : answer.unratedHours,
    lacking: answer.lacking.map(lackingPart),
    unreadable_periods: answer.unreadable,
  };
}

/** Whether nothing is lacking, neither payments nor the live rates of a rule. */
export function isComplete(answer: KnownPair): boolean {
  return answer.lacking.length === 0 && (answer.kind === "refused" || answer.unratedHours === 0);
}

function figures(answer: KnownPair) {
  if (answer.kind === "refused") return NO_FIGURES;
  const { worst, maxDrawdown } = answer;
  return {
    trades: answer.trades.map(tradePart),
    held_hours: answer.heldHours,
    gross_usd: answer.grossUsd,
    fees_usd: answer.feesUsd,
    net_usd: answer.netUsd,
    net_apr_pct: answer.netAprPct,
    price_usd: answer.priceUsd,
    worst: worst && { equity_usd: worst.usd, first_at: secondsOf(worst.atMs) },
    max_drawdown: maxDrawdown && {
      fall_usd: maxDrawdown.usd,
      peak_at: secondsOf(maxDrawdown.peakAtMs),
      trough_at: secondsOf(maxDrawdown.troughAtMs),
    },
    positive_share: answer.positiveShare,
  };
}

const NO_FIGURES = {
  trades: [],
  held_hours: null,
  gross_usd: null,
  fees_usd: null,
  net_usd: null,
  net_apr_pct: null,
  price_usd: null,
  worst: null,
  max_drawdown: null,
  positive_share: null,
};

function legPart(series: KnownPair["long"], { feeBps, assetId }: ShownLeg) {
  return {
    ...instrumentPart({ ...series, assetId }),
    accrual: series.accrual,
    taker_fee_bps: feeBps,
  };
}

function tradePart(trade: Trade) {
  return {
    entry_at: secondsOf(trade.entryMs),
    exit_at: secondsOf(trade.exitMs),
    opened_by: trade.entryReason,
    closed_by: trade.exitReason,
    long_usd: trade.longUsd,
    short_usd: trade.shortUsd,
    funding_usd: trade.fundingUsd,
    fees_usd: trade.feesUsd,
    net_usd: trade.netUsd,
    price_usd: trade.priceUsd,
    unfinished: trade.unfinished.map(({ side, sinceMs, untilMs, usd }) => ({
      side,
      since_at: secondsOf(sinceMs),
      until_at: secondsOf(untilMs),
      funding_usd: usd,
    })),
  };
}

function lackingPart({ side, uid, ranges, slots, unpriced }: Lacking) {
  return { side, uid, ranges: lackingItems(ranges), slots, unpriced_hours: unpriced };
}
