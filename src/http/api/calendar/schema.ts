import { z } from "@hono/zod-openapi";
import {
  CALENDAR_DEFAULTS,
  CALENDAR_FILE_DEFAULTS,
  CALENDAR_PAGE_DEFAULTS,
  RATE_SOURCES,
} from "../../../services/finder/calendar.ts";
import { countParam, ignoredParams, thresholdParam } from "../../openapi/params.ts";
import { instrumentFields, pageParams, time } from "../../lists/row-fields.ts";
import { FundingRowSchema } from "../../lists/funding-schema.ts";
import { listingFilters } from "../../lists/listing-query.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";

export const CalendarRowSchema = z
  .strictObject({
    settles_at: time("When funding is charged."),
    seconds_ahead: z
      .int()
      .min(1)
      .meta({ description: "settles_at minus fetched_at of the list.", example: 5400 }),
    ...instrumentFields,
    funding_interval_hours: z
      .number()
      .meta({ description: "Current funding interval of this instrument.", example: 8 }),
    funding_rate: z.number().nullable().meta({
      description:
        "The rate that will be charged, as far as the exchange publishes it: a fraction of notional. Positive: longs pay shorts. Null if the exchange publishes nothing for this settlement yet, or still shows the rate of the previous one.",
      example: 0.0001,
    }),
    funding_rate_pct: z
      .number()
      .nullable()
      .meta({ description: "funding_rate in percent.", example: 0.01 }),
    annualized_pct: z.number().nullable().meta({
      description:
        "Percent a year, simple: funding_rate x (24 / funding_interval_hours) x 365 x 100.",
      example: 10.95,
    }),
    rate_8h_pct: FundingRowSchema.shape.rate_8h_pct,
    rate_source: z.enum(RATE_SOURCES).nullable().meta({
      description:
        "`live`: the rate of the next settlement, which still moves. `predicted`: the exchange's own estimate for the one after. Null if funding_rate is null.",
    }),
    open_interest_usd: z
      .number()
      .nullable()
      .meta({ description: "One-sided open interest. US dollars.", example: 1_250_000 }),
    payment_usd: z.number().nullable().meta({
      description:
        "funding_rate x open_interest_usd: what all longs pay all shorts, in US dollars, if both stay unchanged. Negative: shorts pay. Null if either is null.",
      example: 125,
    }),
    flags: FundingRowSchema.shape.flags,
  })
  .openapi("Settlement");

export type CalendarRow = z.infer<typeof CalendarRowSchema>;

export const CalendarListSchema = thresholdListSchema("SettlementList", CalendarRowSchema, [
  "min_volume",
  "min_open_interest",
  "hours",
]);

export type CalendarList = z.infer<typeof CalendarListSchema>;

/** Exchanges do not announce times further ahead, and intervals change within hours. */
const MAX_HOURS = 48;

const hoursParam = (fallback: number) =>
  thresholdParam(
    { unit: "hours", above: 0, max: MAX_HOURS },
    {
      description:
        "How far ahead, in hours: settlements after the time of the snapshot, up to and including the end of this period.",
      fallback,
      example: 12,
    },
  );

/** One or two megabytes; two days of the whole market would be a hundred. */
const MAX_LIMIT = 5_000;

export const CalendarQuerySchema = z.strictObject({
  ...listingFilters.shape,
  hours: hoursParam(CALENDAR_DEFAULTS.hours),
  ...pageParams,
  limit: countParam(
    { unit: null, min: 1, max: MAX_LIMIT },
    {
      description:
        "Maximum number of rows in one answer. Unlike other lists, this one is never sent whole by default: `total` says how many rows there are, `next_cursor` leads to the next ones.",
      fallback: CALENDAR_PAGE_DEFAULTS.limit,
      example: 100,
    },
  ),
});

export const CalendarFileQuerySchema = z.strictObject({
  ...listingFilters.shape,
  hours: hoursParam(CALENDAR_FILE_DEFAULTS.hours),
  ...ignoredParams,
});

export type CalendarParams = z.output<typeof CalendarFileQuerySchema>;
