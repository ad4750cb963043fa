import { z } from "@hono/zod-openapi";
import type { Snapshot } from "../../domain/market.ts";
import { LOOK_BACK_MS } from "../../services/history/past-market.ts";
import { momentParam } from "../openapi/moment-param.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import { time } from "./row-fields.ts";

/** What lists say about a past moment. */

/** Answers from the board of a past moment. */
export const asOfParam = momentParam(
  `The board as it was at this moment, from samples: nothing that was found out later is in it. Exact to the second for 35 days, before that as of the full hour; \`as_of\` of the answer says which moment it is. A row is as of its last sample, at most ${LOOK_BACK_MS / 3_600_000} hours old (prices, open interest and volume are sampled every 15 minutes), and its age, flags and next_funding_time are as of the moment. What was not kept is null and in \`missing_fields\`. Before the first sample: 404. Default: now.`,
);

/** Members of the envelope of lists with `as_of`. */
export const pastFields = {
  as_of: time(
    "With `as_of`: the moment that is shown, at most the requested one. Absent without it.",
  ).optional(),
  missing_fields: z
    .array(z.string())
    .optional()
    .meta({
      description:
        "With `as_of`: the fields, by CSV column name, that are null on some or all rows because they, or what they are computed from, were not kept. Absent without it.",
      example: ["predicted_rate", "settled_rate"],
    }),
};

/** Their values; empty for a live snapshot. `shownTime` is `fetched_at` of the answer. */
export function pastMember(
  { past }: Snapshot,
  shownTime: number | string,
  missingFields: readonly string[],
) {
  return past === undefined ? {} : { as_of: shownTime, missing_fields: [...missingFields] };
}

/** The same as headers, for formats without an envelope. */
export function pastHeaders(
  { past }: Snapshot,
  shownTime: number | string,
  missingFields: readonly string[],
): FixedHeaders {
  if (past === undefined) return {};
  return {
    "x-as-of": String(shownTime),
    ...(missingFields.length > 0 && { "x-missing-fields": missingFields.join(", ") }),
  };
}

/** Fields of a listing that samples do not have. */
export const UNSAMPLED_FIELDS = [
  "predicted_rate",
  "instant_rate",
  "settled_rate",
  "settled_at",
  "last_price",
] as const;
