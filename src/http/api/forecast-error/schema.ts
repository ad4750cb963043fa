import { z } from "@hono/zod-openapi";
import {
  FORECAST_ERROR_DEFAULTS,
  MAX_KEPT_DIFFERENCES,
} from "../../../services/history/forecast-error.ts";
import { MAX_FORECAST_DAYS } from "../../../services/history/forecast-table.ts";
import { unreadablePeriods } from "../../lists/lacking.ts";
import {
  fieldsParam,
  fileFormatParam,
  instrumentFilters,
  listShape,
  time,
} from "../../lists/row-fields.ts";
import { ExchangeIdSchema } from "../../openapi/enums.ts";
import { countParam } from "../../openapi/params.ts";

const count = (description: string, example: number) =>
  z.int().min(0).meta({ description, example });
const pct = (description: string, example: number) =>
  z.number().meta({ description: `${description} Percent of notional per interval.`, example });

export const ForecastErrorSchema = z
  .strictObject({
    exchange: ExchangeIdSchema,
    funding_interval_hours: z.number().meta({
      description: "The interval that held. Hours.",
      example: 8,
    }),
    horizon_hours: count(
      "How long before the settlement the live rate was sampled, or up to five minutes more. Hours.",
      1,
    ),
    settlements: count("Settlements compared, of all instruments together.", 2_100),
    bias_pct: pct(
      "Mean of the live rate minus the rate charged: above 0, the live rate was too high.",
      0.0004,
    ),
    p10_pct: pct(
      `10th percentile of the differences. Percentiles of more than ${MAX_KEPT_DIFFERENCES} differences are those of an even selection of at least half as many.`,
      -0.0021,
    ),
    p50_pct: pct("Median of the differences.", 0.0002),
    p90_pct: pct("90th percentile of the differences.", 0.0035),
  })
  .openapi("ForecastError");

export type ForecastErrorItem = z.infer<typeof ForecastErrorSchema>;

export const ForecastErrorListSchema = z
  .strictObject({
    ...listShape(ForecastErrorSchema),
    from_at: time("The first slot that is compared is at this time or later."),
    to_at: time("The end of the range, not included."),
    instruments: count("Instruments whose live rates were compared, as far as there are any.", 310),
    continuous_instruments: count(
      "Instruments left out because their funding accrues continuously: there is no settlement to forecast.",
      0,
    ),
    unreadable_periods: unreadablePeriods,
  })
  .openapi("ForecastErrorList");

export const ForecastErrorQuerySchema = z.strictObject({
  ...instrumentFilters,
  days: countParam(
    { unit: "days", min: 1, max: MAX_FORECAST_DAYS },
    {
      description:
        "How far back, in days, up to the last full hour. Many days of many instruments are refused: narrow it by exchange or asset.",
      fallback: FORECAST_ERROR_DEFAULTS.days,
      example: 3,
    },
  ),
  ...fileFormatParam,
  fields: fieldsParam(["exchange", "horizon_hours", "bias_pct"]),
});
