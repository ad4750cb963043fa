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
    asset_id: z.string().openapi({
      description: "Which asset this is by its price; `asset_id` of every list filters by it.",
      example: "LIT~2",
    }),
    base: z.string().openapi({
      description: "Its name, which another asset may have, too: the id without a number.",
      example: "LIT",
    }),
    tickers: z.array(z.string()).openapi({
      description: "The tickers of its listings: aliases resolved, multipliers removed.",
      example: ["LIT"],
    }),
    aliases: z.array(z.string()).openapi({
      description: "Other names under which `base` finds it.",
      example: ["GOLD", "XAUUSD"],
    }),
    asset_class: assetClassField,
    unit_price: z.number().nullable().openapi({
      description:
        "Of one unit, in the currencies that its listings are quoted in: the median of those without a blocking flag (mark, else index, else last trade, by `multiplier`). Null where none has a price.",
      example: 0.42,
    }),
    instruments: z.int().min(1).openapi({ description: "Listings that match.", example: 14 }),
    exchanges: z
      .int()
      .min(1)
      .max(EXCHANGE_IDS.length)
      .openapi({ description: "Exchanges with a listing that matches.", example: 12 }),
    listed_on: z
      .array(ExchangeIdSchema)
      .openapi({ description: "Which ones.", example: ["binance", "okx"] }),
    twins: z.record(z.string(), z.number().nullable()).openapi({
      description:
        "Other assets of the same name or ticker by their ids, each with its unit_price, which is what keeps them apart: beyond 3 percent they are not the same thing. Empty where there is none.",
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
      "A part of an id, a ticker, an alias, a symbol or an exchange's own symbol, in any case. Assets of exactly this name come first. Default: all assets.",
    example: "BTC",
  }),
  ...instrumentFilters,
  ...pageParams,
  fields: fieldsParam(["asset_id", "unit_price", "twins"]),
});
