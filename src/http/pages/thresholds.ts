import { JOIN_WITHIN } from "../../domain/asset-cluster.ts";
import {
  CONFIRMING_BATCHES,
  CONFIRMING_MS,
  DEGRADE_REJECTS_OVER,
  DEGRADE_UNDER,
  MAX_SCALE,
  MIN_COMPARED,
  MIN_ROWS,
  REFUSE_REJECTS_OVER,
  REFUSE_UNDER,
  ROWS_GROWTH,
} from "../../domain/batch-limits.ts";
import { HORIZON_MS } from "../../domain/breakeven.ts";
import {
  NOTHING_PCT,
  PRICE_GAP_PCT,
  REFUSED_GAP_PCT,
  YOUNG_SECONDS,
} from "../../domain/decision.ts";
import {
  EXPIRY_GRACE_PERIODS,
  FROZEN_AFTER_MS,
  PINNED_TOLERANCE,
  STALE_FLOOR_MS,
  STALE_PERIODS,
  THIN_VOLUME_USD,
} from "../../domain/flags.ts";
import { FUNDING_INTERVALS, HOUR_MS } from "../../domain/funding.ts";
import {
  LEAVE_AFTER_CYCLES,
  LEAVE_BEYOND,
  NAME_HELD_MS,
  PRICE_FRESH_MS,
} from "../../domain/identity.ts";
import {
  BREAK_BATCHES,
  BREAK_FACTOR,
  DELISTED_AFTER_BATCHES,
  GONE_AFTER_BATCHES,
  GONE_AFTER_MS,
} from "../../domain/instrument-lifecycle.ts";
import { OPPORTUNITY_ENDS_AFTER, OPPORTUNITY_GROSS_PCT } from "../../domain/opportunity.ts";
import { MIN_OTHERS, MIN_OUTLIER_PCT, TIMES_MEDIAN } from "../../domain/outlier.ts";
import { MIN_COUNTED } from "../../domain/parity.ts";
import {
  MIN_INSTRUMENTS,
  MOVING_RATE_PER_HOUR,
  OUTLIER_FACTOR,
  SCALE_FACTOR,
  SCALE_SHARE,
  TURNOVER_MAX,
  TURNOVER_MIN,
} from "../../domain/plausibility.ts";
import { FROZEN_SHARE } from "../../services/board/exchange-rows.ts";
import { DOWN_AFTER_FAILURES, OK_FROM_SHARE } from "../../services/board/health.ts";
import { MIN_EXCHANGES } from "../../domain/statistics.ts";
import { LONGS_PAY_FROM, RESTING_ABOVE, SHORTS_PAY_TO } from "../../services/finder/sentiment.ts";
import { PAST_THRESHOLDS } from "./past-thresholds.ts";
import { count, minutes, percent, seconds } from "./quantities.ts";

/** The numbers that decide a flag, a reason, a label or an identity. */
export const THRESHOLDS = [
  {
    name: "stale",
    value: `${STALE_PERIODS} periods, at least ${seconds(STALE_FLOOR_MS)}`,
    why: "One late refresh means nothing yet.",
  },
  {
    name: "stale: stopped clock",
    value: `no new timestamp for ${minutes(FROZEN_AFTER_MS)}`,
    why: "The exchange answers, but with the same numbers.",
  },
  {
    name: "expired",
    value: `next_funding_time + ${EXPIRY_GRACE_PERIODS} periods`,
    why: "A delisted contract must not stay in the lists.",
  },
  {
    name: "interval_unknown",
    value: `not ${[...FUNDING_INTERVALS].join(", ")} h`,
    why: "No exchange uses another interval: it would be a unit error.",
  },
  {
    name: "pinned_cap, pinned_floor, pinned_baseline",
    value: `within ${PINNED_TOLERANCE} of the published bound, as a fraction of the notional`,
    why: "Rates are rounded by the exchanges.",
  },
  {
    name: "thin",
    value: `under ${count(THIN_VOLUME_USD)} USD in 24 h`,
    why: "An order would move the price by more than the funding earns.",
  },
  {
    name: "suspect: quantity",
    value: `over ${OUTLIER_FACTOR} times off`,
    why: `Compared with the exchange's usual share of the market, given at least ${MIN_INSTRUMENTS} comparable listings: a wrong unit.`,
  },
  {
    name: "suspect: turnover",
    value: `outside ${TURNOVER_MIN} to ${count(TURNOVER_MAX)}`,
    why: "24 h volume over open interest has never been observed outside this range.",
  },
  {
    name: "suspect: rates of an exchange",
    value: `over ${SCALE_FACTOR} times those of the others, or under 1/${SCALE_FACTOR} for ${percent(SCALE_SHARE)} of the assets`,
    why: `A unit error is at least a factor of 8. Rates that are too small show only where the others are over ${percent(MOVING_RATE_PER_HOUR)} per hour.`,
  },
  {
    name: "one asset",
    value: `prices of one unit within ${percent(JOIN_WITHIN)}`,
    why: "A ticker alone proves nothing.",
  },
  {
    name: "one asset: age of a price",
    value: `no older than ${seconds(PRICE_FRESH_MS)}`,
    why: "Prices of different moments are not compared.",
  },
  {
    name: "another asset",
    value: `beyond ${percent(LEAVE_BEYOND)} for ${LEAVE_AFTER_CYCLES} refreshes`,
    why: "A price that jumps once is not another asset.",
  },
  {
    name: "name of an asset",
    value: `kept for ${minutes(NAME_HELD_MS)} without a price`,
    why: "A listing without a price for a while keeps its asset_id.",
  },
  {
    name: "another instrument: price",
    value: `${BREAK_FACTOR} times higher or lower for ${BREAK_BATCHES} batches`,
    why: "The ticker has been given to another asset: the listing gets a new uid.",
  },
  {
    name: "another instrument: absence",
    value: `returns after ${GONE_AFTER_BATCHES} batches and ${GONE_AFTER_MS / HOUR_MS} h`,
    why: "The listing gets a new uid.",
  },
  {
    name: "delisted",
    value: `missing in ${DELISTED_AFTER_BATCHES} accepted batches in a row`,
    why: "A single incomplete list is not a delisting.",
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
    name: "not_profitable",
    value: `${NOTHING_PCT} % of the notional or less`,
    why: "Smaller figures are rounding errors.",
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
  {
    name: "open_interest_even_share",
    value: `null for fewer than ${MIN_COUNTED} instruments`,
    why: "Too few to tell one side from both.",
  },
  {
    name: "status: stale",
    value: `clock stopped on ${percent(FROZEN_SHARE)} of its rows, or no accepted batch for STALE_AFTER_SECONDS`,
    why: "Also in /api/health.",
  },
  {
    name: "status: down",
    value: `${DOWN_AFTER_FAILURES} failures in a row`,
    why: "Single failures are common and short.",
  },
  {
    name: "status: degraded",
    value: `under ${percent(DEGRADE_UNDER)} of the expected instruments, or over ${percent(DEGRADE_REJECTS_OVER)} of the rows unreadable`,
    why: "The rates that are shown are right, others are missing.",
  },
  {
    name: "health of the service: ok",
    value: `${percent(OK_FROM_SHARE)} or more of the exchanges fresh`,
    why: "One exchange may fail.",
  },
  {
    name: "refused_batch: missing",
    value: `under ${percent(REFUSE_UNDER)} of the expected instruments`,
    why: "Half a market is no market.",
  },
  {
    name: "refused_batch: unreadable",
    value: `over ${percent(REFUSE_REJECTS_OVER)} of the rows unreadable`,
    why: "The rest would be an arbitrary selection.",
  },
  {
    name: "refused_batch: another unit",
    value: `rates or prices over ${MAX_SCALE} times the last accepted ones, or under 1/${MAX_SCALE}`,
    why: `In the median of at least ${MIN_COMPARED} instruments: no whole market moves this far between two batches.`,
  },
  {
    name: "refused_batch: accepted after all",
    value: `${CONFIRMING_BATCHES} similar batches over ${minutes(CONFIRMING_MS)}`,
    why: "What persists is not an error of one answer.",
  },
  {
    name: "too_large: rows",
    value: `over ${ROWS_GROWTH} times the rows accepted before, and over ${count(MIN_ROWS)}`,
    why: "An answer must not fill the memory.",
  },
  ...PAST_THRESHOLDS,
] as const;
