import { z } from "@hono/zod-openapi";
import { DECISIONS } from "../../domain/decision.ts";
import { EXCHANGE_IDS, isExchangeId } from "../../domain/exchange.ts";
import { type FeeScope, MAX_TAKER_BPS } from "../../domain/fees.ts";
import {
  ARBITRAGE_DEFAULTS as DEFAULTS,
  ARBITRAGE_PAGE_DEFAULTS as PAGE,
  PAIR_SORTS,
  SAME_EXCHANGE,
} from "../../services/finder/pair.ts";
import {
  choiceParam,
  closedListParam,
  countParam,
  countThresholdParam,
  numberParam,
  openListParam,
  thresholdParam,
} from "../openapi/params.ts";
import { didYouMean } from "../../lib/nearest.ts";
import { decimalOf, echo, refuse } from "../protocol/query-text.ts";
import { asOfParam } from "./past-fields.ts";
import { fieldsParam, formatParam, instrumentFilters, pageParams } from "./row-fields.ts";
import { MAX_MINIMUM_USD } from "./funding-schema.ts";

const FEE = /^([a-z]+):(.*)$/i;

const SCOPES = ["all", ...EXCHANGE_IDS];

const isFeeScope = (text: string): text is FeeScope => text === "all" || isExchangeId(text);

/** By exchange or `all`, in basis points; empty: the installation's fee table. */
export const feesParam = openListParam((text) => text, {
  description: `Taker fees in basis points per fill, as exchange:bps (0 to ${MAX_TAKER_BPS}), for all listings of that exchange; all:bps applies to every exchange not named. Without \`all\`, listings on exchanges that are not named keep their own fee (taker_fee_bps of /api/funding/current) or the one in /api/exchanges. \`default\`: all keep theirs.`,
  example: ["all:4", "okx:3.5"],
  fallback: ["default"],
})
  .transform((members, context): ReadonlyMap<FeeScope, number> => {
    const fees = new Map<FeeScope, number>();
    if (members.length === 1 && members[0] === "default") return fees;
    for (const member of members) {
      const [, name = "", text = ""] = FEE.exec(member) ?? [];
      const scope = name.toLowerCase();
      const bps = decimalOf(text);
      const refuseFee = (rule: string): void =>
        refuse(context, `${echo(member)} must be exchange:bps or all:bps${rule}`);
      if (name === "") refuseFee("");
      else if (!isFeeScope(scope)) refuseFee(` with a known exchange${didYouMean(name, SCOPES)}`);
      else if (!(bps <= MAX_TAKER_BPS)) refuseFee(` from 0 to ${MAX_TAKER_BPS} (basis points)`);
      else if (fees.has(scope)) refuseFee(", once for each");
      else fees.set(scope, bps);
    }
    return fees;
  })
  .meta({
    type: "array",
    items: { type: "string", pattern: String.raw`^(default|[a-z]+:\d+(\.\d+)?(e[+-]?\d+)?)$` },
  });

const MAX_PCT = 1_000_000;
/** Ten years: no trade is planned for longer, and a time in seconds is rejected. */
const MAX_HOLD_HOURS = 87_600;
/** With more leverage a few days of funding can liquidate a leg. */
const MAX_LEVERAGE = 50;
const MAX_AGE_SECONDS = 315_360_000;
/** Two hourly legs have 1,440 payments a month, i.e. 160 KB: ten of them, the default, equal a page without schedules. */
const MAX_SCHEDULES = PAGE.limitWithSchedules;
const MAX_SCHEDULE_HOURS = 720;
/** A pair is about 1.5 KB: more in one answer would delay other requests. */
const MAX_LIMIT = 5_000;

const ArbParamsSchema = z.strictObject({
  exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges allowed for either leg. Default: all.",
    example: ["binance", "okx", "bybit", "edgex"],
    fallback: null,
  }),
  exclude: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges excluded for both legs. Default: none.",
    example: ["lbank"],
    fallback: DEFAULTS.exclude,
  }),
  long_exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description:
      "Exchanges for the long leg, within `exchange` and without `exclude`. Default: any.",
    example: ["binance", "bybit", "okx"],
    fallback: DEFAULTS.longExchanges,
  }),
  short_exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description:
      "Exchanges for the short leg, within `exchange` and without `exclude`. Default: any.",
    example: ["binance", "bybit", "okx"],
    fallback: DEFAULTS.shortExchanges,
  }),
  same_exchange: choiceParam(SAME_EXCHANGE, {
    description:
      "`allow`: two instruments of the same exchange may form a pair, such as USDT against USDC, or two DEXes on Hyperliquid. How long such a pair has lasted is not recorded. `exclude`: the legs are on different exchanges.",
    fallback: DEFAULTS.sameExchange,
    example: "allow",
  }),
  base: instrumentFilters.base,
  asset_id: instrumentFilters.asset_id,
  quote: instrumentFilters.quote,
  asset_class: instrumentFilters.asset_class,
  min_volume: thresholdParam(
    { unit: "US dollars", min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum volume_24h_usd of each leg, in US dollars. An unknown volume fails every minimum above 0.",
      fallback: DEFAULTS.legs.minVolumeUsd,
      example: 5_000_000,
    },
  ),
  min_open_interest: thresholdParam(
    { unit: "US dollars", min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum open_interest_usd of each leg, in US dollars. An unknown one fails every minimum above 0.",
      fallback: DEFAULTS.legs.minOpenInterestUsd,
      example: 500_000,
    },
  ),
  min_yield: thresholdParam(
    { unit: "percent a year", min: 0, max: MAX_PCT },
    {
      description: "Minimum gross_apr_pct, percent a year.",
      fallback: DEFAULTS.minYieldPct,
      example: 1,
    },
  ),
  min_net: thresholdParam(
    { unit: "percent a year", min: -MAX_PCT, max: MAX_PCT },
    {
      description:
        "Minimum net_apr_pct, percent a year; may be negative. An unknown one fails every minimum. Default: any.",
      fallback: DEFAULTS.minNetPct,
      example: -50,
    },
  ),
  min_net_usd: thresholdParam(
    { unit: "US dollars", min: -MAX_MINIMUM_USD, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum expected_cash.net_usd, US dollars; may be negative. An unknown one fails every minimum. Default: any.",
      fallback: DEFAULTS.minNetUsd,
      example: -100,
    },
  ),
  min_lasted: countThresholdParam(
    { unit: "seconds", min: 0, max: MAX_AGE_SECONDS },
    {
      description:
        "Minimum lasted_seconds: 3600 shows pairs that have lasted for an hour. An unknown age, as below 5 percent a year or with `as_of`, fails every minimum above 0. Seconds.",
      fallback: DEFAULTS.minAgeSeconds,
      example: 0,
    },
  ),
  max_price_gap_pct: thresholdParam(
    { unit: "percent", min: 0, max: 100 },
    {
      description:
        "Maximum price_gap_pct in either direction; an unknown gap fails every maximum. Percent. Default: any.",
      fallback: DEFAULTS.maxPriceGapPct,
      example: 1,
    },
  ),
  notional: numberParam(
    { unit: "US dollars", above: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Notional of each leg for expected_cash, in US dollars; cannot be combined with `capital`.",
      fallback: null,
      fallbackInWords: `${DEFAULTS.notionalUsd}, or the notional that \`capital\` gives`,
      example: 25_000,
    },
  ),
  capital: numberParam(
    { unit: "US dollars", above: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Capital for both legs together, in US dollars: each leg has a notional of capital x leverage / 2. Cannot be combined with `notional`.",
      fallback: null,
      fallbackInWords: "2 x notional / leverage",
      example: undefined,
    },
  ),
  leverage: numberParam(
    { unit: null, min: 1, max: MAX_LEVERAGE },
    {
      description:
        "Notional of both legs divided by their capital, for net_on_capital_apr_pct. Leverage limits of the exchanges are not checked.",
      fallback: DEFAULTS.leverage,
      example: 3,
    },
  ),
  hold_hours: numberParam(
    { unit: "hours", above: 0, max: MAX_HOLD_HOURS },
    {
      description:
        "Holding time in hours: the fees are spread over it, and expected_cash counts the settlements in it.",
      fallback: DEFAULTS.holdHours,
      example: 72,
    },
  ),
  fees: feesParam,
  schedule: choiceParam(["0", "1"], {
    description: `\`1\`: each pair comes with its \`schedule\` of payments until hold_hours are over; for at most ${MAX_SCHEDULES} pairs (limit) and ${MAX_SCHEDULE_HOURS} hold_hours.`,
    fallback: "0",
    example: "1",
  }),
  decision: closedListParam(DECISIONS, {
    description: "Decisions.",
    fallback: DEFAULTS.decisions,
    example: ["usable", "watch"],
  }),
  pairs: choiceParam(["best", "all"], {
    description: "`best`: the first of each asset by `sort`. `all`: every pair.",
    fallback: DEFAULTS.pairs,
    example: "best",
  }),
  sort: choiceParam(PAIR_SORTS, {
    description:
      "`net`: highest net_apr_pct; `cash`: highest expected_cash.net_usd; `gross`: highest gross_apr_pct; `breakeven`: shortest breakeven_hours; `lasted`: longest lasted_seconds. Unknown values come last; ties are ordered by the long leg's exchange and exchange_symbol, then the short leg's.",
    fallback: DEFAULTS.sort,
    example: "net",
  }),
  limit: countParam(
    { unit: null, min: 1, max: MAX_LIMIT },
    {
      description: "Maximum number of rows in one answer.",
      fallback: null,
      fallbackInWords: `${PAGE.limit}, or ${PAGE.limitWithSchedules} with \`schedule=1\``,
      example: 10,
    },
  ),
  cursor: pageParams.cursor,
  as_of: asOfParam,
  ...formatParam,
  fields: fieldsParam(["base", "net_apr_pct", "long_exchange", "short_exchange"]),
});

/** The default number of rows. */
export function arbLimit({ limit, schedule }: Pick<ArbParams, "limit" | "schedule">): number {
  return limit ?? (schedule === "1" ? PAGE.limitWithSchedules : PAGE.limit);
}

/** Only one of the two can be meant. */
const oneSize = (other: "capital" | "notional"): string =>
  `cannot be combined with ${other}: capital is for both legs together, notional for each`;

export const ArbQuerySchema = ArbParamsSchema.superRefine((params, context) => {
  const refuseOne = (name: keyof typeof params, rule: string): void =>
    context.addIssue({ code: "custom", path: [name], message: rule });
  if (params.notional !== null && params.capital !== null) {
    refuseOne("capital", oneSize("notional"));
    refuseOne("notional", oneSize("capital"));
  }
  if (params.schedule !== "1") return;
  if ((params.limit ?? 0) > MAX_SCHEDULES)
    refuseOne("limit", `must not be above ${MAX_SCHEDULES} with schedule=1`);
  if (params.hold_hours > MAX_SCHEDULE_HOURS)
    refuseOne("hold_hours", `must not be above ${MAX_SCHEDULE_HOURS} with schedule=1`);
});

export type ArbParams = z.output<typeof ArbQuerySchema>;
