import { z } from "@hono/zod-openapi";
import { timeParam } from "../../openapi/params.ts";
import {
  instrumentFields,
  instrumentFilters,
  listSchema,
  fieldsParam,
  pageParams,
  time,
} from "../../lists/row-fields.ts";

const hours = (description: string, example: number) =>
  z.number().openapi({ description: `${description} Hours.`, example });

export const IntervalChangeSchema = z
  .strictObject({
    ...instrumentFields,
    from_hours: hours("The previous interval.", 8),
    to_hours: hours("The new interval.", 1),
    changed_at: time("When the change was first observed."),
  })
  .openapi("IntervalChange");

export type IntervalChangeRow = z.infer<typeof IntervalChangeSchema>;

export const IntervalChangeListSchema = listSchema("IntervalChangeList", IntervalChangeSchema);

export const IntervalChangeQuerySchema = z.strictObject({
  exchange: instrumentFilters.exchange,
  base: instrumentFilters.base,
  asset_id: instrumentFilters.asset_id,
  from: timeParam({
    description: "Changes at or after this. Default: 30 days before the snapshot.",
    example: 1_793_620_800,
    fallback: null,
  }),
  to: timeParam({
    description: "Changes before this. Default: up to the snapshot.",
    example: 1_793_707_200,
    fallback: null,
  }),
  ...pageParams,
  fields: fieldsParam(["exchange", "symbol", "from_hours", "to_hours"]),
});
