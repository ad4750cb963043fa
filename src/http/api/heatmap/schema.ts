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
import { fieldsParam, pageParams } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";

const HeatmapRowSchema = z
  .strictObject({
    base: z.string().openapi({ description: "The asset's ticker.", example: "BTC" }),
    asset_id: z.string().openapi({
      description: "Which asset it is by its price; equal bases need not be one asset.",
      example: "BTC",
    }),
    values: z.array(z.number().nullable()).openapi({
      description:
        "One cell for each of `exchanges`, in their order, in percent as `value` says. Null: the exchange has no matching listing of the asset, or none that can be relied on (see marks).",
      example: [10.95, null, -3.2],
    }),
    marks: z.array(z.strictObject({ exchange: ExchangeIdSchema, flag: z.enum(MARKS) })).openapi({
      description:
        "Why the cell of an exchange that does list the asset is null: the blocking flag of its listing, or `identity_unknown` while no price has told which asset that is. Of a cell with a value: `unverified_rate`, where it is not proven which of the rates that the exchange publishes is charged next.",
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
    exchanges: z.array(ExchangeIdSchema).openapi({
      description:
        "The columns, by name, the same on all pages: those of `exchange` in the asked order, whether or not they have a value; unasked each exchange that has a value or a mark in any row of the whole list.",
      example: ["binance", "bybit", "okx"],
    }),
    of_exchanges: ofExchangesField,
    value: z.enum(HEATMAP_VALUES).openapi({ description: "What the cells are." }),
  })
  .openapi("Heatmap");

export type Heatmap = z.infer<typeof HeatmapSchema>;

export const HeatmapQuerySchema = z.strictObject({
  ...listingFilters.shape,
  exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges: the columns. Default: all that have something to show.",
    example: ["okx", "binance"],
    fallback: null,
    isOrdered: true,
  }),
  value: choiceParam(HEATMAP_VALUES, {
    description:
      "What a cell shows, in percent: `annualized_pct` a year, `rate_per_hour_pct` an hour, `funding_rate_pct` the listing's own interval (not comparable between different intervals).",
    fallback: HEATMAP_DEFAULTS.value,
    example: "rate_per_hour_pct",
  }),
  min_exchanges: countParam(
    { min: 0, max: EXCHANGE_IDS.length },
    {
      description:
        "Minimum number of exchanges with a value: 2 leaves out what cannot be compared, 0 also shows assets of which no listing can be relied on.",
      fallback: HEATMAP_DEFAULTS.minExchanges,
      example: 2,
    },
  ),
  sort: choiceParam(HEATMAP_SORTS, {
    description:
      "`volume`: 24 h turnover of the matching listings that can be relied on, the largest first. `base`: by name. `spread`: largest cell minus smallest, the widest first. Unknown ones come last; ties are in the order of base, then asset_id.",
    fallback: HEATMAP_DEFAULTS.sort,
    example: "spread",
  }),
  ...pageParams,
  fields: fieldsParam(["base", "values"]),
});

export type HeatmapParams = z.output<typeof HeatmapQuerySchema>;
