import { z } from "@hono/zod-openapi";
import type { ExchangeStatus } from "../../domain/exchange.ts";

/** The meaning of each exchange status. A new status without a meaning does not compile. */
export const STATUS_MEANINGS = {
  starting: "no batch yet",
  ok: "delivers in time",
  degraded: "delivers, but incompletely",
  stale: "has not delivered for too long, or its own clock stands still",
  down: "several failures in a row",
  geo_blocked: "says that it blocks the country of this server; retried after 2 to 30 minutes",
  off: "not collected",
} satisfies Record<ExchangeStatus, string>;

const statuses = Object.keys(STATUS_MEANINGS) as [ExchangeStatus, ...ExchangeStatus[]];

export const ExchangeStatusSchema = z.enum(statuses).openapi("ExchangeStatus", {
  description: `${Object.entries(STATUS_MEANINGS)
    .map(([status, meaning]) => `\`${status}\`: ${meaning}`)
    .join("; ")}.`,
});

export const reasonField = z.string().nullable().meta({
  description:
    "Why it is not ok: the kind of failure, in our words, never the exchange's. Null when it is ok.",
  example: "rate_limited: HTTP 429",
});

/** Documented wherever the facts of an exchange are shown. */
export const unverifiedRateField = z.string().nullable().meta({
  description:
    "Why it is unproven which of the rates that the exchange publishes is charged next; its rows are flagged `unverified_rate`. Null if that is certain.",
});
