import { z } from "@hono/zod-openapi";
import { EXCHANGE_IDS } from "../../../domain/exchange.ts";
import { fieldsParam, pageParams, time } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";
import { CalendarFileQuerySchema, CalendarQuerySchema } from "./schema.ts";

const usd = (description: string, example: number) =>
  z
    .number()
    .nullable()
    .openapi({ description: `${description} US dollars.`, example });
const count = (description: string, example: number) =>
  z.int().min(0).openapi({ description, example });

export const SettlementSlotSchema = z
  .strictObject({
    settles_at: time(
      "When they are charged, to the full minute: exchanges stamp it seconds apart.",
    ),
    seconds_ahead: count(
      "settles_at minus fetched_at of the list; 0 within the minute of the settlement.",
      5_400,
    ),
    instruments: count("Instruments that settle.", 4_120),
    exchanges: count("Exchanges that they are on.", 31).max(EXCHANGE_IDS.length),
    open_interest_usd: usd(
      "One-sided open interest together, as far as it is known; null when of none.",
      1_250_000_000,
    ),
    open_interest_unknown: count("Instruments whose open interest is not known.", 310),
    longs_pay_usd: usd(
      "What longs pay shorts where the rate is above 0: the sum of payment_usd of /api/funding/calendar, as far as it is known; null when of none.",
      96_000,
    ),
    shorts_pay_usd: usd("What shorts pay longs where the rate is below 0, likewise.", 21_000),
    payment_usd: usd(
      "longs_pay_usd less shorts_pay_usd: what longs pay shorts in all; negative: shorts pay.",
      75_000,
    ),
    payment_unknown: count(
      "Instruments that are in none of these sums: the exchange does not say the rate yet, or the open interest is not known.",
      310,
    ),
  })
  .openapi("SettlementSlot");

export type SettlementSlotRow = z.infer<typeof SettlementSlotSchema>;

export const SettlementSlotListSchema = thresholdListSchema(
  "SettlementSlotList",
  SettlementSlotSchema,
  ["min_volume", "min_open_interest", "hours"],
);

export const SlotQuerySchema = z.strictObject({
  ...CalendarFileQuerySchema.shape,
  hours: CalendarQuerySchema.shape.hours,
  ...pageParams,
  fields: fieldsParam(["settles_at", "instruments", "payment_usd"]),
});
