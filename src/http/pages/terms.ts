import type { Identity } from "../../domain/asset-cluster.ts";
import {
  type Decision,
  PRICE_GAP_PCT,
  type Reason,
  REFUSED_GAP_PCT,
  YOUNG_SECONDS,
} from "../../domain/decision.ts";
import {
  EXPIRY_GRACE_PERIODS,
  type Flag,
  FROZEN_AFTER_MS,
  STALE_FLOOR_MS,
  STALE_PERIODS,
  THIN_VOLUME_USD,
} from "../../domain/flags.ts";
import { MIN_OTHERS, MIN_OUTLIER_PCT, TIMES_MEDIAN } from "../../domain/outlier.ts";
import type { OriginGap } from "../../domain/origin.ts";
import {
  OUTLIER_FACTOR,
  SCALE_FACTOR,
  TURNOVER_MAX,
  TURNOVER_MIN,
} from "../../domain/plausibility.ts";
import { MIN_EXCHANGES } from "../../domain/statistics.ts";
import type { MarketReason } from "../../services/finder/market-rate.ts";
import type { CAPACITY_REASONS } from "../../services/finder/pair.ts";
import type { ALTERNATIVE_REASONS } from "../../services/finder/position.ts";
import {
  LONGS_PAY_FROM,
  RESTING_ABOVE,
  type SENTIMENT_REASONS,
  type SentimentLabel,
  SHORTS_PAY_TO,
} from "../../services/finder/sentiment.ts";
import type { NoSum } from "../../services/history/cumulative.ts";
import type { LINE_REASONS } from "../../services/history/line-page.ts";
import { count, minutes, percent, seconds } from "./quantities.ts";

type NullReason =
  | (typeof SENTIMENT_REASONS)[number]
  | (typeof CAPACITY_REASONS)[number]
  | (typeof LINE_REASONS)[number]
  | (typeof ALTERNATIVE_REASONS)[number]
  | MarketReason
  | NoSum
  | OriginGap;

/** Documentation of the terms that programs read. A new term without a text does not compile. */

export const FLAG_TERMS = {
  stale: `Older than ${STALE_PERIODS} refresh periods of its exchange (at least ${seconds(STALE_FLOOR_MS)}), or the exchange's own clock has stood still for ${minutes(FROZEN_AFTER_MS)}.`,
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
  young: `It has lasted less than ${YOUNG_SECONDS / 60} minutes, or for an unknown time. With \`as_of\` pairs are not judged by this: their ages are not kept.`,
  outlier: `The annualized rate of a leg is ${MIN_OUTLIER_PCT} % or more and over ${TIMES_MEDIAN} times the median absolute rate of its asset, given at least ${MIN_OTHERS} other listings.`,
  settlement_unknown: "The next settlement of a leg is unknown, hence expected_cash as well.",
  no_settlement_in_hold: "Neither leg settles or accrues within hold_hours.",
  not_profitable:
    "net_apr_pct is 0 or less, or expected_cash.net_usd is although funding is paid within hold_hours.",
} as const satisfies Record<Reason, string>;

/** Why a figure is null, for the fields of that name (`reason` and those that end in `_reason`). */
export const NULL_REASON_TERMS = {
  too_few_exchanges: `Fewer than ${MIN_EXCHANGES} exchanges have a trusted listing; in the past, fewer have a known rate.`,
  open_interest_unknown: `Of a pair: a leg has no open interest. Of a rate of the market: fewer than ${MIN_EXCHANGES} exchanges report an open interest above 0, or the exchange of the row reports none. Of a time in the past: too few of the exchanges with a rate have one that was sampled then.`,
  volume_unknown:
    "Of a pair: a leg has no 24 h volume. Of a time in the past: too few of the exchanges with a rate have one above 0 that was sampled then.",
  not_charged_yet:
    "An instrument has not been charged for all of this time yet: it would be a rate of those that pay more often.",
  no_rates: "Nothing is known to have been charged, or sampled, in this time.",
  no_trusted_instrument: "Every matching listing has a blocking flag or an unknown asset.",
  blocked: "The listing of the position cannot be trusted: see its `reasons`.",
  identity_unknown: "No price has identified the asset of the position.",
  no_settlements: "No payment of the range is known.",
  mark_price_unknown:
    "What accrued in the range is known in the currency of `quote` only: without a mark price it is no fraction of notional.",
  no_other_exchange: "No other exchange has a trusted listing of the asset.",
  not_in_memory:
    "Another process collects, or this one has just started and has not refreshed the exchange yet.",
  being_replaced: "The row is from older payloads than those kept: retry in a few seconds.",
  not_in_last_batch:
    "The exchange's last accepted reply lacks the instrument: the row is from an earlier one.",
  too_large: "The payloads are larger than what is kept in memory.",
  busy: "Too many such requests at once: retry.",
  unreadable: "An error of this service, recorded in its log.",
} as const satisfies Record<NullReason, string>;

/** Which side pays for an asset: the field `label`. */
export const LABEL_TERMS = {
  longs_pay: `${percent(LONGS_PAY_FROM)} or more of the rates are positive: positive_share.`,
  shorts_pay: `${percent(SHORTS_PAY_TO)} or less of the rates are positive.`,
  mixed: `Between the two: positive_share is over ${percent(SHORTS_PAY_TO)} and under ${percent(LONGS_PAY_FROM)}.`,
  resting: `Over ${percent(RESTING_ABOVE)} of the trusted listings are at_baseline or at_zero.`,
} as const satisfies Record<SentimentLabel, string>;

/** What prices show about a listing: the field `identity`. */
export const IDENTITY_TERMS = {
  confirmed: "Listings on other exchanges agree in price.",
  probable: "There is nothing to compare its price with yet.",
  conflict:
    "It is another asset than the one with its ticker, or it is unclear which: `identity_conflict`.",
} as const satisfies Record<Identity, string>;

/** Whether a pair can be traded: the field `decision`. */
export const DECISION_TERMS = {
  usable: "There is no reason against the pair.",
  watch: "Check `reasons` before you rely on the pair.",
  refuse: "A number of the pair cannot be trusted: see `reasons`.",
} as const satisfies Record<Decision, string>;
