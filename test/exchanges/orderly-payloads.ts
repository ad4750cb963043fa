import type { Bodies } from "../support/memory-source.ts";

/** Orderly's replies for its tests. */

export const RATES = "/v1/public/futures";
export const INFO = "/v1/public/info";
export const SETTLED = "/v1/public/funding_rates";
export const AT = Date.UTC(2026, 9, 5, 13, 30);
export const STAMP = AT - 300;
export const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);

export type Row = Readonly<Record<string, unknown>>;

export const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  index_price: 64010.25,
  mark_price: 64000.5,
  sum_unitary_funding: 26522.5,
  est_funding_rate: 0.000083,
  last_funding_rate: 0.00010041,
  next_funding_time: at(16),
  open_interest: 110.5,
  "24h_volume": 102.25,
  "24h_amount": 6595662.5,
  ...extra,
});
export const info = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  funding_period: 8,
  cap_funding: 0.000375,
  floor_funding: -0.00035,
  interest_rate: 0.0001,
  ...extra,
});
export const settled = (symbol: string, hour: number, next: number, extra: Row = {}): Row => ({
  symbol,
  est_funding_rate: 0.000083,
  est_funding_rate_timestamp: AT,
  last_funding_rate: 0.00010042,
  last_funding_rate_timestamp: at(hour),
  next_funding_time: at(next),
  sum_unitary_funding: 26522.5,
  ...extra,
});
export const reply = (rows: unknown): Row => ({ success: true, timestamp: STAMP, data: { rows } });

export const LIVE = [
  "PERP_BTC_USDC",
  "PERP_1000PEPE_USDC",
  "PERP_NEAR_USDT",
  "PERP_XAU_USDC",
  "PERP_AAPL_USDC_mythos",
];
export const BODIES: Bodies = {
  [RATES]: reply([
    rate("PERP_BTC_USDC"),
    rate("PERP_1000PEPE_USDC", { est_funding_rate: -0.00121, last_funding_rate: 0 }),
    rate("PERP_NEAR_USDT", { est_funding_rate: 0, next_funding_time: at(14) }),
    rate("PERP_XAU_USDC", { "24h_amount": 0, index_price: null, open_interest: 0 }),
    rate("PERP_AAPL_USDC_mythos", { broker_id: "mythos", status: "ACTIVE", is_pretge: false }),
    // Neither prices nor trades.
    rate("PERP_OLD_USDC", { "24h_amount": 0, mark_price: "0", index_price: "0" }),
    rate("PERP_BTC_EUR"),
    rate("SPOT_BTC_USDC"),
    rate("PERP_PRELISTED_USDC"),
    rate("PERP_PRE_USDC", { is_pretge: true }),
    rate("PERP_HALT_USDC_alpix", { status: "SUSPENDED" }),
  ]),
  [INFO]: reply([
    info("PERP_BTC_USDC"),
    info("PERP_1000PEPE_USDC", { funding_period: 4, cap_funding: 0.02, floor_funding: -0.02 }),
    info("PERP_NEAR_USDT", { funding_period: 1 }),
    info("PERP_XAU_USDC"),
    info("PERP_OLD_USDC"),
    info("PERP_BTC_EUR"),
    info("SPOT_BTC_USDC"),
    info("PERP_AAPL_USDC_mythos", { broker_id: "mythos", status: "ACTIVE", is_pretge: false }),
    info("PERP_PRE_USDC", { status: "ACTIVE", is_pretge: true }),
    info("PERP_HALT_USDC_alpix", { status: "SUSPENDED", is_pretge: false }),
  ]),
  [SETTLED]: reply([
    settled("PERP_BTC_USDC", 8, 16),
    settled("PERP_1000PEPE_USDC", 12, 16, { last_funding_rate: 0 }),
    settled("PERP_XAU_USDC", 8, 16, { last_funding_rate_timestamp: null }),
  ]),
};
