import { z } from "@hono/zod-openapi";
import { instrumentFields, time } from "../../lists/row-fields.ts";
import { nullable } from "./series-fields.ts";

const rate = (description: string, example: number) => z.number().meta({ description, example });

/** A live rate as it was sampled. */
export const LivePointSchema = z
  .strictObject({
    ...instrumentFields,
    sampled_at: time("When the refresh that it was sampled with was accepted."),
    funding_rate: rate(
      "The live rate then, a fraction of notional per `funding_interval_hours`, rounded to 1e-10.",
      0.0001,
    ),
    funding_rate_pct: rate("The same in percent.", 0.01),
    funding_interval_hours: nullable(
      "The interval as it was known then; with continuous funding the period that the rate was quoted for.",
      8,
    ),
    annualized_pct: nullable(
      "The rate as simple interest a year. Null if the interval was unknown.",
      10.95,
    ),
    rate_8h_pct: nullable(
      "The rate for eight hours, in percent of notional. Null if the interval was unknown.",
      0.01,
    ),
    next_funding_time: time(
      "When it would have been charged, as known then; null if that was unknown or funding is continuous.",
    ).nullable(),
    mark_price: nullable(
      "The mark price. Prices and amounts are sampled every 15 minutes and after a settlement, in 8 digits: null at all other samples, and where unknown.",
      68_000.5,
    ),
    index_price: nullable("The index price, where sampled.", 67_990.25),
    premium_pct: nullable(
      "How far the mark price is above the index price, in percent of it.",
      0.015,
    ),
    open_interest_usd: nullable("One-sided open interest, US dollars, where sampled.", 4.2e9),
    volume_24h_usd: nullable("Turnover of 24 hours, US dollars, where sampled.", 1.8e10),
  })
  .openapi("LivePoint");

export type LivePointItem = z.infer<typeof LivePointSchema>;

/** The live rates that were sampled in an equal length of time. */
export const LiveBucketSchema = z
  .strictObject({
    ...instrumentFields,
    start_at: time("The start of its time, a multiple of the resolution (UTC)."),
    samples: z.int().min(1).meta({
      description:
        "Samples with start_at <= sampled_at < start_at plus the resolution, and within the range.",
      example: 60,
    }),
    open: rate("The first of their rates, a fraction of notional per interval.", 0.0001),
    high: rate("The highest.", 0.000_125),
    low: rate("The lowest.", 0.000_08),
    close: rate("The last.", 0.0001),
    funding_interval_hours: nullable(
      "The interval of all of them. Null if it was unknown, or changed in this time: then the four rates are not comparable with each other.",
      8,
    ),
  })
  .openapi("LiveBucket");

export type LiveBucketItem = z.infer<typeof LiveBucketSchema>;

/** What a page of samples says about each instrument, besides `seriesFields`. */
export const liveSeriesFields = {
  samples_from_at: time(
    "The time of its first sample that is kept. Null if there is none up to `fetched_at`.",
  ).nullable(),
};
