import { z } from "@hono/zod-openapi";
import { DECISIONS } from "../../domain/decision.ts";
import { EXCHANGE_IDS, type ExchangeId, isExchangeId } from "../../domain/exchange.ts";
import { MAX_TAKER_BPS } from "../../domain/fees.ts";
import { ARBITRAGE_DEFAULTS as DEFAULTS, PAIR_SORTS } from "../../services/finder/pair.ts";
import {
  choiceParam,
  closedListParam,
  countParam,
  countThresholdParam,
  numberParam,
  openListParam,
  thresholdParam,
} from "../openapi/params.ts";
import { decimalOf } from "../protocol/query-text.ts";
import { fieldsParam, formatParam, instrumentFilters, pageParams } from "./row-fields.ts";
import { MAX_MINIMUM_USD } from "./funding-schema.ts";

const FEE = /^([a-z]+):(.+)$/;

/** Exchange and basis points of each member; null: the table's. */
const feesParam = openListParam((text) => text, {
  description: `Taker fees in basis points per fill, as exchange:bps (0 to ${MAX_TAKER_BPS}); for all listings there; on exchanges that are not named listings keep their own (taker_fee_bps of /api/funding/current) or the one that /api/exchanges shows. \`default\`: all keep theirs.`,
  example: ["okx:3.5", "bybit:5"],
  fallback: ["default"],
})
  .transform((members, context): ReadonlyMap<ExchangeId, number> => {
    const fees = new Map<ExchangeId, number>();
    if (members.length === 1 && members[0] === "default") return fees;
    for (const member of members) {
      const [, exchange = "", text = ""] = FEE.exec(member) ?? [];
      const bps = decimalOf(text);
      if (!isExchangeId(exchange) || !(bps <= MAX_TAKER_BPS) || fees.has(exchange)) {
        const message = `${JSON.stringify(member.slice(0, 64))} is not exchange:bps of a known exchange, once, from 0 to ${MAX_TAKER_BPS}`;
        context.addIssue({ code: "custom", message });
      } else {
        fees.set(exchange, bps);
      }
    }
    return fees;
  })
  .openapi({
    type: "array",
    items: { type: "string", pattern: String.raw`^(default|[a-z]+:\d+(\.\d+)?(e[+-]?\d+)?)$` },
  });

const MAX_PCT = 1_000_000;
/** Ten years: nobody plans a trade for longer, and a time in seconds is refused. */
const MAX_HOLD_HOURS = 87_600;
const MAX_AGE_SECONDS = 315_360_000;
const DEFAULT_LIMIT = 100;
/** A pair is some 1.5 KB: more at once would hold other requests up. */
const MAX_LIMIT = 5_000;

export const ArbQuerySchema = z.strictObject({
  exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges that either leg may be on. Default: all.",
    example: ["binance", "okx", "bybit", "edgex"],
    fallback: null,
  }),
  exclude: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges that no leg may be on. Default: none.",
    example: ["lbank"],
    fallback: DEFAULTS.exclude,
  }),
  base: instrumentFilters.base,
  asset_id: instrumentFilters.asset_id,
  quote: instrumentFilters.quote,
  asset_class: instrumentFilters.asset_class,
  min_volume: thresholdParam(
    { min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum volume_24h_usd of each leg, in US dollars. An unknown volume fails every minimum above 0.",
      fallback: DEFAULTS.legs.minVolumeUsd,
      example: 5_000_000,
    },
  ),
  min_open_interest: thresholdParam(
    { min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum open_interest_usd of each leg, in US dollars. An unknown one fails every minimum above 0.",
      fallback: DEFAULTS.legs.minOpenInterestUsd,
      example: 500_000,
    },
  ),
  min_yield: thresholdParam(
    { min: 0, max: MAX_PCT },
    {
      description: "Minimum gross_apr_pct, percent a year.",
      fallback: DEFAULTS.minYieldPct,
      example: 1,
    },
  ),
  min_net: thresholdParam(
    { min: -MAX_PCT, max: MAX_PCT },
    {
      description:
        "Minimum net_apr_pct, percent a year; may be negative. An unknown one fails every minimum. Default: any.",
      fallback: DEFAULTS.minNetPct,
      example: -50,
    },
  ),
  min_net_usd: thresholdParam(
    { min: -MAX_MINIMUM_USD, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum expected_cash.net_usd, US dollars; may be negative. An unknown one fails every minimum. Default: any.",
      fallback: DEFAULTS.minNetUsd,
      example: -100,
    },
  ),
  min_lasted: countThresholdParam(
    { min: 0, max: MAX_AGE_SECONDS },
    {
      description:
        "Minimum lasted_seconds: 3600 shows what has lasted for an hour. An age that is not known, as below 5 percent a year, fails every minimum above 0. Seconds.",
      fallback: DEFAULTS.minAgeSeconds,
      example: 0,
    },
  ),
  max_price_gap_pct: thresholdParam(
    { min: 0, max: 100 },
    {
      description:
        "Largest price_gap_pct, either way; an unknown gap fails every maximum. Percent. Default: any.",
      fallback: DEFAULTS.maxPriceGapPct,
      example: 1,
    },
  ),
  notional: numberParam(
    { above: 0, max: MAX_MINIMUM_USD },
    {
      description: "Notional of each leg for expected_cash, in US dollars.",
      fallback: DEFAULTS.notionalUsd,
      example: 25_000,
    },
  ),
  hold_hours: numberParam(
    { above: 0, max: MAX_HOLD_HOURS },
    {
      description:
        "Holding time over which the fees are spread and whose settlements expected_cash counts, in hours.",
      fallback: DEFAULTS.holdHours,
      example: 72,
    },
  ),
  fees: feesParam,
  decision: closedListParam(DECISIONS, {
    description: "Decisions.",
    fallback: DEFAULTS.decisions,
    example: ["usable", "watch"],
  }),
  pairs: choiceParam(["best", "all"], {
    description: "`best`: the first of each asset by `sort`. `all`: every pair of exchanges.",
    fallback: DEFAULTS.pairs,
    example: "best",
  }),
  sort: choiceParam(PAIR_SORTS, {
    description:
      "`net`: highest net_apr_pct; `cash`: highest expected_cash.net_usd; `gross`: highest gross_apr_pct; `breakeven`: shortest breakeven_hours; `lasted`: longest lasted_seconds. Unknown last; ties by the long leg's exchange and exchange_symbol, then the short leg's.",
    fallback: DEFAULTS.sort,
    example: "net",
  }),
  limit: countParam(
    { min: 1, max: MAX_LIMIT },
    { description: "Most rows in one answer.", fallback: DEFAULT_LIMIT, example: 20 },
  ),
  cursor: pageParams.cursor,
  ...formatParam,
  fields: fieldsParam(["base", "net_apr_pct", "long_exchange", "short_exchange"]),
});

export type ArbParams = z.output<typeof ArbQuerySchema>;
