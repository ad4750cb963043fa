import { z } from "@hono/zod-openapi";
import { FLAGS, flagBit, isBlocked } from "../../../domain/flags.ts";
import {
  EXTREME_ENDS,
  EXTREMES_DEFAULTS,
  EXTREME_PERIODS,
  EXTREME_SIDES,
} from "../../../services/finder/extremes.ts";
import { choiceParam, closedListParam, countParam } from "../../openapi/params.ts";
import { formatParam } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";
import { FundingQuerySchema, FundingRowSchema } from "../../lists/funding-schema.ts";

export const ExtremeSchema = z
  .strictObject({
    rank: z.int().min(1).meta({ description: "Rank within its side, from 1.", example: 1 }),
    side: z.enum(EXTREME_ENDS).meta({
      description: "`most_positive`: longs pay most. `most_negative`: shorts pay most.",
    }),
    per: z.enum(EXTREME_PERIODS).meta({ description: "The period that value_pct refers to." }),
    value_pct: z.number().meta({
      description:
        "The figure ranked by: annualized_pct, or rate_per_hour_pct with `per=hour`. Percent of notional per `per`, never 0.",
      example: 438,
    }),
    rate_per_hour_pct: z.number().meta({
      description:
        "funding_rate x 100 / funding_interval_hours. Percent of notional per hour, whatever the interval.",
      example: 0.05,
    }),
    ...FundingRowSchema.shape,
  })
  .openapi("Extreme");

export type ExtremeRow = z.infer<typeof ExtremeSchema>;

export const ExtremeListSchema = thresholdListSchema("ExtremeList", ExtremeSchema, [
  "min_volume",
  "min_open_interest",
]);

/** No one reads further into a ranking at once. */
const MAX_LIMIT_PER_SIDE = 1_000;

/** Rows with any other flag are excluded from rankings. */
const ADVISORY_FLAGS = FLAGS.filter((flag) => !isBlocked(flagBit(flag)));

const { exchange, base, asset_id, quote, asset_class, interval, min_volume, min_open_interest } =
  FundingQuerySchema.shape;

export const ExtremesQuerySchema = z.strictObject({
  side: choiceParam(EXTREME_SIDES, {
    description:
      "Which rates are ranked. `positive`: those above 0, which longs pay, highest first. `negative`: those below 0, which shorts pay, lowest first. `both`: the positive ones, then the negative ones, each side with its own ranks and up to `limit` rows.",
    fallback: EXTREMES_DEFAULTS.side,
    example: "both",
  }),
  per: choiceParam(EXTREME_PERIODS, {
    description: "Rank by the hourly or the annualized rate; the order is the same.",
    fallback: EXTREMES_DEFAULTS.per,
    example: "hour",
  }),
  exchange,
  base,
  asset_id,
  quote,
  asset_class,
  flag: closedListParam(ADVISORY_FLAGS, {
    description:
      "Advisory flags: rows that have at least one of them. Default: all rows, flagged or not.",
    example: ["pinned_cap", "pinned_floor", "unverified_rate"],
    fallback: null,
  }),
  interval,
  min_volume,
  min_open_interest,
  limit: countParam(
    { unit: null, min: 1, max: MAX_LIMIT_PER_SIDE },
    {
      description: "Maximum number of rows per side. There is one page, without a cursor.",
      fallback: EXTREMES_DEFAULTS.limitPerSide,
      example: 25,
    },
  ),
  ...formatParam,
});
