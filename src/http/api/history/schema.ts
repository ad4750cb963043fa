import { z } from "@hono/zod-openapi";
import {
  HISTORY_DEFAULTS,
  MAX_POINTS,
  MAX_POINTS_PER_SERIES,
  MAX_RAW_DAYS,
} from "../../../services/history/history-query.ts";
import {
  LINE_RESOLUTION,
  type Resolution,
  RESOLUTIONS,
  SERIES_DEFAULTS,
  SERIES_KINDS,
  type Weighting,
  WEIGHTINGS,
} from "../../../services/history/series.ts";
import { MAX_LACKING_RANGES } from "../../../services/history/settled-page.ts";
import { decimalText } from "../../lists/columns.ts";
import { MAX_CURSOR_LENGTH } from "../../lists/cursor.ts";
import { LackingRangeSchema, unreadablePeriods } from "../../lists/lacking.ts";
import { LinePointSchema, LineSchema } from "./line-schema.ts";
import { LiveBucketSchema, LivePointSchema, liveSeriesFields } from "./live-schema.ts";
import { count, nullable, seriesFields } from "./series-fields.ts";
import {
  fieldsParam,
  fileFormatParam,
  instrumentFields,
  instrumentFilters,
  listShape,
  time,
} from "../../lists/row-fields.ts";
import { AccrualSchema, orNull } from "../../openapi/enums.ts";
import {
  AccruedUnitSchema,
  explained,
  PAST_KIND_MEANINGS,
  SettlementOriginSchema,
  WEIGHTING_MEANINGS,
} from "../../openapi/past-terms.ts";
import { choiceParam, countParam, opaqueParam, timeParam } from "../../openapi/params.ts";

export const SettledPointSchema = z
  .strictObject({
    ...instrumentFields,
    accrual: AccrualSchema,
    slot_at: time(
      "The slot: the time of the payment, rounded to the minute. With continuous funding the end of the hour.",
    ),
    settled_at: time(
      "The time that the exchange states for it: seconds around the slot. Of an estimate, when it was due.",
    ),
    funding_rate: nullable(
      "What was charged, a fraction of notional; an estimate of it if `origin` says so. Null with continuous funding.",
      0.0001,
    ),
    funding_rate_pct: nullable("The same in percent.", 0.01),
    funding_interval_hours: nullable(
      "The interval that ended at the slot: as stated by the exchange, else from the distance between payments. Null if neither is known.",
      8,
    ),
    annualized_pct: nullable(
      "The rate, or a `fraction` that accrued, as simple interest a year. Null if it or the interval is unknown.",
      10.95,
    ),
    rate_8h_pct: nullable("The same for eight hours, in percent of notional.", 0.01),
    accrued_amount: nullable(
      "What accrued in the hour before the slot, in `accrued_unit`. Null with periodic funding.",
      0.000040037341082362756,
    ),
    accrued_unit: orNull(AccruedUnitSchema),
    amount_text: decimalText.meta({
      description:
        "`funding_rate` or `accrued_amount` as the exchange's own decimal text, every digit of it; the shortest text of what it sends as a JSON number, and of an estimate.",
      example: "0.00010000",
    }),
    mark_price: nullable("The mark price of the payment, if the exchange states it.", 68_000.5),
    origin: orNull(SettlementOriginSchema),
    estimated_rate: nullable(
      "The last live rate before the slot, if the payment was stored as an estimate first.",
      0.000098,
    ),
  })
  .openapi("SettledPoint");

/** A sum over an equal length of time. */
export const SettledBucketSchema = z
  .strictObject({
    ...instrumentFields,
    accrual: AccrualSchema,
    start_at: time("The start of its time, a multiple of the resolution (UTC)."),
    settlements: z.int().min(1).meta({
      description:
        "Payments (estimates included), or accrued hours of known amount, with start_at <= slot < start_at plus the resolution, and within the range.",
      example: 3,
    }),
    sum_pct: z.number().meta({ description: "Their sum in percent of notional.", example: 0.03 }),
    sum_fraction: z
      .number()
      .meta({ description: "The same as a fraction of notional.", example: 0.0003 }),
    sum_text: decimalText.meta({
      description:
        "`sum_fraction` as an exact decimal text; what accrued in the currency of `quote` was divided by a price, to 15 digits.",
      example: "0.0003",
    }),
    mean_pct: z.number().meta({ description: "The mean of one of them.", example: 0.01 }),
  })
  .openapi("SettledBucket");

export type SettledBucketItem = z.infer<typeof SettledBucketSchema>;

export type SettledPointRow = z.infer<typeof SettledPointSchema>;

const PastSeriesSchema = z
  .strictObject({
    ...seriesFields,
    complete: z.boolean().meta({
      description:
        "Whether every payment due in the time of this page is there, as the exchange charged it, and in its sums or its line.",
    }),
    lacking: z.array(LackingRangeSchema).meta({
      description: `Otherwise what is not there, or only as an estimate, at most ${MAX_LACKING_RANGES} ranges.`,
    }),
    lacking_ranges: count("Number of all such ranges.", 0),
    unpriced_hours: count(
      "Hours on this page that accrued in the currency of `quote` without a known mark price: they are in no sum and no line.",
      0,
    ),
  })
  .openapi("PastSeries");

export type PastSeries = z.infer<typeof PastSeriesSchema>;

const LiveSeriesSchema = z
  .strictObject({ ...seriesFields, ...liveSeriesFields })
  .openapi("LiveSeries");

export type LiveSeriesItem = z.infer<typeof LiveSeriesSchema>;

const ResolutionSchema = z.enum(RESOLUTIONS).openapi("Resolution", {
  description: "`raw`: single points; otherwise the length of time of each row.",
});

const pageFields = {
  resolution: ResolutionSchema,
  line: orNull(LineSchema).meta({
    description: "What the points are a line of, with `weighting`; otherwise null.",
  }),
  from_at: time("The start of this page's time."),
  to_at: time("Its end, not included."),
};

export const SettledListSchema = z
  .strictObject({
    ...listShape(z.union([SettledPointSchema, SettledBucketSchema, LinePointSchema])),
    kind: z.literal("settled").meta({ description: PAST_KIND_MEANINGS.settled }),
    ...pageFields,
    complete: z.boolean().meta({ description: "Whether all series are complete on this page." }),
    series: z.array(PastSeriesSchema).meta({
      description:
        "The instruments with points on this page, or that lack some: a reused ticker is two of them, with different uids.",
    }),
  })
  .openapi("SettledList");

export const LiveListSchema = z
  .strictObject({
    ...listShape(z.union([LivePointSchema, LiveBucketSchema, LinePointSchema])),
    kind: z.literal("live").meta({ description: PAST_KIND_MEANINGS.live }),
    ...pageFields,
    unreadable_periods: unreadablePeriods,
    series: z.array(LiveSeriesSchema).meta({
      description:
        "The instruments with points on this page, and those known in its time that have none: a reused ticker is two of them, with different uids.",
    }),
  })
  .openapi("LiveList");

export const HistoryListSchema = z
  .discriminatedUnion("kind", [SettledListSchema, LiveListSchema])
  .openapi("HistoryList");

const SPAN_DAYS = HISTORY_DEFAULTS.spanMs / 86_400_000;

export const HistoryQuerySchema = z
  .strictObject({
    exchange: instrumentFilters.exchange,
    quote: instrumentFilters.quote,
    asset_class: instrumentFilters.asset_class,
    kind: choiceParam(SERIES_KINDS, {
      description: `${explained(PAST_KIND_MEANINGS)} Samples are about a minute apart, after 90 days five minutes. A time without any stays empty: no value is carried over it.`,
      example: "settled",
      fallback: SERIES_DEFAULTS.kind,
    }),
    resolution: choiceParam(RESOLUTIONS, {
      description:
        "`raw`: each payment or sample. `1h`, `4h`, `8h`, `1d`: sum, mean and number of the payments, or opening, highest, lowest and closing rate and number of the samples, in each such length of time from midnight UTC on; lengths without any are left out.",
      example: "1d",
      fallback: null,
      fallbackInWords: `${SERIES_DEFAULTS.resolution}, or ${LINE_RESOLUTION} with \`weighting\``,
    }),
    weighting: choiceParam(WEIGHTINGS, {
      description: `One line over the instruments of the asset instead of a series of each: the mean of their rates. ${explained(WEIGHTING_MEANINGS)} It has a point for each length of time from the first one that anything is known of, needs a resolution other than \`raw\`, and leaves out live rates that a flag refused. Default: a series of each.`,
      example: "oi",
      fallback: null,
    }),
    from: timeParam({
      description: `Slots and samples at or after this, which must not be after \`to\` and, with resolution=raw, at most ${MAX_RAW_DAYS} days before it. Default: ${SPAN_DAYS} days before \`to\`.`,
      fallback: null,
    }),
    to: timeParam({
      description:
        "Slots and samples before this, which must not be before `from`. Default: up to `fetched_at`, its own time included.",
      fallback: null,
    }),
    limit: countParam(
      { unit: null, min: 1, max: MAX_POINTS },
      {
        description: `Maximum number of points in one answer. Default: ${MAX_POINTS}. It has at most ${MAX_POINTS_PER_SERIES} of each series in any case: more are on the next page.`,
        example: 100,
        fallback: null,
      },
    ),
    cursor: opaqueParam(
      MAX_CURSOR_LENGTH,
      "`next_cursor` of the page before, with the same query. Each page continues after the last point of the page before; points later than the first page's `fetched_at` are on none of them. It never expires.",
    ),
    ...fileFormatParam,
    fields: fieldsParam(["asset_id"]),
  })
  .superRefine(({ from, to, resolution, weighting }, context) => {
    if (weighting !== null && resolution === "raw") {
      const message = `must not be raw with weighting: a line has a point for each length of time`;
      context.addIssue({ code: "custom", path: ["resolution"], message });
    }
    if (from === null || to === null || from <= to) return;
    context.addIssue({ code: "custom", path: ["from"], message: "must not be after to" });
    context.addIssue({ code: "custom", path: ["to"], message: "must not be before from" });
  });

/** The resolution, or its default. */
export function resolutionOf({
  resolution,
  weighting,
}: {
  readonly resolution: Resolution | null;
  readonly weighting: Weighting | null;
}): Resolution {
  return resolution ?? (weighting === null ? SERIES_DEFAULTS.resolution : LINE_RESOLUTION);
}
