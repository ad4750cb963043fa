import { decisionOf, reasonsOf } from "../../domain/decision.ts";
import type { LegTerms } from "../../services/finder/leg-terms.ts";
import {
  breakevenHoursOf,
  capacityOf,
  cashOf,
  factsOf,
  inflationOfPair,
  netOnCapitalPctOf,
  opportunityOf,
  type Pair,
  smoothBreakevenHoursOf,
} from "../../services/finder/pair.ts";
import { scheduleOf } from "../../services/finder/pair-schedule.ts";
import { columnsOf } from "./columns.ts";
import { secondsOf } from "./row-fields.ts";
import { fundingRow } from "./funding-row.ts";
import { type ArbLeg, ArbPairSchema, type ArbRow, type CashBody } from "./pair-schema.ts";
import type { ScheduleBody } from "./schedule-schema.ts";

/** A pair as sent; with its schedule only on request, as it may be longer than everything else. */
export function arbRow(pair: Pair, fetchedAt: number, withSchedule = false): ArbRow {
  return {
    ...pairPart(pair, fetchedAt),
    net_on_capital_apr_pct: netOnCapitalPctOf(pair),
    breakeven_hours: breakevenHoursOf(pair),
    breakeven_hours_smooth: smoothBreakevenHoursOf(pair),
    expected_cash: cashBody(pair),
    schedule: withSchedule ? scheduleBody(pair, fetchedAt) : null,
  };
}

/** Everything that lists of pairs say about a pair, except its yields. */
export function pairPart(pair: Pair, fetchedAt: number) {
  const { group, long, short } = pair;
  const facts = factsOf(pair);
  const opportunity = opportunityOf(pair);
  const capacity = capacityOf(pair);
  return {
    base: group.base,
    asset_id: group.assetId,
    asset_class: long.row.record.assetClass ?? short.row.record.assetClass,
    decision: decisionOf(facts),
    reasons: [...reasonsOf(facts)],
    long: arbLeg(pair.longTerms, fetchedAt),
    short: arbLeg(pair.shortTerms, fetchedAt),
    gross_apr_pct: pair.grossPct,
    fees_pct: pair.feesPct,
    net_apr_pct: pair.netPct,
    inflation: inflationOfPair(pair),
    capacity_usd: capacity.usd,
    capacity_reason: capacity.reason,
    price_gap_pct: facts.priceGapPct,
    first_seen_at: opportunity && secondsOf(opportunity.firstSeenMs),
    lasted_seconds: facts.ageSeconds,
    unobserved_seconds: opportunity && secondsOf(opportunity.unobservedMs),
    // The stored peak is up to a minute old and rounded to two digits: the current yield may exceed it.
    peak_gross_apr_pct: opportunity && Math.max(opportunity.peakGrossPct, pair.grossPct ?? 0),
  };
}

function arbLeg({ leg, fee }: LegTerms, fetchedAt: number): ArbLeg {
  const sent = fundingRow(leg.row, fetchedAt);
  return {
    uid: sent.uid,
    exchange: sent.exchange,
    exchange_symbol: sent.exchange_symbol,
    symbol: sent.symbol,
    quote: sent.quote,
    multiplier: sent.multiplier,
    funding_rate: sent.funding_rate,
    funding_interval_hours: sent.funding_interval_hours,
    annualized_pct: sent.annualized_pct,
    rate_8h_pct: sent.rate_8h_pct,
    settled_7d_apr_pct: leg.row.record.settled7dAprPct,
    next_funding_time: sent.next_funding_time,
    accrual: sent.accrual,
    mark_price: sent.mark_price,
    index_price: sent.index_price,
    premium_pct: sent.premium_pct,
    last_price: sent.last_price,
    price_source: leg.priceSource,
    open_interest_usd: sent.open_interest_usd,
    volume_24h_usd: sent.volume_24h_usd,
    taker_fee_bps: fee?.bps ?? null,
    taker_fee_source: fee?.source ?? null,
    age_seconds: sent.age_seconds,
    flags: sent.flags,
  };
}

function cashBody(pair: Pair): CashBody {
  const { long, short, fundingUsd, feesUsd, netUsd } = cashOf(pair);
  return {
    assumes: "constant_rates",
    notional_usd: pair.plan.notionalUsd,
    capital_usd: pair.plan.capitalUsd,
    leverage: pair.plan.leverage,
    hold_hours: pair.plan.holdHours,
    long_settlements: long.settlements,
    short_settlements: short.settlements,
    long_usd: long.fundingUsd,
    short_usd: short.fundingUsd,
    funding_usd: fundingUsd,
    fees_usd: feesUsd,
    net_usd: netUsd,
  };
}

function scheduleBody(pair: Pair, fetchedAt: number): ScheduleBody | null {
  const schedule = scheduleOf(pair);
  if (schedule === null) return null;
  const { notionalUsd } = pair.plan;
  const rates = {
    long: pair.long.row.record.fundingRate,
    short: pair.short.row.record.fundingRate,
  };
  const timeOf = (atMs: number): number => fetchedAt + secondsOf(atMs);
  const { payments, worst } = schedule;
  return {
    worst_interim_usd: worst && worst.sum * notionalUsd,
    worst_interim_at: worst && timeOf(worst.atMs),
    payments: payments.map(({ side, kind, atMs, amount, sum }) => ({
      paid_at: timeOf(atMs),
      leg: side,
      kind,
      funding_rate: rates[side],
      payment_usd: amount * notionalUsd,
      running_usd: sum === null ? null : sum * notionalUsd,
    })),
  };
}

export const ARB_COLUMNS = columnsOf(ArbPairSchema);
