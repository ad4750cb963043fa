import { z } from "@hono/zod-openapi";
import { EXCHANGE_IDS } from "../../../domain/exchange.ts";
import { ExchangeIdSchema } from "../../openapi/enums.ts";
import { textParam } from "../../openapi/params.ts";
import {
  assetClassField,
  instrumentFilters,
  listSchema,
  fieldsParam,
  pageParams,
} from "../../lists/row-fields.ts";

export const AssetSchema = z
  .strictObject({
    asset_id: z.string().meta({
      description: "Which asset this is by its price; `asset_id` of every list filters by it.",
      example: "LIT~2",
    }),
    base: z.string().meta({
      description: "Its name, which another asset may share: the id without its number.",
      example: "LIT",
    }),
    tickers: z.array(z.string()).meta({
      description: "The tickers of its listings: aliases resolved, multipliers removed.",
      example: ["LIT"],
    }),
    aliases: z.array(z.string()).meta({
      description: "Other names that `base` accepts for it.",
      example: ["GOLD", "XAUUSD"],
    }),
    asset_class: assetClassField,
    unit_price: z.number().nullable().meta({
      description:
        "Price of one unit, in the quote currencies of its listings: the median of those without a blocking flag other than `identity_conflict` (mark, else index, else last trade, divided by `multiplier`). Null if none has a price.",
      example: 0.42,
    }),
    instruments: z.int().min(1).meta({ description: "Listings that match.", example: 14 }),
    exchanges: z
      .int()
      .min(1)
      .max(EXCHANGE_IDS.length)
      .meta({ description: "Exchanges with a listing that matches.", example: 12 }),
    listed_on: z
      .array(ExchangeIdSchema)
      .meta({ description: "The ids of these exchanges.", example: ["binance", "okx"] }),
    twins: z.record(z.string(), z.number().nullable()).meta({
      description:
        "Ids of other assets with the same name or ticker, each with its unit_price, which distinguishes them: a difference of more than 3 percent means a different asset. Empty if there is none.",
      example: { LIT: 0.91 },
    }),
  })
  .openapi("Asset");

export type AssetRow = z.infer<typeof AssetSchema>;

export const AssetListSchema = listSchema("AssetList", AssetSchema);

/** Longer than any name or symbol. */
const MAX_TEXT_LENGTH = 64;

export const AssetQuerySchema = z.strictObject({
  q: textParam(MAX_TEXT_LENGTH, {
    description:
      "Part of an id, ticker, alias, symbol or exchange symbol, case-insensitive. Exact matches come first. Default: all assets.",
    example: "BTC",
  }),
  ...instrumentFilters,
  ...pageParams,
  fields: fieldsParam(["asset_id", "unit_price", "twins"]),
});
