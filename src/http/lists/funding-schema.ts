import { z } from "@hono/zod-openapi";
import { AccrualSchema, FlagSchema } from "../openapi/enums.ts";
import { FLAGS } from "../../domain/flags.ts";
import { MAX_INTERVAL_HOURS } from "../../domain/funding.ts";
import { SORT_FIELDS, SORT_ORDERS } from "../../services/finder/funding-query.ts";
import { choiceParam, closedListParam, countListParam, thresholdParam } from "../openapi/params.ts";
import {
  assetClassField,
  instrumentFields,
  instrumentFilters,
  pageParams,
  time,
} from "./row-fields.ts";
import { thresholdListSchema } from "./thresholds.ts";

/** Beyond this a minimum has no meaning: more dollars than all markets together turn over. */
export const MAX_MINIMUM_USD = 1_000_000_000_000;
const money = (description: string) =>
  z
    .number()
    .nullable()
    .openapi({ description: `${description} US dollars.`, example: 1_250_000 });

/** One instrument on one exchange, in the order in which fields are sent. */
export const FundingRowSchema = z
  .strictObject({
    ...instrumentFields,
    settle: z.string().openapi({ description: "Currency of margin and payment.", example: "USDT" }),
    multiplier: z.number().openapi({
      description: "Units of base in one priced unit; price per unit is mark_price / multiplier.",
      example: 1000,
    }),
    asset_class: assetClassField,
    funding_rate: z.number().openapi({
      description:
        "The live rate that will be charged at next_funding_time: a fraction of notional per funding_interval_hours. Positive: longs pay shorts.",
      example: 0.0001,
    }),
    funding_rate_pct: z
      .number()
      .openapi({ description: "funding_rate in percent.", example: 0.01 }),
    annualized_pct: z.number().nullable().openapi({
      description:
        "Percent a year, simple: funding_rate x (24 / funding_interval_hours) x 365 x 100. Null when the interval is unknown.",
      example: 10.95,
    }),
    rate_8h_pct: z.number().nullable().openapi({
      description:
        "The rate scaled to 8 hours, percent: funding_rate x (8 / funding_interval_hours) x 100. Null when the interval is unknown.",
      example: 0.01,
    }),
    funding_interval_hours: z.number().nullable().openapi({
      description:
        "Of this instrument, now. For continuous funding the period that the rate is quoted for.",
      example: 8,
    }),
    next_funding_time: time(
      "When funding is charged next. Right after a settlement (flag `settling`) it is the next time of the interval, and funding_rate still the one that was charged. Null for continuous funding, for `expired` rows, and after a settlement where the interval is not known.",
    ).nullable(),
    accrual: AccrualSchema.openapi({
      description: "`continuous` accrues each second and has no next_funding_time.",
    }),
    predicted_rate: z.number().nullable().openapi({
      description: "The exchange's estimate for the period after next_funding_time. A fraction.",
    }),
    instant_rate: z.number().nullable().openapi({
      description: "The momentary rate of a continuous exchange. A fraction.",
    }),
    settled_rate: z
      .number()
      .nullable()
      .openapi({ description: "The rate that was charged last, at settled_at. A fraction." }),
    settled_at: time("When settled_rate was charged.").nullable(),
    mark_price: z
      .number()
      .nullable()
      .openapi({ description: "In quote, per priced unit (see multiplier), verbatim." }),
    index_price: z
      .number()
      .nullable()
      .openapi({ description: "In quote, per priced unit (see multiplier)." }),
    last_price: z.number().nullable().openapi({
      description:
        "The last trade, in quote, per priced unit. Only where the exchange tells neither mark_price nor index_price; else null.",
    }),
    premium_pct: z.number().nullable().openapi({
      description:
        "How far mark_price is above index_price, percent of index_price; negative: below. Null where one of them is unknown.",
      example: 0.05,
    }),
    open_interest_usd: money("One-sided open interest."),
    volume_24h_usd: money("Turnover of the last 24 hours."),
    taker_fee_bps: z.number().nullable().openapi({
      description:
        "Taker fee of one fill as the exchange states it for this very listing, basis points of notional. Null where it states none: then `taker_fee_bps` of /api/exchanges holds.",
      example: 0.9,
    }),
    observed_at: time("When this row was true on the exchange."),
    age_seconds: z
      .int()
      .min(0)
      .openapi({ description: "fetched_at of the list minus observed_at.", example: 12 }),
    flags: z.array(FlagSchema).openapi({
      description:
        "Marks. `stale`, `expired`, `interval_unknown`, `identity_conflict`, `suspect`: do not rely on the row. `pinned_cap`, `pinned_floor`, `pinned_baseline`, `thin`, `settling`, `unverified_rate` (which of the rates that the exchange publishes is charged next is not proven): look closer. `suspect` marks a periodic rate without a time at which it is charged, and rows of which the rest of the market contradicts a number: a contradicted volume or open interest is null. `identity_conflict` marks another asset under the same ticker.",
    }),
  })
  .openapi("FundingRow");

export type FundingRow = z.infer<typeof FundingRowSchema>;

export const FundingListSchema = thresholdListSchema("FundingList", FundingRowSchema, [
  "min_volume",
  "min_open_interest",
]);

export type FundingList = z.infer<typeof FundingListSchema>;

/** The filters, order and paging that lists of rows share. */
export const listParams = {
  exchange: instrumentFilters.exchange,
  quote: instrumentFilters.quote,
  asset_class: instrumentFilters.asset_class,
  flag: closedListParam(FLAGS, {
    component: "Flag",
    description: "Flags: rows that have at least one of them. Default: all rows, flagged or not.",
    example: ["suspect"],
    fallback: null,
  }),
  interval: countListParam(
    { min: 1, max: MAX_INTERVAL_HOURS },
    {
      description: "Funding intervals in hours: whole numbers. Default: all.",
      example: [1, 8],
      fallback: null,
    },
  ),
  min_volume: thresholdParam(
    { min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum volume_24h_usd, in US dollars. An unknown volume fails every minimum above 0.",
      fallback: 0,
      example: 1_000_000,
    },
  ),
  min_open_interest: thresholdParam(
    { min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum open_interest_usd, in US dollars. An unknown one fails every minimum above 0.",
      fallback: 0,
      example: 500_000,
    },
  ),
  sort: choiceParam(SORT_FIELDS, {
    description:
      "Field to order by. Unknown values come last in both orders; ties are in the order of exchange, then exchange_symbol.",
    fallback: "exchange",
    example: "annualized_pct",
  }),
  order: choiceParam(SORT_ORDERS, {
    description:
      "Default: `asc` for names, intervals and next_funding_time, `desc` for all other fields.",
    example: "desc",
    fallback: null,
  }),
  ...pageParams,
};

export const FundingQuerySchema = z.strictObject({
  exchange: listParams.exchange,
  base: instrumentFilters.base,
  quote: listParams.quote,
  asset_class: listParams.asset_class,
  flag: listParams.flag,
  interval: listParams.interval,
  min_volume: listParams.min_volume,
  min_open_interest: listParams.min_open_interest,
  sort: listParams.sort,
  order: listParams.order,
  limit: listParams.limit,
  cursor: listParams.cursor,
  format: listParams.format,
});

export const SymbolQuerySchema = z.strictObject(listParams);

export type ListParams = z.output<typeof SymbolQuerySchema>;
