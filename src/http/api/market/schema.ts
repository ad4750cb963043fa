import { z } from "@hono/zod-openapi";
import { MARKET_GROUPS, MARKET_REASONS } from "../../../services/finder/market-rate.ts";
import { assetFields, TOO_FEW, yearlyPct } from "../../lists/asset-fields.ts";
import { listingFilters } from "../../lists/listing-query.ts";
import { fieldsParam, formatParam } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";
import { AssetClassSchema, ExchangeIdSchema, orNull } from "../../openapi/enums.ts";

export const MarketRateSchema = z
  .strictObject({
    group: z.enum(MARKET_GROUPS).meta({
      description:
        "What the row covers: `market`: all matching listings; `asset_class`: those of one class; `exchange`: those of one exchange.",
    }),
    asset_class: orNull(AssetClassSchema).meta({
      description:
        "The class of an `asset_class` row, null for listings whose class no exchange states; null in all other rows.",
    }),
    exchange: orNull(ExchangeIdSchema).meta({
      description: "The exchange of an `exchange` row; null in all other rows.",
    }),
    exchanges: assetFields.exchanges,
    of_exchanges: assetFields.of_exchanges.meta({
      description:
        "Number of exchanges requested, including missing ones; 1 in the row of an exchange.",
    }),
    instruments: assetFields.instruments,
    untrusted_instruments: assetFields.untrusted_instruments.meta({
      description:
        "Matching listings left out because of a blocking flag, or because no price has identified their asset.",
    }),
    open_interest_usd: assetFields.open_interest_usd,
    open_interest_unknown: assetFields.open_interest_unknown.meta({
      description: "Trusted listings with unknown open interest: they do not enter the rates.",
    }),
    oi_weighted_annualized_pct: yearlyPct(
      "Mean of the trusted listings weighted by open_interest_usd, leaving out those where it is unknown. Null with `reason`.",
    ).nullable(),
    oi_weighted_rate_8h_pct: z.number().nullable().meta({
      description:
        "The same in percent of notional per 8 hours: oi_weighted_annualized_pct / 1095. Null with `reason`.",
      example: 0.01,
    }),
    reason: orNull(z.enum(MARKET_REASONS)).meta({
      description: `Why the rates are null. \`too_few_exchanges\`: ${TOO_FEW}. \`open_interest_unknown\`: fewer than 3 exchanges report an open interest above 0, or in the row of an exchange that exchange does not. \`no_trusted_instrument\`: all matching listings are left out. Null when they are known.`,
    }),
  })
  .openapi("MarketRate");

export type MarketRateRow = z.infer<typeof MarketRateSchema>;

export const MarketRateListSchema = thresholdListSchema("MarketRateList", MarketRateSchema, [
  "min_volume",
  "min_open_interest",
]);

export const MarketQuerySchema = z.strictObject({
  ...listingFilters.shape,
  ...formatParam,
  fields: fieldsParam(["group", "exchange", "oi_weighted_annualized_pct"]),
});
