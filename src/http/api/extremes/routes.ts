import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { withNames } from "../../lists/resolved-names.ts";
import {
  type Extreme,
  type ExtremesQuery,
  findExtremes,
} from "../../../services/finder/extremes.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { columnsOf } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { fundingRow } from "../../lists/funding-row.ts";
import {
  ExtremeListSchema,
  type ExtremeRow,
  ExtremesQuerySchema,
  ExtremeSchema,
} from "./schema.ts";

const extremesRoute = createRoute({
  method: "get",
  path: "/api/funding/extremes",
  operationId: "listExtremes",
  tags: ["Rates"],
  summary: "The most positive and the most negative rates",
  description:
    "Rows with the highest rates above 0, then rows with the lowest rates below 0, comparable across funding intervals. Only rows without a blocking flag (`stale`, `expired`, `interval_unknown`, `identity_conflict`, `suspect`) are ranked: stale and delisted ones disappear at once. Ties are ordered by exchange, then exchange_symbol. There is one page: `count` and `total` are equal, `next_cursor` is null. Thin markets have the most extreme rates: use `min_volume` to leave them out.",
  request: { query: ExtremesQuerySchema },
  responses: {
    ...cachedList(ExtremeListSchema, "The ranked rows, possibly none."),
    ...problems("bad_parameter", "not_ready", "no_data", "busy"),
  },
});

export function addExtremesRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
  }: {
    readonly answers: SnapshotAnswers;
  },
): void {
  app.openapi(extremesRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query: ExtremesQuery = {
      rows: listingQuery(params),
      side: params.side,
      per: params.per,
      limitPerSide: params.limit,
    };
    const sent = sendList(
      answers,
      c,
      { ...params, limit: null },
      {
        name: "funding-extremes",

        names,
        variant: query.limitPerSide,
        select: (snapshot) => findExtremes(snapshot, query),
        toRow: extremeRow,
        columns: COLUMNS,
      },
    );
    return documented(extremesRoute, sent);
  });
}

const COLUMNS = columnsOf(ExtremeSchema);

function extremeRow(extreme: Extreme, fetchedAt: number): ExtremeRow {
  return {
    rank: extreme.rank,
    side: extreme.end,
    per: extreme.per,
    value_pct: extreme.valuePct,
    rate_per_hour_pct: extreme.ratePerHourPct,
    ...fundingRow(extreme.row, fetchedAt),
  };
}
