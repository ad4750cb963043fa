import { z } from "@hono/zod-openapi";
import { KEPT_MS, PINNED_KEPT_MS } from "../../services/board/kept-snapshots.ts";
import { missingField } from "../openapi/missing-exchanges.ts";
import { time } from "../lists/row-fields.ts";
import { FundingQuerySchema, FundingRowSchema } from "../lists/funding-schema.ts";

/** The filters of /api/funding/current; order and pages make no sense here. */
export const StreamQuerySchema = FundingQuerySchema.pick({
  exchange: true,
  base: true,
  asset_id: true,
  quote: true,
  asset_class: true,
  flag: true,
  interval: true,
  min_volume: true,
  min_open_interest: true,
  _: true,
});

/** An id that nobody knows is no error: the answer starts with everything. */
export const StreamHeadersSchema = z.object({
  "Last-Event-ID": z
    .string()
    .optional()
    .openapi({
      description: `Id of the last event that you have, with the same filters; browsers send it by themselves. You get what changed since, or a \`reset\` when that snapshot is gone: one is kept for ${KEPT_MS / 1000} seconds after the next has come (for ${PINNED_KEPT_MS / 1000} where a list's cursor points at it).`,
      example: "7-1042",
    }),
});

const shown = {
  snapshot: z.string().openapi({ description: "Names the snapshot.", example: "7-1042" }),
  fetched_at: time("The time that the snapshot shows."),
  missing: missingField,
};

export const StreamResetSchema = z.strictObject({
  ...shown,
  rows: z
    .array(FundingRowSchema)
    .openapi({ description: "All rows that match: they replace whatever you had." }),
});

export type StreamReset = z.infer<typeof StreamResetSchema>;

export const StreamChangesSchema = z.strictObject({
  ...shown,
  since: z.string().openapi({
    description:
      "The snapshot that this builds on: the one of your last event, or a later one that changed nothing here.",
    example: "7-1041",
  }),
  rows: z.array(FundingRowSchema).openapi({
    description:
      "Rows that are new, match now, or differ in rate, interval, next time, flags or asset_id: put each in place of the one with its uid.",
  }),
  removed: z
    .array(z.string())
    .openapi({ description: "uids of rows that are gone or match no more." }),
});

export type StreamChanges = z.infer<typeof StreamChangesSchema>;
