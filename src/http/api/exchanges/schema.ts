import { z } from "@hono/zod-openapi";
import { AccrualSchema, ExchangeIdSchema, orNull } from "../../openapi/enums.ts";
import { FailureKindSchema, RejectCountsSchema } from "../../openapi/failure-kinds.ts";
import { fieldsParam, formatParam, plainListSchema } from "../../lists/row-fields.ts";
import {
  ExchangeStatusSchema,
  reasonField,
  unverifiedRateField,
} from "../../openapi/exchange-status.ts";

export const ExchangeSchema = z
  .strictObject({
    exchange: ExchangeIdSchema,
    name: z.string().meta({ description: "As the exchange spells it.", example: "Binance" }),
    kind: z.enum(["centralised", "decentralised"]),
    accrual: AccrualSchema.meta({
      description: "Whether funding is charged at settlement times or accrues every second.",
    }),
    documentation: z.string().meta({ description: "Website of the exchange." }),
    unverified_rate: unverifiedRateField,
    status: ExchangeStatusSchema,
    instruments: z.int().min(0).meta({ description: "Its rows in the snapshot." }),
    expected: z.int().min(0).nullable().meta({
      description: "Live instruments according to the exchange's own list; null without a list.",
    }),
    data_age_seconds: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: "Age of its newest row; null before the first batch." }),
    period_seconds: z.number().nullable().meta({
      description: "How often it is refreshed; null if it was never collected.",
    }),
    last_ok_at: z
      .int()
      .nullable()
      .meta({ description: "When its last batch was accepted. Unix seconds." }),
    failure_kind: orNull(FailureKindSchema).meta({
      description: "How the last refresh failed; null if it did not.",
    }),
    reason: reasonField,
    rejects: RejectCountsSchema,
    taker_fee_bps: z.number().nullable().meta({
      description:
        "Standard taker fee per fill, in basis points of notional: used for opportunities unless the request gives another or the exchange states one for the listing. Null if no reliable source states one.",
      example: 5,
    }),
    taker_fee_as_of: z.string().nullable().meta({
      description: "Date on which the source was last checked.",
      example: "2026-10-16",
    }),
    taker_fee_source: z
      .string()
      .nullable()
      .meta({ description: "Source of the fee: a page of the exchange, or who else states it." }),
    taker_fee_note: z
      .string()
      .nullable()
      .meta({ description: "What the fee does not cover, or why it is unknown." }),
  })
  .openapi("Exchange");

export type ExchangeRow = z.infer<typeof ExchangeSchema>;

export const ExchangeListSchema = plainListSchema("ExchangeList", ExchangeSchema);

export type ExchangeList = z.infer<typeof ExchangeListSchema>;

export const ExchangeQuerySchema = z.strictObject({
  ...formatParam,
  fields: fieldsParam(["exchange", "status", "taker_fee_bps"]),
});
