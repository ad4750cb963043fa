import { z } from "@hono/zod-openapi";
import { AccrualSchema, FlagSchema } from "../openapi/enums.ts";
import { FLAGS } from "../../domain/flags.ts";
import { MAX_INTERVAL_HOURS } from "../../domain/funding.ts";
import { NO_FILTER, SORT_FIELDS, SORT_ORDERS } from "../../services/finder/funding-query.ts";
import { KEPT_MS } from "../../services/board/kept-snapshots.ts";
import { choiceParam, closedListParam, countListParam, thresholdParam } from "../openapi/params.ts";
import { snapshotParam } from "../openapi/snapshot-param.ts";
import { asOfParam, pastFields } from "./past-fields.ts";
import {
  assetClassField,
  instrumentFields,
  instrumentFilters,
  pageParams,
  time,
} from "./row-fields.ts";
import { thresholdListSchema } from "./thresholds.ts";

/** No minimum makes sense beyond this: it exceeds the turnover of all markets together. */
export const MAX_MINIMUM_USD = 1_000_000_000_000;
const money = (description: string) =>
  z
    .number()
    .nullable()
    .meta({ description: `${description} US dollars.`, example: 1_250_000 });

/** One instrument on one exchange; fields are in the order they are sent. */
export const FundingRowSchema = z
  .strictObject({
    ...instrumentFields,
    settle: z.string().meta({ description: "Currency of margin and payment.", example: "USDT" }),
    multiplier: z.number().nullable().meta({
      description:
        "Units of base in one priced unit; price per unit is mark_price / multiplier. Null only with `as_of`, where it was not kept.",
      example: 1000,
    }),
    asset_class: assetClassField,
    funding_rate: z.number().meta({
      description:
        "The live rate that will be charged at next_funding_time: a fraction of notional per funding_interval_hours. Positive: longs pay shorts.",
      example: 0.0001,
    }),
    funding_rate_pct: z.number().meta({ description: "funding_rate in percent.", example: 0.01 }),
    annualized_pct: z.number().nullable().meta({
      description:
        "Percent a year, simple: funding_rate x (24 / funding_interval_hours) x 365 x 100. Null when the interval is unknown.",
      example: 10.95,
    }),
    rate_8h_pct: z.number().nullable().meta({
      description:
        "The rate scaled to 8 hours, percent: funding_rate x (8 / funding_interval_hours) x 100. Null when the interval is unknown.",
      example: 0.01,
    }),
    funding_interval_hours: z.number().nullable().meta({
      description:
        "Current funding interval of this instrument. For continuous funding, the period that the rate is quoted for.",
      example: 8,
    }),
    next_funding_time: time(
      "When funding is charged next. Right after a settlement (flag `settling`) it is the settlement after that, while funding_rate is still the rate just charged. Null for continuous funding, for `expired` rows, and after a settlement if the interval is unknown.",
    ).nullable(),
    accrual: AccrualSchema.meta({
      description: "`continuous` accrues every second and has no next_funding_time.",
    }),
    predicted_rate: z.number().nullable().meta({
      description: "The exchange's estimate for the period after next_funding_time. A fraction.",
    }),
    instant_rate: z.number().nullable().meta({
      description: "The instantaneous rate on an exchange with continuous funding. A fraction.",
    }),
    settled_rate: z
      .number()
      .nullable()
      .meta({ description: "The last rate charged, at settled_at. A fraction." }),
    settled_at: time("When settled_rate was charged.").nullable(),
    mark_price: z
      .number()
      .nullable()
      .meta({ description: "In quote, per priced unit (see multiplier), verbatim." }),
    index_price: z
      .number()
      .nullable()
      .meta({ description: "In quote, per priced unit (see multiplier)." }),
    last_price: z.number().nullable().meta({
      description:
        "Last traded price, in quote, per priced unit. Only if the exchange publishes neither mark_price nor index_price, else null.",
    }),
    premium_pct: z.number().nullable().meta({
      description:
        "How far mark_price is above index_price, in percent of index_price; negative if below. Null if either is unknown.",
      example: 0.05,
    }),
    open_interest_usd: money("One-sided open interest."),
    volume_24h_usd: money("Turnover of the last 24 hours."),
    taker_fee_bps: z.number().nullable().meta({
      description:
        "Taker fee per fill that the exchange states for this listing, in basis points of notional. Null if it states none: `taker_fee_bps` of /api/exchanges then applies.",
      example: 0.9,
    }),
    observed_at: time("When this row was current on the exchange."),
    age_seconds: z
      .int()
      .min(0)
      .meta({ description: "fetched_at of the list minus observed_at.", example: 12 }),
    flags: z.array(FlagSchema).meta({
      description:
        "Flags. `stale`, `expired`, `interval_unknown`, `identity_conflict`, `suspect`: do not trust the row. `pinned_cap`, `pinned_floor`, `pinned_baseline`, `thin`, `settling`, `unverified_rate` (it is unproven which of the rates that the exchange publishes is charged next): advisory. `suspect` marks a periodic rate without a settlement time, and rows with a value that the rest of the market contradicts: a contradicted volume or open interest is null. `identity_conflict` marks a different asset under the same ticker.",
    }),
  })
  .openapi("FundingRow");

export type FundingRow = z.infer<typeof FundingRowSchema>;

export const FundingListSchema = z
  .strictObject({
    ...thresholdListSchema("FundingList", FundingRowSchema, ["min_volume", "min_open_interest"])
      .shape,
    ...pastFields,
    since: z.string().optional().meta({
      description: "The snapshot given by `since`. Absent without it, as are removed and reset.",
      example: "7-1041",
    }),
    removed: z
      .array(z.string())
      .optional()
      .meta({
        description: "uids of rows that have gone or no longer match since then.",
        example: ["okx:ABC-USDT-SWAP:1793000000"],
      }),
    reset: z.boolean().optional().meta({
      description:
        "Whether that snapshot is no longer held: `rows` is then the whole list, which replaces everything received before.",
      example: false,
    }),
  })
  .openapi("FundingList");

export type FundingList = z.infer<typeof FundingListSchema>;

/** The filters, sorting and paging that lists of rows share. */
export const listParams = {
  exchange: instrumentFilters.exchange,
  asset_id: instrumentFilters.asset_id,
  quote: instrumentFilters.quote,
  asset_class: instrumentFilters.asset_class,
  flag: closedListParam(FLAGS, {
    component: "Flag",
    description: "Flags: rows that have at least one of them. Default: all rows, flagged or not.",
    example: ["unverified_rate"],
    fallback: null,
  }),
  interval: countListParam(
    { unit: "hours", min: 1, max: MAX_INTERVAL_HOURS },
    {
      description: "Funding intervals in hours: whole numbers. Default: all.",
      example: [1, 4, 8],
      fallback: null,
    },
  ),
  min_volume: thresholdParam(
    { unit: "US dollars", min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum volume_24h_usd, in US dollars. An unknown volume fails every minimum above 0.",
      fallback: NO_FILTER.minVolumeUsd,
      example: 1_000_000,
    },
  ),
  min_open_interest: thresholdParam(
    { unit: "US dollars", min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum open_interest_usd, in US dollars. An unknown one fails every minimum above 0.",
      fallback: NO_FILTER.minOpenInterestUsd,
      example: 500_000,
    },
  ),
  sort: choiceParam(SORT_FIELDS, {
    description:
      "Field to sort by. Unknown values come last in both directions; ties are ordered by exchange, then exchange_symbol.",
    fallback: NO_FILTER.sort,
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
  asset_id: listParams.asset_id,
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

const CurrentParamsSchema = z.strictObject({
  ...FundingQuerySchema.shape,
  as_of: asOfParam,
  since: snapshotParam({
    description: `\`snapshot\` of an earlier answer with the same filters. Returns the rows that are new, match now, or differ in rate, interval, next time, flags or asset_id since then, and in \`removed\` the uids of those that are gone or no longer match. Each row replaces the one with the same uid. Prices, volumes and observation times are as of a row's last change. A snapshot is held for ${KEPT_MS / 1000} seconds after the next one; for one that is no longer held, the whole list is returned with \`reset: true\`. CSV and NDJSON have these in the headers X-Removed and X-Reset.`,
    example: "7-1042",
  }),
});

/** Changes lead to the current snapshot only. */
export const CurrentQuerySchema = CurrentParamsSchema.superRefine(({ since, as_of }, context) => {
  if (since === null || as_of === null) return;
  const message = "cannot be combined with since: changes lead to the current snapshot";
  context.addIssue({ code: "custom", path: ["as_of"], message });
});

export const SymbolQuerySchema = z.strictObject({ ...listParams, as_of: asOfParam });

export type ListParams = z.output<typeof SymbolQuerySchema>;
