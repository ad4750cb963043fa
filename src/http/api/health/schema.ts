import { z } from "@hono/zod-openapi";
import { ExchangeIdSchema } from "../../enums.ts";
import { type ExchangeStatus } from "../../../domain/exchange.ts";

/** What each status of an exchange means. A new one without a meaning does not compile. */
const STATUS_MEANINGS = {
  starting: "no batch yet",
  ok: "answers in time",
  degraded: "answers, but not with everything",
  stale: "has not answered for too long, or its own clock stands still",
  down: "several failures in a row",
  geo_blocked: "refuses the country of this server",
  off: "not collected",
} satisfies Record<ExchangeStatus, string>;

const statuses = Object.keys(STATUS_MEANINGS) as [ExchangeStatus, ...ExchangeStatus[]];

export const ExchangeStatusSchema = z.enum(statuses).openapi("ExchangeStatus", {
  description: `${Object.entries(STATUS_MEANINGS)
    .map(([status, meaning]) => `\`${status}\`: ${meaning}`)
    .join("; ")}.`,
});

const ExchangeHealthSchema = z
  .strictObject({
    exchange: ExchangeIdSchema,
    symbols: z.int().min(0).openapi({ description: "Instruments of the last accepted batch." }),
    age_seconds: z
      .int()
      .min(0)
      .nullable()
      .openapi({ description: "Since the last accepted batch; null before the first." }),
    status: ExchangeStatusSchema,
    last_error: z.string().nullable().openapi({ description: "Why it is not ok, in words." }),
  })
  .openapi("ExchangeHealth");

export const HealthSchema = z
  .strictObject({
    status: z.enum(["ok", "degraded", "down"]).openapi({
      description:
        "`ok`: all exchanges are fresh; `degraded`: some are not (off and geo_blocked ones do not count); `down`: none is, or nobody collects.",
    }),
    data_age_seconds: z
      .int()
      .min(0)
      .nullable()
      .openapi({ description: "Since the newest accepted batch; null before the first." }),
    stale_threshold_seconds: z
      .number()
      .openapi({ description: "An exchange older than this is stale.", example: 900 }),
    collector_alive: z.boolean().openapi({ description: "Some process collects now." }),
    exchanges: z.array(ExchangeHealthSchema),
    stale_exchanges: z
      .array(ExchangeIdSchema)
      .openapi({ description: "Exchanges that should be fresh and are not." }),
    total_rows: z.int().min(0).openapi({ description: "Rows of the current snapshot." }),
  })
  .openapi("Health");

export type Health = z.infer<typeof HealthSchema>;
