import { z } from "@hono/zod-openapi";
import { AccrualSchema, FlagSchema } from "../openapi/enums.ts";
import { FLAGS } from "../../domain/flags.ts";
import { MAX_INTERVAL_HOURS } from "../../domain/funding.ts";
import { SORT_FIELDS, SORT_ORDERS } from "../../services/finder/funding-query.ts";
import { KEPT_MS } from "../../services/board/kept-snapshots.ts";
import {
  choiceParam,
  closedListParam,
  countListParam,
  opaqueParam,
  thresholdParam,
} from "../openapi/params.ts";
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

export const FundingListSchema = z
  .strictObject({
    ...thresholdListSchema("FundingList", FundingRowSchema, ["min_volume", "min_open_interest"])
      .shape,
    since: z.string().optional().openapi({
      description: "The snapshot that `since` named. Absent without it, as are removed and reset.",
      example: "7-1041",
    }),
    removed: z
      .array(z.string())
      .optional()
      .openapi({
        description: "uids of rows that are gone or match no more since then.",
        example: ["okx:ABC-USDT-SWAP:1793000000"],
      }),
    reset: z.boolean().optional().openapi({
      description:
        "Whether that snapshot is no longer held: then `rows` is the whole list, which replaces what you had.",
      example: false,
    }),
  })
  .openapi("FundingList");

export type FundingList = z.infer<typeof FundingListSchema>;

/** The filters, order and paging that lists of rows share. */
export const listParams = {
  exchange: instrumentFilters.exchange,
  quote: instrumentFilters.quote,
  asset_class: instrumentFilters.asset_class,
  flag: closedListParam(FLAGS, {
    component: "Flag",
    description: "Flags: rows that have at least one of them. Default: all rows, flagged or not.",
    example: ["unverified_rate"],
    fallback: null,
  }),
  interval: countListParam(
    { min: 1, max: MAX_INTERVAL_HOURS },
    {
      description: "Funding intervals in hours: whole numbers. Default: all.",
      example: [1, 4, 8],
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
  asset_id: instrumentFilters.asset_id,
  quote: listParams.quote,
  asset_class: listParams.asset_class,
  flag: listParams.flag,
  interval: listParams.interval,
  min_volume: listParams.min_volume,
  min_open_interest: listParams.min_open_interest,
  sort: listParams.sort,
  order: listParams.order,
  ...pageParams,
});

/** Longer than any id of a snapshot. */
const MAX_SNAPSHOT_LENGTH = 64;

export const CurrentQuerySchema = z.strictObject({
  ...FundingQuerySchema.shape,
  since: opaqueParam(
    MAX_SNAPSHOT_LENGTH,
    `\`snapshot\` of an answer that you have, with the same filters: the rows that are new, match now, or differ in rate, interval, next time, flags or asset_id since then, and in \`removed\` the uids of those that are gone or match no more. Put each row in place of the one with its uid. Prices, volumes and times of observation are as of a row's last change. A snapshot is held for ${KEPT_MS / 1000} seconds after the next has come; of one that is not held, the whole list with \`reset: true\`. In CSV and NDJSON in the headers X-Removed and X-Reset.`,
    "7-1042",
  ),
});

export const SymbolQuerySchema = z.strictObject(listParams);

export type ListParams = z.output<typeof SymbolQuerySchema>;
