import { JOIN_WITHIN } from "../../domain/asset-cluster.ts";
import { HORIZON_MS } from "../../domain/breakeven.ts";
import {
  PRICE_GAP_PCT,
  type Reason,
  REFUSED_GAP_PCT,
  YOUNG_SECONDS,
} from "../../domain/decision.ts";
import {
  EXPIRY_GRACE_PERIODS,
  type Flag,
  STALE_FLOOR_MS,
  STALE_PERIODS,
  THIN_VOLUME_USD,
} from "../../domain/flags.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import { LEAVE_AFTER_CYCLES, LEAVE_BEYOND } from "../../domain/identity.ts";
import { OPPORTUNITY_ENDS_AFTER, OPPORTUNITY_GROSS_PCT } from "../../domain/opportunity.ts";
import { MIN_OTHERS, MIN_OUTLIER_PCT, TIMES_MEDIAN } from "../../domain/outlier.ts";
import type { OriginGap } from "../../domain/origin.ts";
import {
  OUTLIER_FACTOR,
  SCALE_FACTOR,
  TURNOVER_MAX,
  TURNOVER_MIN,
} from "../../domain/plausibility.ts";
import { MIN_EXCHANGES } from "../../services/finder/asset-listings.ts";
import type { MarketReason } from "../../services/finder/market-rate.ts";
import type { CAPACITY_REASONS } from "../../services/finder/pair.ts";
import type { ALTERNATIVE_REASONS } from "../../services/finder/position.ts";
import {
  LONGS_PAY_FROM,
  RESTING_ABOVE,
  type SENTIMENT_REASONS,
  SHORTS_PAY_TO,
} from "../../services/finder/sentiment.ts";

type NullReason =
  | (typeof SENTIMENT_REASONS)[number]
  | (typeof CAPACITY_REASONS)[number]
  | (typeof ALTERNATIVE_REASONS)[number]
  | MarketReason
  | OriginGap;

/** Documentation of the terms that programs read. A new term without a text does not compile. */

const count = (value: number): string => value.toLocaleString("en-US");
const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(3))} %`;
const seconds = (ms: number): string => `${ms / 1000} s`;

export const FLAG_TERMS = {
  stale: `Older than ${STALE_PERIODS} refresh periods of its exchange (at least ${seconds(STALE_FLOOR_MS)}), or the exchange's own clock stands still.`,
  expired: `Its next_funding_time passed more than ${EXPIRY_GRACE_PERIODS} periods ago without a newer rate: it is no longer charged.`,
  interval_unknown:
    "It is unknown how often the exchange charges funding, so there is no annualized rate.",
  identity_conflict: "Its price contradicts the price of the asset with the same ticker.",
  suspect: `A number is implausible or in the wrong unit: volume or open interest over ${OUTLIER_FACTOR} times off its exchange's usual share of the market, their ratio (volume over open interest) outside ${TURNOVER_MIN} to ${count(TURNOVER_MAX)}, or all rates of an exchange over ${SCALE_FACTOR} times those of the others or under 1/${SCALE_FACTOR}; or the settlement time of a periodic rate is unknown.`,
  pinned_cap: "The rate is at the exchange's upper limit.",
  pinned_floor: "The rate is at the exchange's lower limit.",
  pinned_baseline:
    "The rate equals the exchange's interest component: it says nothing about demand.",
  thin: `24 h volume under ${count(THIN_VOLUME_USD)} USD, or unknown.`,
  settling:
    "A settlement has passed since the row was observed, or the exchange is settling: the rate shown is the one just charged.",
  unverified_rate: "It is unproven which of the rates that the exchange publishes is charged next.",
} as const satisfies Record<Flag, string>;

const OF_A_LEG = "A leg has the flag.";

export const REASON_TERMS = {
  stale: OF_A_LEG,
  expired: OF_A_LEG,
  interval_unknown: OF_A_LEG,
  identity_conflict: OF_A_LEG,
  identity_unknown: "No price has shown that both legs are one asset.",
  suspect: OF_A_LEG,
  pinned_cap: OF_A_LEG,
  pinned_floor: OF_A_LEG,
  pinned_baseline: OF_A_LEG,
  thin: OF_A_LEG,
  settling: OF_A_LEG,
  unverified_rate: OF_A_LEG,
  price_gap: `Prices of one unit are over ${PRICE_GAP_PCT} % apart; over ${REFUSED_GAP_PCT} % the pair is refused.`,
  price_unknown: "A leg has no price.",
  fee_unknown: "The taker fee of a leg is unknown: set it with `fees`.",
  young: `It has lasted less than ${YOUNG_SECONDS / 60} minutes, or for an unknown time.`,
  outlier: `The annualized rate of a leg is ${MIN_OUTLIER_PCT} % or more and over ${TIMES_MEDIAN} times the median absolute rate of its asset, given at least ${MIN_OTHERS} other listings.`,
  settlement_unknown: "The next settlement of a leg is unknown, hence expected_cash as well.",
  no_settlement_in_hold: "Neither leg settles or accrues within hold_hours.",
  not_profitable:
    "net_apr_pct is 0 or less, or expected_cash.net_usd is although funding is paid within hold_hours.",
} as const satisfies Record<Reason, string>;

/** Why a figure is null, for the fields of that name (`reason` and those that end in `_reason`). */
export const NULL_REASON_TERMS = {
  too_few_exchanges: `Fewer than ${MIN_EXCHANGES} exchanges have a trusted listing.`,
  open_interest_unknown: `Of a pair: a leg has no open interest. Of a rate of the market: fewer than ${MIN_EXCHANGES} exchanges report an open interest above 0, or the exchange of the row reports none.`,
  volume_unknown: "A leg has no 24 h volume.",
  no_trusted_instrument: "Every matching listing has a blocking flag or an unknown asset.",
  blocked: "The listing of the position cannot be trusted: see its `reasons`.",
  identity_unknown: "No price has identified the asset of the position.",
  no_other_exchange: "No other exchange has a trusted listing of the asset.",
  not_in_memory:
    "Another process collects, or this one has just started and has not refreshed the exchange yet.",
  being_replaced: "The row is from older payloads than those kept: retry in a few seconds.",
  not_in_last_batch:
    "The exchange's last accepted reply lacks the instrument: the row is from an earlier one.",
  too_large: "The payloads exceed the limit of what is kept.",
  busy: "Too many such requests at once: retry.",
  unreadable: "An error of this service, recorded in its log.",
} as const satisfies Record<NullReason, string>;

/** The numbers that decide a flag, a reason, a label or an identity. */
export const THRESHOLDS = [
  {
    name: "stale",
    value: `${STALE_PERIODS} periods, at least ${seconds(STALE_FLOOR_MS)}`,
    why: "One late refresh means nothing yet.",
  },
  {
    name: "expired",
    value: `next_funding_time + ${EXPIRY_GRACE_PERIODS} periods`,
    why: "A delisted contract must not stay in the lists.",
  },
  {
    name: "thin",
    value: `under ${count(THIN_VOLUME_USD)} USD in 24 h`,
    why: "An order would move the price by more than the funding earns.",
  },
  {
    name: "suspect: quantity",
    value: `over ${OUTLIER_FACTOR} times off`,
    why: "Compared with the exchange's usual share of the market: a wrong unit.",
  },
  {
    name: "suspect: turnover",
    value: `outside ${TURNOVER_MIN} to ${count(TURNOVER_MAX)}`,
    why: "24 h volume over open interest has never been observed outside this range.",
  },
  {
    name: "suspect: rates of an exchange",
    value: `over ${SCALE_FACTOR} times those of the others, or under 1/${SCALE_FACTOR}`,
    why: "A unit error is at least a factor of 8.",
  },
  {
    name: "one asset",
    value: `prices of one unit within ${percent(JOIN_WITHIN)}`,
    why: "A ticker alone proves nothing.",
  },
  {
    name: "another asset",
    value: `beyond ${percent(LEAVE_BEYOND)} for ${LEAVE_AFTER_CYCLES} refreshes`,
    why: "A price that jumps once is not another asset.",
  },
  {
    name: "price_gap: watch",
    value: `over ${PRICE_GAP_PCT} %`,
    why: "The gap is a risk of its own.",
  },
  {
    name: "price_gap: refuse",
    value: `over ${REFUSED_GAP_PCT} %`,
    why: "The two are not the same asset.",
  },
  {
    name: "young",
    value: `under ${YOUNG_SECONDS} s`,
    why: "It may be gone before the second order is placed.",
  },
  {
    name: "outlier",
    value: `${MIN_OUTLIER_PCT} % a year or more, over ${TIMES_MEDIAN} times the median`,
    why: `Given at least ${MIN_OTHERS} other listings.`,
  },
  {
    name: "opportunity",
    value: `gross_apr_pct of ${OPPORTUNITY_GROSS_PCT} or more`,
    why: "From this yield on, the age of a pair is recorded.",
  },
  {
    name: "opportunity ends",
    value: `after ${OPPORTUNITY_ENDS_AFTER} snapshots in a row below it, or blocked`,
    why: "A single dip is not the end.",
  },
  {
    name: "breakeven_hours",
    value: `within ${HORIZON_MS / HOUR_MS / 24} days, else null`,
    why: "No rate can be expected to last longer.",
  },
  {
    name: "longs_pay",
    value: `positive_share of ${percent(LONGS_PAY_FROM)} or more`,
    why: "At least two thirds are on one side.",
  },
  {
    name: "shorts_pay",
    value: `positive_share of ${percent(SHORTS_PAY_TO)} or less`,
    why: "At least two thirds are on one side.",
  },
  {
    name: "resting",
    value: `over ${percent(RESTING_ABOVE)} of the listings at rest`,
    why: "The few others do not represent the market.",
  },
  {
    name: "too_few_exchanges",
    value: `under ${MIN_EXCHANGES} exchanges`,
    why: "Too few to speak of a market.",
  },
] as const;
