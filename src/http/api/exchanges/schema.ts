import { z } from "@hono/zod-openapi";
import { AccrualSchema, ExchangeIdSchema } from "../../openapi/enums.ts";
import { FAILURE_KINDS } from "../../../domain/exchange.ts";
import { fieldsParam, formatParam, listSchema } from "../../lists/row-fields.ts";
import {
  ExchangeStatusSchema,
  reasonField,
  unverifiedRateField,
} from "../../openapi/exchange-status.ts";

export const ExchangeSchema = z
  .strictObject({
    exchange: ExchangeIdSchema,
    name: z.string().openapi({ description: "As the exchange writes it.", example: "Binance" }),
    kind: z.enum(["centralised", "decentralised"]),
    accrual: AccrualSchema.openapi({
      description: "Whether funding is charged at times or accrues each second.",
    }),
    documentation: z.string().openapi({ description: "Address of the exchange's own pages." }),
    unverified_rate: unverifiedRateField,
    status: ExchangeStatusSchema,
    instruments: z.int().min(0).openapi({ description: "Its rows in the snapshot." }),
    expected: z
      .int()
      .min(0)
      .nullable()
      .openapi({ description: "Live instruments by the exchange's own list; null without one." }),
    data_age_seconds: z
      .int()
      .min(0)
      .nullable()
      .openapi({ description: "Since its newest row was observed; null before the first batch." }),
    period_seconds: z.number().nullable().openapi({
      description: "It is asked this often; null where it was never collected.",
    }),
    last_ok_at: z
      .int()
      .nullable()
      .openapi({ description: "When its last batch was accepted. Unix seconds." }),
    failure_kind: z
      .enum(FAILURE_KINDS)
      .nullable()
      .openapi({ description: "How the last refresh failed; null when it did not." }),
    reason: reasonField,
    rejects: z.record(z.string(), z.int()).openapi({
      description: "Rows of the last batch that could not be used, by reason.",
      example: { bad_rate: 2 },
    }),
    taker_fee_bps: z.number().nullable().openapi({
      description:
        "Standard taker fee of one fill, basis points of notional: what opportunities are reckoned with unless a request says otherwise, or the exchange states another for a listing. Null where nobody vouches for one.",
      example: 5,
    }),
    taker_fee_as_of: z.string().nullable().openapi({
      description: "Last day on which its source is known to have said so.",
      example: "2026-10-16",
    }),
    taker_fee_source: z
      .string()
      .nullable()
      .openapi({ description: "Page of the exchange, or who says so." }),
    taker_fee_note: z
      .string()
      .nullable()
      .openapi({ description: "What the fee leaves out, or why it is unknown." }),
  })
  .openapi("Exchange");

export type ExchangeRow = z.infer<typeof ExchangeSchema>;

export const ExchangeListSchema = listSchema("ExchangeList", ExchangeSchema);

export type ExchangeList = z.infer<typeof ExchangeListSchema>;

export const ExchangeQuerySchema = z.strictObject({
  ...formatParam,
  fields: fieldsParam(["exchange", "status", "taker_fee_bps"]),
});
