import { z } from "@hono/zod-openapi";
import { MIN_EXCHANGES } from "../../../domain/statistics.ts";
import { LINE_REASONS } from "../../../services/history/line-page.ts";
import { WEIGHTINGS } from "../../../services/history/series.ts";
import { orNull } from "../../openapi/enums.ts";
import { explained, WEIGHTING_MEANINGS } from "../../openapi/past-terms.ts";
import { time } from "../../lists/row-fields.ts";
import { unreadablePeriods } from "../../lists/lacking.ts";
import { count, nullable } from "./series-fields.ts";

const WeightingSchema = z.enum(WEIGHTINGS).openapi("Weighting", {
  description: `How the instruments of one line are weighed. ${explained(WEIGHTING_MEANINGS)}`,
  example: "oi",
});

const TOO_FEW = `Null if fewer than ${MIN_EXCHANGES} exchanges took part (or than \`exchange\` names): it would be theirs and not the market's.`;

/** The rate of an asset over an equal length of time. */
export const LinePointSchema = z
  .strictObject({
    asset_id: z.string().meta({ description: "The asset.", example: "BTC" }),
    start_at: time("The start of its time, a multiple of the resolution (UTC)."),
    annualized_pct: nullable(
      `The mean of the rates as simple interest a year. A payment counts in the hours that it was charged for, the interval up to its slot. ${TOO_FEW}`,
      10.95,
    ),
    rate_8h_pct: nullable("The same for eight hours, in percent of notional.", 0.01),
    reason: orNull(z.enum(LINE_REASONS)).meta({ description: "Why they are null." }),
    instruments: count("Instruments that took part.", 41),
    exchanges: count("Their exchanges.", 24),
    weight_usd: nullable(
      "The sum of their weights in US dollars: of each the last one sampled before the end of this time, at most two hours before its start. Null with weighting=none.",
      2.1e10,
    ),
    without_weight: count(
      "Instruments that had a rate but no such weight above 0: they did not take part.",
      0,
    ),
  })
  .openapi("LinePoint");

export type LinePointItem = z.infer<typeof LinePointSchema>;

export const LineSchema = z
  .strictObject({
    weighting: WeightingSchema,
    asset_id: z.string().nullable().meta({
      description:
        "The asset: the line has the instruments that prices have identified as it. Null if that is none.",
      example: "BTC",
    }),
    left_out: count(
      "Instruments that are not in it, because prices have not identified them or they are another asset with the same ticker.",
      0,
    ),
    unreadable_periods: unreadablePeriods,
  })
  .openapi("Line");

export type LineItem = z.infer<typeof LineSchema>;
