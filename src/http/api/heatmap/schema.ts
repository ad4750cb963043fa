import { z } from "@hono/zod-openapi";
import { ExchangeIdSchema } from "../../openapi/enums.ts";
import { EXCHANGE_IDS } from "../../../domain/exchange.ts";
import {
  HEATMAP_DEFAULTS,
  HEATMAP_SORTS,
  HEATMAP_VALUES,
  MARKS,
} from "../../../services/finder/heatmap.ts";
import { ofExchangesField } from "../../openapi/missing-exchanges.ts";
import { choiceParam, closedListParam, countParam } from "../../openapi/params.ts";
import { listingFilters } from "../../lists/listing-query.ts";
import { asOfParam, pastFields } from "../../lists/past-fields.ts";
import { fieldsParam, pageParams } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";

const HeatmapRowSchema = z
  .strictObject({
    base: z.string().meta({ description: "The asset's ticker.", example: "BTC" }),
    asset_id: z.string().meta({
      description: "The asset, as identified by its price; the same base can be two assets.",
      example: "BTC",
    }),
    values: z.array(z.number().nullable()).meta({
      description:
        "One cell per exchange, in the order of `exchanges`, in percent as given by `value`. Null if the exchange has no matching listing of the asset, or none that can be trusted (see marks).",
      example: [10.95, null, -3.2],
    }),
    marks: z.array(z.strictObject({ exchange: ExchangeIdSchema, flag: z.enum(MARKS) })).meta({
      description:
        "Why a cell is null although the exchange lists the asset: the blocking flag of its listing, or `identity_unknown` until a price has identified the asset. For a cell with a value: `unverified_rate` if it is unproven which of the rates that the exchange publishes is charged next.",
      example: [{ exchange: "bybit", flag: "stale" }],
    }),
  })
  .openapi("HeatmapRow");

export type HeatmapRow = z.infer<typeof HeatmapRowSchema>;

export const HeatmapSchema = z
  .strictObject({
    ...thresholdListSchema("Heatmap", HeatmapRowSchema, [
      "min_volume",
      "min_open_interest",
      "min_exchanges",
    ]).shape,
    exchanges: z.array(ExchangeIdSchema).meta({
      description:
        "The columns, the same on all pages: the exchanges of `exchange` in the requested order, with or without values; by default every exchange with a value or a mark in any row of the whole list.",
      example: ["binance", "bybit", "okx"],
    }),
    of_exchanges: ofExchangesField,
    ...pastFields,
    value: z.enum(HEATMAP_VALUES).meta({ description: "The figure shown in the cells." }),
  })
  .openapi("Heatmap");

export type Heatmap = z.infer<typeof HeatmapSchema>;

export const HeatmapQuerySchema = z.strictObject({
  ...listingFilters.shape,
  exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges: the columns. Default: every exchange with a value or a mark.",
    example: ["okx", "binance"],
    fallback: null,
    isOrdered: true,
  }),
  value: choiceParam(HEATMAP_VALUES, {
    description:
      "What a cell shows, in percent: `annualized_pct` per year, `rate_8h_pct` per eight hours, `rate_per_hour_pct` per hour, `funding_rate_pct` per the listing's own interval (not comparable between different intervals).",
    fallback: HEATMAP_DEFAULTS.value,
    example: "rate_per_hour_pct",
  }),
  min_exchanges: countParam(
    { unit: null, min: 0, max: EXCHANGE_IDS.length },
    {
      description:
        "Minimum number of exchanges with a value: 2 leaves out what cannot be compared, 0 also shows assets without any listing that can be trusted.",
      fallback: HEATMAP_DEFAULTS.minExchanges,
      example: 2,
    },
  ),
  sort: choiceParam(HEATMAP_SORTS, {
    description:
      "`volume`: 24 h turnover of the matching listings that can be trusted, largest first. `base`: by name. `spread`: largest cell minus smallest, widest first. Unknown ones come last; ties are ordered by base, then asset_id.",
    fallback: HEATMAP_DEFAULTS.sort,
    example: "spread",
  }),
  as_of: asOfParam,
  ...pageParams,
  fields: fieldsParam(["base", "values"]),
});

export type HeatmapParams = z.output<typeof HeatmapQuerySchema>;
