import { z } from "@hono/zod-openapi";
import { KEPT_MS, PINNED_KEPT_MS } from "../../services/board/kept-snapshots.ts";
import { missingField } from "../openapi/missing-exchanges.ts";
import { time } from "../lists/row-fields.ts";
import { FundingQuerySchema, FundingRowSchema } from "../lists/funding-schema.ts";

/** The filters of /api/funding/current; sorting and paging make no sense here. */
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

/** An unknown id is not an error: the stream then starts with all rows. */
export const StreamHeadersSchema = z.object({
  "Last-Event-ID": z
    .string()
    .optional()
    .meta({
      description: `Id of the last event received, with the same filters; browsers send it automatically. You get what changed since, or a \`reset\` if that snapshot is gone: it is kept for ${KEPT_MS / 1000} seconds after the next one (${PINNED_KEPT_MS / 1000} if a cursor of a list points to it).`,
      example: "7-1042",
    }),
});

const shown = {
  snapshot: z.string().meta({ description: "Id of the snapshot.", example: "7-1042" }),
  fetched_at: time("The time that the snapshot represents."),
  missing: missingField,
};

export const StreamResetSchema = z.strictObject({
  ...shown,
  rows: z
    .array(FundingRowSchema)
    .meta({ description: "All matching rows: they replace everything received before." }),
});

export type StreamReset = z.infer<typeof StreamResetSchema>;

export const StreamChangesSchema = z.strictObject({
  ...shown,
  since: z.string().meta({
    description:
      "The snapshot that these changes are relative to: that of your last event, or a later one without changes here.",
    example: "7-1041",
  }),
  rows: z.array(FundingRowSchema).meta({
    description:
      "Rows that are new, match now, or differ in rate, interval, next time, flags or asset_id: each replaces the row with the same uid.",
  }),
  removed: z
    .array(z.string())
    .meta({ description: "uids of rows that are gone or no longer match." }),
});

export type StreamChanges = z.infer<typeof StreamChangesSchema>;
