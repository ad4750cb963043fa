import { z } from "@hono/zod-openapi";
import { CALENDAR_DEFAULTS, RATE_SOURCES } from "../../../services/finder/calendar.ts";
import { countParam, thresholdParam } from "../../openapi/params.ts";
import { ignoredParams, instrumentFields, pageParams, time } from "../../lists/row-fields.ts";
import { FundingRowSchema } from "../../lists/funding-schema.ts";
import { listingFilters } from "../../lists/listing-query.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";

export const CalendarRowSchema = z
  .strictObject({
    settles_at: time("When it is charged."),
    seconds_ahead: z
      .int()
      .min(1)
      .openapi({ description: "settles_at minus fetched_at of the list.", example: 5400 }),
    ...instrumentFields,
    funding_interval_hours: z
      .number()
      .openapi({ description: "Between two settlements of this instrument, now.", example: 8 }),
    funding_rate: z.number().nullable().openapi({
      description:
        "What will be charged as far as the exchange says: a fraction of notional. Positive: longs pay shorts. Null for a settlement of which it says nothing yet, also while it still shows the rate of the one before.",
      example: 0.0001,
    }),
    funding_rate_pct: z
      .number()
      .nullable()
      .openapi({ description: "funding_rate in percent.", example: 0.01 }),
    annualized_pct: z.number().nullable().openapi({
      description:
        "Percent a year, simple: funding_rate x (24 / funding_interval_hours) x 365 x 100.",
      example: 10.95,
    }),
    rate_source: z.enum(RATE_SOURCES).nullable().openapi({
      description:
        "`live`: the rate of the next settlement, which still moves. `predicted`: the exchange's own estimate for the one after. Null where funding_rate is.",
    }),
    open_interest_usd: z
      .number()
      .nullable()
      .openapi({ description: "One-sided open interest. US dollars.", example: 1_250_000 }),
    payment_usd: z.number().nullable().openapi({
      description:
        "funding_rate x open_interest_usd: what all longs together pay all shorts, in US dollars, if both stay as they are. Negative: shorts pay. Null where either is.",
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

/** Exchanges announce no times further ahead, and intervals change within hours. */
const MAX_HOURS = 48;

const hoursParam = (fallback: number) =>
  thresholdParam(
    { above: 0, max: MAX_HOURS },
    {
      description:
        "How far ahead, in hours: settlements after the snapshot's time, up to and including its end.",
      fallback,
      example: 12,
    },
  );

/** The settlements of a whole market are some ten thousand in eight hours: nobody wants them all unasked. */
const DEFAULT_LIMIT = 500;
/** A megabyte or two; two days of a whole market would be a hundred of them. */
const MAX_LIMIT = 5_000;

export const CalendarQuerySchema = z.strictObject({
  ...listingFilters.shape,
  hours: hoursParam(CALENDAR_DEFAULTS.hours),
  ...pageParams,
  limit: countParam(
    { min: 1, max: MAX_LIMIT },
    {
      description:
        "Most rows in one answer. Unlike other lists this one is never sent whole unasked: `total` says how many there are, `next_cursor` leads to them.",
      fallback: DEFAULT_LIMIT,
      example: 100,
    },
  ),
});

/** A calendar program asks once an hour or less often, so that it is shown a day. */
const DEFAULT_FILE_HOURS = 24;

export const CalendarFileQuerySchema = z.strictObject({
  ...listingFilters.shape,
  hours: hoursParam(DEFAULT_FILE_HOURS),
  ...ignoredParams,
});

export type CalendarParams = z.output<typeof CalendarFileQuerySchema>;
