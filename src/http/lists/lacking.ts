import { z } from "@hono/zod-openapi";
import type { LedgerRange } from "../../services/history/gap-ledger.ts";
import { LackingStateSchema } from "../openapi/past-terms.ts";
import { secondsOf, time } from "./row-fields.ts";

export const LackingRangeSchema = z
  .strictObject({
    state: LackingStateSchema,
    first_slot_at: time("The first slot of the range."),
    last_slot_at: time("The last one, included."),
    funding_interval_hours: z.number().nullable().meta({
      description:
        "The distance between its slots. Null if nothing shows an interval: then the two are times, not slots.",
      example: 8,
    }),
    slots: z.int().nullable().meta({ description: "Their number; null without an interval." }),
  })
  .openapi("LackingRange");

/** What an answer could not use of the samples that it needed. */
export const unreadablePeriods = z.int().min(0).meta({
  description:
    "Hours, days and months of an exchange whose samples would have been needed, but are damaged: they are left out.",
  example: 0,
});

type LackingItem = z.infer<typeof LackingRangeSchema>;

/** Ranges of a ledger as sent; what is present is left out. */
export function lackingItems(ranges: readonly LedgerRange[]): LackingItem[] {
  return ranges.flatMap(({ state, firstSlotMs, lastSlotMs, intervalHours, slots }) =>
    state === "present"
      ? []
      : {
          state,
          first_slot_at: secondsOf(firstSlotMs),
          last_slot_at: secondsOf(lastSlotMs),
          funding_interval_hours: intervalHours,
          slots,
        },
  );
}
