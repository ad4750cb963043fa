import { z } from "@hono/zod-openapi";
import { MARKET_GROUPS, MARKET_REASONS } from "../../../services/finder/market-rate.ts";
import { assetFields, TOO_FEW, yearlyPct } from "../../lists/asset-fields.ts";
import { listingFilters } from "../../lists/listing-query.ts";
import { fieldsParam, formatParam } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";
import { AssetClassSchema, ExchangeIdSchema, orNull } from "../../openapi/enums.ts";

export const MarketRateSchema = z
  .strictObject({
    group: z.enum(MARKET_GROUPS).openapi({
      description:
        "What is taken together: `market`: all listings that match; `asset_class`: those of a class; `exchange`: those of an exchange.",
    }),
    asset_class: orNull(AssetClassSchema).openapi({
      description:
        "The class of an `asset_class` row, null where no exchange states one; null in all other rows.",
    }),
    exchange: orNull(ExchangeIdSchema).openapi({
      description: "The exchange of an `exchange` row; null in all other rows.",
    }),
    exchanges: assetFields.exchanges,
    of_exchanges: assetFields.of_exchanges.openapi({
      description:
        "Exchanges that were asked, the missing ones among them; 1 in the row of an exchange.",
    }),
    instruments: assetFields.instruments,
    untrusted_instruments: assetFields.untrusted_instruments.openapi({
      description:
        "Listings that match and are left out: they bear a blocking flag, or no price has told which asset they are.",
    }),
    open_interest_usd: assetFields.open_interest_usd,
    open_interest_unknown: assetFields.open_interest_unknown.openapi({
      description:
        "Trusted listings whose open interest is not known: they have no part in the rates.",
    }),
    oi_weighted_annualized_pct: yearlyPct(
      "Mean of the trusted listings by open_interest_usd, without those where it is unknown. Null with `reason`.",
    ).nullable(),
    oi_weighted_rate_8h_pct: z.number().nullable().openapi({
      description:
        "The same as percent of notional per 8 hours: oi_weighted_annualized_pct / 1095. Null with `reason`.",
      example: 0.01,
    }),
    reason: orNull(z.enum(MARKET_REASONS)).openapi({
      description: `Why the rates are null. \`too_few_exchanges\`: ${TOO_FEW}, which is no market. \`open_interest_unknown\`: fewer than 3 exchanges, or in its own row the exchange, tell an open interest above 0. \`no_trusted_instrument\`: all that match are left out. Null when they are known.`,
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
