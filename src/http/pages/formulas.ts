import { CAPACITY_SHARE } from "../../domain/arbitrage.ts";
import { MIN_SETTLED_HOURS, SETTLED_YIELD_HOURS } from "../../domain/settled-yield.ts";
import { PAST_FORMULAS } from "./past-formulas.ts";
import { percent } from "./quantities.ts";

/** The formula of every figure that does not come from an exchange, and what it is a fraction of. */
export const FORMULAS = [
  {
    name: "funding_rate",
    formula: "the exchange's live rate, in our unit",
    of: "fraction of the notional, for funding_interval_hours",
  },
  {
    name: "funding_rate_pct",
    formula: "funding_rate × 100",
    of: "percent of the notional, for funding_interval_hours",
  },
  {
    name: "annualized_pct",
    formula: "funding_rate × (24 / funding_interval_hours) × 365 × 100",
    of: "percent of the notional, for a year of 365 days, simple interest",
  },
  {
    name: "sum_pct",
    formula:
      "sum of funding_rate over the payments of the range, or of what accrued in its hours, × 100; exact, rounded once",
    of: "percent of the notional, for the time really covered",
  },
  {
    name: "gross_usd",
    formula:
      "notional_usd × (payments of the short leg − payments of the long leg) over the settlements with entry < slot ≤ exit and the hours of continuous funding that were held",
    of: "US dollars, for the time held",
  },
  {
    name: "equity_usd",
    formula: "funding received so far − fees of the fills so far",
    of: "US dollars",
  },
  {
    name: "fall_usd",
    formula: "the largest fall of equity_usd from an earlier high, which is at least 0",
    of: "US dollars",
  },
  {
    name: "price_usd",
    formula:
      "notional_usd × (rise of the long leg's mark price − that of the short leg's), each from entry to exit",
    of: "US dollars, apart from funding",
  },
  {
    name: "mean_pct",
    formula: "sum_pct / settlements",
    of: "percent of the notional, for one payment",
  },
  {
    name: "completeness_share",
    formula: "payments present, without estimates, / expected_settlements",
    of: "fraction of the payments that were due",
  },
  ...PAST_FORMULAS,
  {
    name: "rate_8h_pct",
    formula: "funding_rate × (8 / funding_interval_hours) × 100",
    of: "percent of the notional, for 8 hours",
  },
  {
    name: "rate_per_hour_pct",
    formula: "funding_rate × 100 / funding_interval_hours",
    of: "percent of the notional, for an hour",
  },
  {
    name: "value_pct",
    formula: "annualized_pct, or rate_per_hour_pct with per=hour",
    of: "percent of the notional, for per",
  },
  {
    name: "premium_pct",
    formula: "(mark_price − index_price) / index_price × 100",
    of: "percent of the index price",
  },
  {
    name: "unit_price",
    formula: "median over the listings of (mark price, else index, else last trade) / multiplier",
    of: "the quote currencies of the listings, for one unit of base",
  },
  {
    name: "payment_usd",
    formula:
      "funding_rate × open_interest_usd; in a schedule notional_usd × funding_rate, negative for what is paid",
    of: "US dollars, for one settlement",
  },
  {
    name: "longs_pay_usd",
    formula: "sum of payment_usd over rates above 0",
    of: "US dollars, for one settlement time",
  },
  {
    name: "shorts_pay_usd",
    formula: "sum of −payment_usd over rates below 0",
    of: "US dollars, for one settlement time",
  },
  {
    name: "gross_apr_pct",
    formula: "annualized_pct of the short leg − annualized_pct of the long leg",
    of: "percent of the notional of one leg, for a year",
  },
  {
    name: "fees_pct",
    formula:
      "2 × (taker fee of the long leg + taker fee of the short leg) / 100, fees in basis points",
    of: "percent of the notional of one leg, once per hold_hours",
  },
  {
    name: "net_apr_pct",
    formula: "gross_apr_pct − fees_pct × 8760 / hold_hours",
    of: "percent of the notional of one leg, for a year",
  },
  {
    name: "settled_7d_apr_pct",
    formula: `sum of the rates charged in the last ${SETTLED_YIELD_HOURS} hours × 100 × 8760 / hours that they cover; at least ${MIN_SETTLED_HOURS} hours`,
    of: "percent of the notional, for a year, simple interest",
  },
  {
    name: "inflation",
    formula:
      "net_apr_pct / (settled_7d_apr_pct of the short leg − settled_7d_apr_pct of the long leg), if that is above 0",
    of: "ratio",
  },
  {
    name: "net_on_capital_apr_pct",
    formula: "net_apr_pct × leverage / 2",
    of: "percent of the capital for both legs, for a year",
  },
  {
    name: "capacity_usd",
    formula: `${percent(CAPACITY_SHARE)} of the smallest of open interest and 24 h volume of both legs`,
    of: "US dollars of notional of one leg; not based on order books",
  },
  {
    name: "breakeven_hours",
    formula: "hours until running_usd, settlement by settlement, is first 0 or more",
    of: "hours after fetched_at",
  },
  { name: "breakeven_hours_smooth", formula: "fees_pct / (gross_apr_pct / 8760)", of: "hours" },
  {
    name: "price_gap_pct",
    formula:
      "(short price − long price) / ((long price + short price) / 2) × 100, each price for one unit of base",
    of: "percent of the midpoint of both prices",
  },
  {
    name: "expected_cash.capital_usd",
    formula: "2 × notional_usd / leverage",
    of: "US dollars, for both legs",
  },
  {
    name: "expected_cash.long_usd",
    formula: "−notional_usd × rates charged to the long leg in hold_hours",
    of: "US dollars, for notional_usd on the leg",
  },
  {
    name: "expected_cash.short_usd",
    formula: "notional_usd × rates charged to the short leg in hold_hours",
    of: "US dollars, for notional_usd on the leg",
  },
  {
    name: "expected_cash.funding_usd",
    formula:
      "notional_usd × (rates charged to the short leg − rates charged to the long leg in hold_hours)",
    of: "US dollars, for notional_usd on each leg",
  },
  {
    name: "expected_cash.fees_usd",
    formula: "notional_usd × fees_pct / 100",
    of: "US dollars, for notional_usd on each leg",
  },
  {
    name: "expected_cash.net_usd",
    formula: "funding_usd − fees_usd",
    of: "US dollars, for notional_usd on each leg",
  },
  {
    name: "running_usd",
    formula: "sum of payment_usd of both legs so far − expected_cash.fees_usd",
    of: "US dollars, for notional_usd on each leg",
  },
  {
    name: "worst_interim_usd",
    formula: "lowest running_usd within hold_hours, the start included",
    of: "US dollars, for notional_usd on each leg",
  },
  { name: "lasted_seconds", formula: "fetched_at − first_seen_at", of: "seconds" },
  {
    name: "peak_gross_apr_pct",
    formula: "highest gross_apr_pct since first_seen_at",
    of: "percent of the notional of one leg, for a year",
  },
  {
    name: "next_payment_usd",
    formula: "notional_usd × funding_rate, negative for what is paid",
    of: "US dollars, for one settlement",
  },
  {
    name: "day_usd",
    formula: "the same for all settlements or accrual of 24 hours",
    of: "US dollars",
  },
  {
    name: "thirty_days_usd",
    formula: "the same for 30 days",
    of: "US dollars",
  },
  {
    name: "yearly_gain_usd",
    formula: "notional_usd × difference of the annualized_pct of both listings / 100, before fees",
    of: "US dollars, for a year",
  },
  {
    name: "mean_annualized_pct",
    formula: "Σ annualized_pct / trusted listings",
    of: "percent of the notional, for a year",
  },
  {
    name: "median_annualized_pct",
    formula: "median of annualized_pct over the trusted listings",
    of: "percent of the notional, for a year",
  },
  {
    name: "standard_deviation_pct",
    formula: "√(Σ (annualized_pct − mean)² / listings)",
    of: "percentage points of the notional, for a year",
  },
  {
    name: "lowest_annualized_pct",
    formula: "lowest annualized_pct of a trusted listing",
    of: "percent of the notional, for a year",
  },
  {
    name: "highest_annualized_pct",
    formula: "highest annualized_pct of a trusted listing",
    of: "percent of the notional, for a year",
  },
  {
    name: "positive_share",
    formula:
      "listings with a rate above 0 / trusted listings, both without those at_baseline and at_zero",
    of: "fraction of the trusted listings that are neither at_baseline nor at_zero",
  },
  {
    name: "oi_weighted_annualized_pct",
    formula: "Σ (annualized_pct × open_interest_usd) / Σ open_interest_usd",
    of: "percent of the notional, for a year",
  },
  {
    name: "oi_weighted_rate_8h_pct",
    formula: "oi_weighted_annualized_pct / 1095",
    of: "percent of the notional, for 8 hours",
  },
  {
    name: "volume_weighted_annualized_pct",
    formula: "Σ (annualized_pct × volume_24h_usd) / Σ volume_24h_usd",
    of: "percent of the notional, for a year",
  },
  {
    name: "top_exchange_share",
    formula: "volume_24h_usd on top_exchange / volume_24h_usd of the asset",
    of: "fraction of the volume of the asset",
  },
  {
    name: "open_interest_even_share",
    formula: "instruments whose published open interest ends in an even digit / instruments",
    of: "fraction of the instruments of the exchange",
  },
  {
    name: "rate_scale",
    formula: "median of (hourly rate / hourly rate of the other exchanges)",
    of: "ratio",
  },
] as const;
