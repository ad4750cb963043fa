import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { type SettlementSlot, slotsAhead } from "../../../services/finder/calendar-slots.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { withNames } from "../../lists/resolved-names.ts";
import { columnsOf } from "../../lists/columns.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import {
  SettlementSlotListSchema,
  type SettlementSlotRow,
  SettlementSlotSchema,
  SlotQuerySchema,
} from "./slot-schema.ts";

const slotRoute = createRoute({
  method: "get",
  path: "/api/funding/calendar/slots",
  operationId: "listSettlementSlots",
  tags: ["Market"],
  summary: "Upcoming settlements, summed by time",
  description:
    "The settlements of /api/funding/calendar, one row per time: how many instruments settle, their open interest, and what longs pay shorts if rates and open interest stay unchanged. Unknown values are counted, never guessed: beyond the second settlement no rate is known.",
  request: { query: SlotQuerySchema },
  responses: {
    ...cachedList(SettlementSlotListSchema, "The times with a settlement, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

export function addSlotRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
  }: {
    readonly answers: SnapshotAnswers;
  },
): void {
  app.openapi(slotRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query = { filter: listingQuery(params), hours: params.hours };
    const sent = sendList(answers, c, params, {
      name: "funding-calendar-slots",
      names,
      select: (snapshot) => slotsAhead(snapshot, query),
      toRow: slotRow,
      columns: COLUMNS,
    });
    return documented(slotRoute, sent);
  });
}

const COLUMNS = columnsOf(SettlementSlotSchema);

function slotRow(slot: SettlementSlot, fetchedAt: number): SettlementSlotRow {
  const { settlesAt, longsPayUsd, shortsPayUsd } = slot;
  return {
    settles_at: settlesAt,
    seconds_ahead: Math.max(0, settlesAt - fetchedAt),
    instruments: slot.instruments,
    exchanges: slot.exchanges,
    open_interest_usd: slot.openInterestUsd,
    open_interest_unknown: slot.openInterestUnknown,
    longs_pay_usd: longsPayUsd,
    shorts_pay_usd: shortsPayUsd,
    payment_usd: longsPayUsd === null || shortsPayUsd === null ? null : longsPayUsd - shortsPayUsd,
    payment_unknown: slot.paymentUnknown,
  };
}
