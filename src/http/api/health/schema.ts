import { z } from "@hono/zod-openapi";
import { ExchangeIdSchema } from "../../openapi/enums.ts";
import { ExchangeStatusSchema, reasonField } from "../../openapi/exchange-status.ts";

const ExchangeHealthSchema = z
  .strictObject({
    exchange: ExchangeIdSchema,
    instruments: z.int().min(0).meta({ description: "Instruments of the last accepted batch." }),
    data_age_seconds: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: "Age of the last accepted batch; null before the first." }),
    status: ExchangeStatusSchema,
    reason: reasonField,
  })
  .openapi("ExchangeHealth");

export const HealthSchema = z
  .strictObject({
    status: z.enum(["ok", "degraded", "down"]).meta({
      description:
        "`ok`: all exchanges are fresh; `degraded`: some are not, or fresh_exchanges is under 80 % of enabled_exchanges; `down`: none is fresh, or no process collects. Exchanges that are off, or have been geo_blocked for over 24 hours or since the start, do not count; one that delivered within the last 24 hours and is geo_blocked now does.",
    }),
    data_age_seconds: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: "Age of the newest accepted batch; null before the first." }),
    stale_threshold_seconds: z
      .number()
      .meta({ description: "An exchange older than this is stale.", example: 900 }),
    collector_alive: z.boolean().meta({ description: "Whether a process is collecting now." }),
    exchanges: z.array(ExchangeHealthSchema),
    enabled_exchanges: z.int().min(0).meta({
      description: "Exchanges that are collected, including geo_blocked ones.",
      example: 38,
    }),
    fresh_exchanges: z.int().min(0).meta({
      description:
        "Those whose last batch is younger than the threshold, that have not failed three times in a row since (status `down`), do not block us and whose own clock advances.",
      example: 37,
    }),
    stale_exchanges: z
      .array(ExchangeIdSchema)
      .meta({ description: "Exchanges that should be fresh but are not." }),
    instruments: z.int().min(0).meta({ description: "Rows of the current snapshot." }),
  })
  .openapi("Health");

export type Health = z.infer<typeof HealthSchema>;
