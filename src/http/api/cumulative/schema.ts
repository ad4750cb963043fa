import { z } from "@hono/zod-openapi";
import { CUMULATIVE_RANGES } from "../../../services/history/cumulative.ts";
import {
  CUMULATIVE_DEFAULTS,
  CUMULATIVE_SORTS,
  NO_SUMS,
} from "../../../services/history/cumulative-query.ts";
import { decimalText } from "../../lists/columns.ts";
import { MAX_CURSOR_LENGTH } from "../../lists/cursor.ts";
import {
  fieldsParam,
  fileFormatParam,
  instrumentFields,
  instrumentFilters,
  listShape,
  pageParams,
  time,
} from "../../lists/row-fields.ts";
import { AccrualSchema, AssetClassSchema, orNull } from "../../openapi/enums.ts";
import { choiceParam, opaqueParam } from "../../openapi/params.ts";

const count = (description: string, example: number) =>
  z.int().min(0).meta({ description, example });
const figure = (description: string, example: number) =>
  z.number().nullable().meta({ description, example });

const RunSchema = z
  .strictObject({
    sign: z.enum(["positive", "negative"]).openapi("RateSign", {
      description: "`positive`: longs paid shorts. `negative`: shorts paid longs.",
    }),
    settlements: count("Payments in a row.", 18),
    hours: z.number().meta({ description: "Sum of their intervals. Hours.", example: 144 }),
    first_slot_at: time("The first of them."),
    last_slot_at: time("The last of them."),
  })
  .openapi("SignRun");

export const CumulativeSchema = z
  .strictObject({
    ...instrumentFields,
    asset_class: orNull(AssetClassSchema).meta({
      description:
        "As last known: once prices have confirmed the asset, the class that most exchanges listing it state, else the one that its own exchange states. Null if no exchange states one.",
    }),
    accrual: AccrualSchema,
    settlements: count("Payments (or accrued hours) that are added up, estimates included.", 21),
    estimated_settlements: count("Those of them that are estimates.", 0),
    unpriced_hours: count(
      "Hours that accrued in the currency of `quote` without a known mark price: they are not added up.",
      0,
    ),
    sum_pct: figure(
      "Their sum in percent of notional; positive: longs paid. Null if nothing is added up.",
      0.21,
    ),
    sum_fraction: figure("The same as a fraction of notional.", 0.0021),
    sum_text: decimalText.nullable().meta({
      description:
        "`sum_fraction` as an exact decimal text; what accrued in the currency of `quote` was divided by a price, to 15 digits.",
      example: "0.0021",
    }),
    annualized_pct: figure(
      "sum_pct × 8760 / covered_hours, percent a year. Null if covered_hours is unknown or 0.",
      10.95,
    ),
    covered_hours: figure(
      "The time really covered: the sum of the intervals of what is added up. Null if one is unknown.",
      168,
    ),
    positive_share: figure("Share of the payments above 0.", 0.95),
    sign_flips: count("Changes from above to below 0 or back; payments of 0 are skipped.", 2),
    longest_run: RunSchema.nullable().meta({
      description:
        "The longest time with payments of one sign, none missing in between as far as their intervals show; null if there is none.",
    }),
    expected_settlements: z.int().nullable().meta({
      description: "Payments that were due. Null if the interval of some of the time is unknown.",
      example: 21,
    }),
    completeness_share: figure(
      "Payments that are there, without estimates, as a share of those that were due.",
      1,
    ),
    complete: z.boolean().meta({
      description: "Whether all of them are there, as the exchange charged them, and added up.",
    }),
    reason: orNull(z.enum(NO_SUMS)).meta({ description: "Why `sum_pct` is null." }),
  })
  .openapi("CumulativeFunding");

export type CumulativeItem = z.infer<typeof CumulativeSchema>;

const RangeSchema = z
  .enum(CUMULATIVE_RANGES)
  .openapi("CumulativeRange", { description: "The time that is added up." });

export const CumulativeListSchema = z
  .strictObject({
    ...listShape(CumulativeSchema),
    range: RangeSchema,
    from_at: time("The start of the range."),
    to_at: time("Its end, not included."),
  })
  .openapi("CumulativeFundingList");

export const CumulativeQuerySchema = z.strictObject({
  range: choiceParam(CUMULATIVE_RANGES, {
    description:
      "The time up to `fetched_at`. A long one of many instruments is refused: narrow it by exchange or asset.",
    example: "30d",
    fallback: CUMULATIVE_DEFAULTS.range,
  }),
  ...instrumentFilters,
  sort: choiceParam(CUMULATIVE_SORTS, {
    description: "What the list is sorted by; unknown values last, ties by exchange and symbol.",
    example: "sum_pct",
    fallback: CUMULATIVE_DEFAULTS.sort,
  }),
  order: choiceParam(["asc", "desc"], {
    description: "The direction.",
    example: "asc",
    fallback: CUMULATIVE_DEFAULTS.order,
  }),
  limit: pageParams.limit,
  cursor: opaqueParam(
    MAX_CURSOR_LENGTH,
    "`next_cursor` of the previous page, with the same query: all pages are computed for the same time. It never expires; payments that were read in between may move a row to another page.",
  ),
  ...fileFormatParam,
  fields: fieldsParam(["exchange", "symbol", "sum_pct"]),
});
