import { z } from "@hono/zod-openapi";
import { instrumentFields, time } from "../../lists/row-fields.ts";
import { AccrualSchema } from "../../openapi/enums.ts";

/** A number that may be unknown. */
export const nullable = (description: string, example: number) =>
  z.number().nullable().meta({ description, example });

/** A number of things. */
export const count = (description: string, example: number) =>
  z.int().min(0).meta({ description, example });

/** What a page says about each of its instruments. */
export const seriesFields = {
  ...instrumentFields,
  settle: z.string().meta({ description: "Currency of margin and payment.", example: "USDT" }),
  multiplier: z
    .number()
    .meta({ description: "Units of `base` in one priced unit, as last known.", example: 1000 }),
  accrual: AccrualSchema,
  listed_at: time("When it was listed, if the exchange states it.").nullable(),
  ended_at: time("When it was found delisted; null while it is listed.").nullable(),
  points: count("Points of it on this page.", 21),
};
