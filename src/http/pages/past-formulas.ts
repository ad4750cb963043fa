/**
 * The formulas of lines over several instruments, of how long spreads lasted, and of how far live rates were from what
 * was charged.
 */
export const PAST_FORMULAS = [
  {
    name: "weight_usd",
    formula: "Σ of the instruments' open_interest_usd or volume_24h_usd, as last sampled",
    of: "US dollars",
  },
  {
    name: "lasted_share",
    formula:
      "Π (1 − ended in the hour / observed in the hour), over the full hours up to horizon_hours (Kaplan-Meier)",
    of: "fraction of the spreads seen at this age",
  },
  {
    name: "low_share",
    formula:
      "lasted_share ^ exp(1.96 × √V / |ln lasted_share|), V = Σ ended / (observed × (observed − ended)) (Greenwood)",
    of: "fraction of the spreads seen at this age",
  },
  {
    name: "high_share",
    formula: "lasted_share ^ exp(−1.96 × √V / |ln lasted_share|), V as for low_share",
    of: "fraction of the spreads seen at this age",
  },
  {
    name: "bias_pct",
    formula: "mean of (live rate − charged rate) × 100",
    of: "percent of the notional, for funding_interval_hours",
  },
  {
    name: "p10_pct",
    formula: "10th percentile of (live rate − charged rate) × 100, linear between its neighbours",
    of: "percent of the notional, for funding_interval_hours",
  },
  {
    name: "p50_pct",
    formula: "median of (live rate − charged rate) × 100",
    of: "percent of the notional, for funding_interval_hours",
  },
  {
    name: "p90_pct",
    formula: "90th percentile of (live rate − charged rate) × 100, linear between its neighbours",
    of: "percent of the notional, for funding_interval_hours",
  },
] as const;
