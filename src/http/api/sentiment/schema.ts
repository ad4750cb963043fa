import { z } from "@hono/zod-openapi";
import { EXCHANGE_IDS } from "../../../domain/exchange.ts";
import { SORT_ORDERS } from "../../../services/finder/funding-query.ts";
import {
  SENTIMENT_DEFAULTS,
  SENTIMENT_LABELS,
  SENTIMENT_REASONS,
  SENTIMENT_SORTS,
} from "../../../services/finder/sentiment.ts";
import { assetFields, TOO_FEW, yearlyPct } from "../../lists/asset-fields.ts";
import { listingFilters } from "../../lists/listing-query.ts";
import { choiceParam, closedListParam, countParam } from "../../openapi/params.ts";
import { asOfParam, pastFields } from "../../lists/past-fields.ts";
import { fieldsParam, pageParams } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";

export const SentimentSchema = z
  .strictObject({
    ...assetFields,
    at_baseline: z.int().min(0).meta({
      description:
        "Trusted listings flagged `pinned_baseline`: at their exchange's resting rate, which says nothing about demand. Not counted in positive_share, included in the means.",
      example: 6,
    }),
    at_zero: z.int().min(0).meta({
      description:
        "Trusted listings whose rate is 0 without 0 being their resting rate: neither side pays. Not counted in positive_share, included in the means.",
      example: 1,
    }),
    mean_annualized_pct: yearlyPct(
      "Unweighted mean of the trusted listings, resting rates included.",
    ).nullable(),
    median_annualized_pct: yearlyPct("Median of the trusted listings.").nullable(),
    oi_weighted_annualized_pct: yearlyPct(
      "Mean by open_interest_usd, leaving out listings where it is unknown; also null while fewer than 3 exchanges report one above 0.",
    ).nullable(),
    volume_weighted_annualized_pct: yearlyPct(
      "Mean by volume_24h_usd, leaving out listings where it is unknown; also null while fewer than 3 exchanges report one above 0.",
    ).nullable(),
    positive_share: z.number().min(0).max(1).nullable().meta({
      description:
        "Share (0 to 1) of rates above 0 among the trusted listings that are neither at_baseline nor at_zero; also null if there are none.",
      example: 0.8,
    }),
    label: z.enum(SENTIMENT_LABELS).nullable().meta({
      description:
        "`resting`: more than half of the trusted listings are at_baseline or at_zero. Else `longs_pay`: positive_share is at least 2/3, `shorts_pay`: at most 1/3, `mixed`: between.",
    }),
    reason: z
      .enum(SENTIMENT_REASONS)
      .nullable()
      .meta({
        description: `Why the rates, positive_share and label are null. \`too_few_exchanges\`: ${TOO_FEW}. Null when they are known.`,
      }),
  })
  .openapi("Sentiment");

export type SentimentRow = z.infer<typeof SentimentSchema>;

export const SentimentListSchema = z
  .strictObject({
    ...thresholdListSchema("SentimentList", SentimentSchema, [
      "min_volume",
      "min_open_interest",
      "min_exchanges",
    ]).shape,
    ...pastFields,
  })
  .openapi("SentimentList");

export const SentimentQuerySchema = z.strictObject({
  ...listingFilters.shape,
  min_exchanges: countParam(
    { unit: null, min: 0, max: EXCHANGE_IDS.length },
    {
      description:
        "Minimum number of exchanges with a trusted listing; 3 leaves out assets without figures.",
      fallback: SENTIMENT_DEFAULTS.minExchanges,
      example: 3,
    },
  ),
  label: closedListParam(SENTIMENT_LABELS, {
    description: "Labels. Default: all, including assets without one.",
    example: ["longs_pay", "mixed"],
    fallback: SENTIMENT_DEFAULTS.labels,
  }),
  sort: choiceParam(SENTIMENT_SORTS, {
    description:
      "Field to sort by. Unknown values come last in both directions; ties are ordered by asset_id.",
    fallback: SENTIMENT_DEFAULTS.sort,
    example: "oi_weighted_annualized_pct",
  }),
  order: choiceParam(SORT_ORDERS, {
    description: "Default: `asc` for base, `desc` for all other fields.",
    example: "desc",
    fallback: null,
  }),
  as_of: asOfParam,
  ...pageParams,
  fields: fieldsParam(["base", "label", "median_annualized_pct"]),
});
