import { z } from "@hono/zod-openapi";
import { AccrualSchema } from "../../openapi/enums.ts";
import { IDENTITIES } from "../../../domain/asset-cluster.ts";
import { closedListParam } from "../../openapi/params.ts";
import {
  assetClassField,
  instrumentFields,
  instrumentFilters,
  listSchema,
  fieldsParam,
  pageParams,
  time,
} from "../../lists/row-fields.ts";

export const MULTIPLIER_SOURCES = [
  "plain",
  "documented",
  "confirmed_by_price",
  "contradicted_by_price",
] as const;

/** One listed instrument, and where its attributes come from. */
export const InstrumentSchema = z
  .strictObject({
    ...instrumentFields,
    settle: z.string().meta({ description: "Currency of margin and payment.", example: "USDT" }),
    asset_class: assetClassField,
    accrual: AccrualSchema,
    identity: z.enum(IDENTITIES).meta({
      description:
        "`confirmed`: listings on other exchanges agree in price. `probable`: nothing to compare with yet. `conflict`: a different asset, or one that cannot be distinguished; its rows are flagged `identity_conflict`.",
    }),
    multiplier: z
      .number()
      .meta({ description: "Units of base in one priced unit.", example: 1000 }),
    multiplier_source: z.enum(MULTIPLIER_SOURCES).meta({
      description:
        "`plain`: the ticker has none. `documented`: the exchange documents this form of ticker. `confirmed_by_price`: documented, and prices agree. `contradicted_by_price`: prices prove a different one, which is shown.",
    }),
    listed_at: time("Listing time according to the exchange.").nullable(),
    first_seen_at: time("When it was first collected here."),
    funding_interval_hours: z.number().nullable(),
    interval_source: z
      .enum(["published", "derived", "documented_default"])
      .nullable()
      .meta({ description: "How the interval is known; null if it is not." }),
    interval_changed_at: time("When the interval last changed.").nullable(),
    observed_at: time("When its row was current on the exchange."),
  })
  .openapi("Instrument");

export type InstrumentRow = z.infer<typeof InstrumentSchema>;

export const InstrumentListSchema = listSchema("InstrumentList", InstrumentSchema);

export const InstrumentQuerySchema = z.strictObject({
  ...instrumentFilters,
  identity: closedListParam(IDENTITIES, {
    description: "Identities. Default: all.",
    example: ["confirmed"],
    fallback: null,
  }),
  ...pageParams,
  fields: fieldsParam(["exchange", "exchange_symbol", "asset_id"]),
});
