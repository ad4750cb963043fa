import { z } from "@hono/zod-openapi";
import { EXCHANGE_IDS } from "../../../domain/exchange.ts";
import { fieldsParam, pageParams, time } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";
import { CalendarFileQuerySchema, CalendarQuerySchema } from "./schema.ts";

const usd = (description: string, example: number) =>
  z
    .number()
    .nullable()
    .meta({ description: `${description} US dollars.`, example });
const count = (description: string, example: number) =>
  z.int().min(0).meta({ description, example });

export const SettlementSlotSchema = z
  .strictObject({
    settles_at: time("Settlement time, rounded to the minute: exchanges stamp it seconds apart."),
    seconds_ahead: count(
      "settles_at minus fetched_at of the list; 0 within the minute of the settlement.",
      5_400,
    ),
    instruments: count("Number of instruments that settle.", 4_120),
    exchanges: count("Number of exchanges they are on.", 31).max(EXCHANGE_IDS.length),
    open_interest_usd: usd(
      "Total one-sided open interest, as far as it is known; null if none is known.",
      1_250_000_000,
    ),
    open_interest_unknown: count("Instruments with unknown open interest.", 310),
    longs_pay_usd: usd(
      "What longs pay shorts at rates above 0: the sum of payment_usd of /api/funding/calendar, as far as it is known; null if none is known.",
      96_000,
    ),
    shorts_pay_usd: usd("What shorts pay longs at rates below 0, likewise.", 21_000),
    payment_usd: usd(
      "longs_pay_usd minus shorts_pay_usd: the net payment from longs to shorts; negative: shorts pay.",
      75_000,
    ),
    payment_unknown: count(
      "Instruments in none of these sums: the exchange does not publish the rate yet, or the open interest is unknown.",
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
