import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { AssetIntervalChange, IntervalChanges } from "../../../services/interval-changes.ts";
import { hashQuery } from "../../cursor.ts";
import { cachedJson, problems } from "../../openapi.ts";
import { listContent, pageKey, pageOf } from "../../paging.ts";
import type { AppEnv } from "../../request-context.ts";
import { documented } from "../../routing.ts";
import { instrumentPart, secondsOf } from "../../row-fields.ts";
import type { SnapshotAnswers } from "../../snapshot-answers.ts";
import {
  IntervalChangeListSchema,
  IntervalChangeQuerySchema,
  type IntervalChangeRow,
} from "./schema.ts";

const changesRoute = createRoute({
  method: "get",
  path: "/api/intervals/changes",
  operationId: "listIntervalChanges",
  tags: ["Market"],
  summary: "Funding intervals that became other ones",
  description:
    "Each time an instrument's funding interval changed, the newest first. A change is one event, seen within one refresh; an interval that was unknown for a while and came back the same is none. The range is half-open: [from, to).",
  request: { query: IntervalChangeQuerySchema },
  responses: {
    ...cachedJson(IntervalChangeListSchema, "The matching changes, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready"),
  },
});

export function addIntervalRoutes(
  app: OpenAPIHono<AppEnv>,
  answers: SnapshotAnswers,
  changes: IntervalChanges,
): void {
  app.openapi(changesRoute, (c) => {
    const { limit, cursor, exchange, base, from, to } = c.req.valid("query");
    const canonical = JSON.stringify(["interval changes", exchange, base, from, to]);
    const { snapshot, page } = pageOf(answers, { limit, cursor }, hashQuery(canonical));
    const make = () => {
      const found = changes(snapshot, {
        exchanges: exchange,
        bases: base,
        fromMs: from === null ? null : from * 1000,
        toMs: to === null ? null : to * 1000,
      });
      return listContent(snapshot, found, page, changeRow);
    };
    const query = `${canonical} ${pageKey(page)}`;
    return documented(answers.respond(c.req.raw, c.env, { snapshot, query, make }));
  });
}

function changeRow(change: AssetIntervalChange): IntervalChangeRow {
  return {
    ...instrumentPart(change),
    from_hours: change.fromHours,
    to_hours: change.toHours,
    changed_at: secondsOf(change.changedAtMs),
  };
}
