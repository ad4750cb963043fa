import { decisionOf, reasonsOf } from "../../../domain/decision.ts";
import type { LegTerms } from "../../../services/leg-terms.ts";
import {
  breakevenHoursOf,
  cashOf,
  factsOf,
  opportunityOf,
  type Pair,
  smoothBreakevenHoursOf,
} from "../../../services/pair.ts";
import { type Column, flatColumns, nested } from "../../columns.ts";
import { secondsOf } from "../../row-fields.ts";
import { fundingRow } from "../funding/list.ts";
import type { ArbLeg, ArbRow, CashBody } from "./schema.ts";

/** A pair as it is sent. */
export function arbRow(pair: Pair, fetchedAt: number): ArbRow {
  return {
    ...pairPart(pair, fetchedAt),
    gross_apr_pct: pair.grossPct,
    fees_pct: pair.feesPct,
    net_apr_pct: pair.netPct,
    breakeven_hours: breakevenHoursOf(pair),
    breakeven_hours_smooth: smoothBreakevenHoursOf(pair),
    expected_cash: cashBody(pair),
  };
}

/** What every list of pairs says of one, but for what it yields. */
export function pairPart(pair: Pair, fetchedAt: number) {
  const { group, long, short } = pair;
  const facts = factsOf(pair);
  const opportunity = opportunityOf(pair);
  return {
    base: group.base,
    asset_id: group.assetId,
    asset_class: long.row.record.assetClass ?? short.row.record.assetClass,
    decision: decisionOf(facts),
    reasons: [...reasonsOf(facts)],
    long: arbLeg(pair.longTerms, fetchedAt),
    short: arbLeg(pair.shortTerms, fetchedAt),
    price_gap_pct: facts.priceGapPct,
    first_seen: opportunity && secondsOf(opportunity.firstSeenMs),
    age_seconds: facts.ageSeconds,
    unobserved_seconds: opportunity && secondsOf(opportunity.unobservedMs),
    // What is stored is up to a minute old and has two digits: the yield of now may be above it.
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
    next_funding_time: sent.next_funding_time,
    accrual: sent.accrual,
    mark_price: sent.mark_price,
    index_price: sent.index_price,
    last_price: sent.last_price,
    price_source: leg.priceSource,
    open_interest_usd: sent.open_interest_usd,
    volume_24h_usd: sent.volume_24h_usd,
    fee_bps: fee?.bps ?? null,
    fee_source: fee?.source ?? null,
    age_seconds: sent.age_seconds,
    flags: sent.flags,
  };
}

function cashBody(pair: Pair): CashBody {
  const { long, short, fundingUsd, feesUsd, netUsd } = cashOf(pair);
  return {
    assumes: "constant_rates",
    notional_usd: pair.plan.notionalUsd,
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

export const LEG_COLUMNS = flatColumns<ArbLeg>({
  uid: "uid",
  exchange: "exchange",
  exchange_symbol: "exchange_symbol",
  symbol: "symbol",
  quote: "quote",
  multiplier: "multiplier",
  funding_rate: "funding_rate_fraction",
  funding_interval_hours: "funding_interval_hours",
  annualized_pct: "annualized_pct",
  next_funding_time: "next_funding_time_unix_s",
  accrual: "accrual",
  mark_price: "mark_price_in_quote",
  index_price: "index_price_in_quote",
  last_price: "last_price_in_quote",
  price_source: "price_source",
  open_interest_usd: "open_interest_usd",
  volume_24h_usd: "volume_24h_usd",
  fee_bps: "fee_bps",
  fee_source: "fee_source",
  age_seconds: "age_seconds",
  flags: "flags",
});

const CASH_COLUMNS = flatColumns<CashBody>({
  assumes: "assumes",
  notional_usd: "notional_usd",
  hold_hours: "hold_hours",
  long_settlements: "long_settlements",
  short_settlements: "short_settlements",
  long_usd: "long_usd",
  short_usd: "short_usd",
  funding_usd: "funding_usd",
  fees_usd: "fees_usd",
  net_usd: "net_usd",
});

export const ARB_COLUMNS: readonly Column<ArbRow>[] = [
  ...flatColumns<ArbRow>({
    base: "base",
    asset_id: "asset_id",
    asset_class: "asset_class",
    decision: "decision",
    reasons: "reasons",
    gross_apr_pct: "gross_apr_pct",
    fees_pct: "fees_pct",
    net_apr_pct: "net_apr_pct",
    breakeven_hours: "breakeven_hours",
    breakeven_hours_smooth: "breakeven_smooth_hours",
    price_gap_pct: "price_gap_pct",
    first_seen: "first_seen_unix_s",
    age_seconds: "age_seconds",
    unobserved_seconds: "unobserved_seconds",
    peak_gross_apr_pct: "peak_gross_apr_pct",
  }),
  ...nested("long", LEG_COLUMNS, ({ long }: ArbRow) => long),
  ...nested("short", LEG_COLUMNS, ({ short }: ArbRow) => short),
  ...nested("expected", CASH_COLUMNS, ({ expected_cash: cash }: ArbRow) => cash),
];
