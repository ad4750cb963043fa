import { z } from "@hono/zod-openapi";
import { INTERVAL_CHANGE_DEFAULTS } from "../../../services/finder/interval-changes.ts";
import { timeParam } from "../../openapi/params.ts";
import {
  instrumentFields,
  instrumentFilters,
  fieldsParam,
  logPageParams,
  logSchema,
  time,
} from "../../lists/row-fields.ts";

const hours = (description: string, example: number) =>
  z.number().meta({ description: `${description} Hours.`, example });

export const IntervalChangeSchema = z
  .strictObject({
    ...instrumentFields,
    from_hours: hours("The previous interval.", 8),
    to_hours: hours("The new interval.", 1),
    changed_at: time("When the change was first observed."),
  })
  .openapi("IntervalChange");

export type IntervalChangeRow = z.infer<typeof IntervalChangeSchema>;

export const IntervalChangeListSchema = logSchema("IntervalChangeList", IntervalChangeSchema);

const SPAN_DAYS = INTERVAL_CHANGE_DEFAULTS.spanMs / 86_400_000;

export const IntervalChangeQuerySchema = z
  .strictObject({
    exchange: instrumentFilters.exchange,
    base: instrumentFilters.base,
    asset_id: instrumentFilters.asset_id,
    from: timeParam({
      description: `Changes at or after this, which must not be after \`to\`. Default: ${SPAN_DAYS} days before \`fetched_at\`.`,
      fallback: null,
    }),
    to: timeParam({
      description:
        "Changes before this, which must not be before `from`. Default: up to `fetched_at`, its own time included.",
      fallback: null,
    }),
    ...logPageParams,
    fields: fieldsParam(["exchange", "symbol", "from_hours", "to_hours"]),
  })
  .superRefine(({ from, to }, context) => {
    if (from === null || to === null || from <= to) return;
    context.addIssue({ code: "custom", path: ["from"], message: "must not be after to" });
    context.addIssue({ code: "custom", path: ["to"], message: "must not be before from" });
  });
