import { z } from "@hono/zod-openapi";
import { EXCHANGE_IDS } from "../../domain/exchange.ts";
import { FLAGS } from "../../domain/flags.ts";
import { ASSET_CLASSES } from "../../domain/quote.ts";

/** Enums that many resources use: one component each in the document, one type in a generated client. */

export const ExchangeIdSchema = z
  .enum(EXCHANGE_IDS)
  .openapi("ExchangeId", { description: "An exchange.", example: "okx" });

export const FlagSchema = z.enum(FLAGS).openapi("Flag", {
  description:
    "A flag on a row. `stale`, `expired`, `interval_unknown`, `identity_conflict`, `suspect`: do not trust it. `pinned_cap`, `pinned_floor`, `pinned_baseline`, `thin`, `settling`, `unverified_rate` (it is unproven which of the rates that the exchange publishes is charged next): advisory.",
  example: "thin",
});

export const AssetClassSchema = z
  .enum(ASSET_CLASSES)
  .openapi("AssetClass", { description: "Class of the underlying asset.", example: "crypto" });

export const AccrualSchema = z.enum(["periodic", "continuous"]).openapi("Accrual", {
  description:
    "`periodic`: charged at next_funding_time. `continuous`: accrues every second and has no next_funding_time.",
  example: "periodic",
});

/** A member of a named enum, or null. `nullable()` would make the enum itself nullable, wherever it is used. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.null()]);
}
