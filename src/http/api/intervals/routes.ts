import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { withNames } from "../../lists/resolved-names.ts";
import type {
  AssetIntervalChange,
  IntervalChangeQuery,
  IntervalChanges,
} from "../../../services/finder/interval-changes.ts";
import { columnsOf } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { sendSourced } from "../../lists/paging.ts";
import { logSources } from "../../lists/log-source.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { instrumentPart, secondsOf } from "../../lists/row-fields.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import {
  IntervalChangeListSchema,
  IntervalChangeQuerySchema,
  type IntervalChangeRow,
  IntervalChangeSchema,
} from "./schema.ts";

const changesRoute = createRoute({
  method: "get",
  path: "/api/intervals/changes",
  operationId: "listIntervalChanges",
  tags: ["Exchanges"],
  summary: "Changes of funding intervals",
  description:
    "Every change of an instrument's funding interval, newest first. A change is one event, observed within one refresh; an interval that was unknown for a while and came back unchanged is not a change. The range is half-open: [from, to). `snapshot` and `fetched_at` stay the same until another change is stored.",
  request: { query: IntervalChangeQuerySchema },
  responses: {
    ...cachedList(IntervalChangeListSchema, "The matching changes, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "not_ready", "busy"),
  },
});

export function addIntervalRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    intervalChanges: changes,
  }: {
    readonly answers: SnapshotAnswers;
    readonly intervalChanges: IntervalChanges;
  },
): void {
  app.openapi(changesRoute, async (c) => {
    const params = c.req.valid("query");
    const { exchange, asset_id: assetIds, from, to } = params;
    const { params: found, names } = await withNames(answers, c, params);
    const query: IntervalChangeQuery = {
      exchanges: exchange,
      bases: found.base,
      assetIds,
      fromMs: from === null ? null : from * 1000,
      toMs: to === null ? null : to * 1000,
    };
    // The cursor is bound to the names as requested: their resolution may change between two pages of a list.
    const sent = sendSourced(answers, c, params, {
      name: "interval-changes",
      names,
      isOfListings: false,
      sources: logSources({
        ...changes,
        page: (snapshot, part) => changes.page(snapshot, query, part),
      }),
      toRow: changeRow,
      columns: COLUMNS,
    });
    return documented(changesRoute, sent);
  });
}

const COLUMNS = columnsOf(IntervalChangeSchema);

function changeRow(change: AssetIntervalChange): IntervalChangeRow {
  return {
    ...instrumentPart(change),
    from_hours: change.fromHours,
    to_hours: change.toHours,
    changed_at: secondsOf(change.changedAtMs),
  };
}
