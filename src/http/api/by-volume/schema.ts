import { z } from "@hono/zod-openapi";
import { ExchangeIdSchema, FlagSchema, orNull } from "../../openapi/enums.ts";
import { assetFields, yearlyPct } from "../../lists/asset-fields.ts";
import { listingFilters } from "../../lists/listing-query.ts";
import { fieldsParam, pageParams } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";

const symbol = z
  .string()
  .meta({ description: "The exchange's own symbol, verbatim.", example: "1000PEPEUSDT" });

const flags = z.array(FlagSchema).meta({
  description: "The flags of that listing.",
  example: ["pinned_cap"],
});

export const VolumeRankSchema = z
  .strictObject({
    rank: z.int().min(1).meta({
      description: "Rank by volume_24h_usd among the matching assets, from 1.",
      example: 1,
    }),
    ...assetFields,
    volume_weighted_annualized_pct: yearlyPct(
      "Mean of the trusted listings by volume_24h_usd, without those where it is unknown; null while fewer than 3 exchanges tell one above 0.",
    ).nullable(),
    lowest_exchange: ExchangeIdSchema.meta({
      description: "The listing with the lowest annualized rate.",
    }),
    lowest_exchange_symbol: symbol,
    lowest_annualized_pct: yearlyPct("The lowest rate of a trusted listing."),
    lowest_flags: flags,
    highest_exchange: ExchangeIdSchema.meta({
      description: "The listing with the highest annualized rate.",
    }),
    highest_exchange_symbol: symbol,
    highest_annualized_pct: yearlyPct("The highest rate of a trusted listing."),
    highest_flags: flags,
    top_exchange: orNull(ExchangeIdSchema).meta({
      description: "The exchange with the largest volume; null while no volume above 0 is known.",
    }),
    top_exchange_share: z.number().min(0).max(1).nullable().meta({
      description: "That exchange's share (0 to 1) of volume_24h_usd.",
      example: 0.4,
    }),
  })
  .openapi("VolumeRank");

export type VolumeRankRow = z.infer<typeof VolumeRankSchema>;

export const VolumeRankListSchema = thresholdListSchema("VolumeRankList", VolumeRankSchema, [
  "min_volume",
  "min_open_interest",
]);

export const VolumeRankQuerySchema = z.strictObject({
  ...listingFilters.shape,
  ...pageParams,
  fields: fieldsParam(["rank", "base", "volume_24h_usd"]),
});
