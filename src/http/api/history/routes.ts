import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { inSteps } from "../../../lib/stepwise.ts";
import type { BoardView } from "../../../services/board/board-view.ts";
import {
  historyRange,
  isShortEnough,
  MAX_POINTS,
  MAX_RAW_DAYS,
} from "../../../services/history/history-query.ts";
import type { HistoryReader } from "../../../services/history/history-reader.ts";
import type { SettledPage } from "../../../services/history/settled-page.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { BasePathSchema } from "../../lists/base-path.ts";
import { columnsOf } from "../../lists/columns.ts";
import { knownBase } from "../../lists/known-base.ts";
import { sendSourced } from "../../lists/paging.ts";
import { pastFilter } from "../../lists/past-filter.ts";
import { askPast } from "../../lists/past.ts";
import { pointSources } from "../../lists/point-source.ts";
import { isoOf } from "../../lists/shown-fields.ts";
import { cachedFile, problems } from "../../openapi/document.ts";
import { badParameters } from "../../protocol/problem.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { pageHead, rowsOf } from "./rows.ts";
import {
  HistoryQuerySchema,
  SettledListSchema,
  type SettledPointRow,
  SettledPointSchema,
} from "./schema.ts";

const historyRoute = createRoute({
  method: "get",
  path: "/api/funding/history/{base}",
  operationId: "listFundingHistory",
  tags: ["History"],
  summary: "What was charged",
  description:
    "The payments of every listing of one asset, past listings included, in the order of time: what was charged at each slot, and what accrued in each hour of continuous funding. `series` names the instruments and what is not known of them. The range is half-open: [from, to).",
  request: { params: BasePathSchema, query: HistoryQuerySchema },
  responses: {
    ...cachedFile(SettledListSchema, "The points, possibly none."),
    ...problems(
      "bad_parameter",
      "bad_cursor",
      "unknown_base",
      "not_ready",
      "busy",
      "history_unavailable",
    ),
  },
});

export function addHistoryRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    board,
    history,
  }: {
    readonly answers: SnapshotAnswers;
    readonly board: BoardView;
    readonly history: HistoryReader;
  },
): void {
  app.openapi(historyRoute, async (c) => {
    const params = c.req.valid("query");
    const { base } = c.req.valid("param");
    const { asked, bases, names } = await knownBase({ answers, board }, c, base, params.cursor);
    let page: ReadPage | null = null;
    const sent = sendSourced(answers, c, params, {
      name: "funding-history",
      names,
      isOfListings: false,
      path: `/api/funding/history/${encodeURIComponent(asked)}`,
      variant: asked,
      sources: pointSources(answers, async ({ asOfMs, after, total, limit, pauses }, snapshot) => {
        const range = rangeOf(params, asOfMs);
        const known = await inSteps(pastFilter(snapshot, { ...params, base: bases }), pauses);
        const { filter } = known;
        const query = {
          filter,
          range,
          asOfMs,
          limit: limit ?? MAX_POINTS,
          after,
          total,
        };
        const found = await askPast(history, "settled", query, c.req.raw);
        page = { found, assetIds: known.assetIds, row: rowsOf(found, known.assetIds) };
        return found;
      }),
      toRow: (index: number): SettledPointRow => readOf(page).row(index),
      columns: COLUMNS,
      parquet: (columns) => askPast(history, "parquet", columns, c.req.raw),
      head: () => {
        const head = pageHead(readOf(page).found, readOf(page).assetIds);
        return params.time === "iso" ? (isoOf(head) as typeof head) : head;
      },
      headers: () => ({ "x-complete": String(isComplete(readOf(page).found)) }),
    });
    return documented(historyRoute, sent);
  });
}

const COLUMNS = columnsOf(SettledPointSchema);

/** A page that was read for one request. */
interface ReadPage {
  readonly found: SettledPage;
  readonly assetIds: ReadonlyMap<string, string | null>;
  readonly row: (index: number) => SettledPointRow;
}

/** Rows and head are written after the page was read. */
function readOf(page: ReadPage | null): ReadPage {
  if (page === null) throw new Error("assertion failed: written before it was read");
  return page;
}

function isComplete({ series }: SettledPage): boolean {
  return series.every(({ lackingRanges }) => lackingRanges === 0);
}

/** The range of the parameters. Throws the problem for one that is too long. */
function rangeOf(
  { from, to }: { readonly from: number | null; readonly to: number | null },
  asOfMs: number,
) {
  const millisecondsOf = (seconds: number | null) => (seconds === null ? null : seconds * 1000);
  const range = historyRange({ fromMs: millisecondsOf(from), toMs: millisecondsOf(to) }, asOfMs);
  if (isShortEnough(range)) return range;
  const rule = `must not be more than ${MAX_RAW_DAYS} days before to`;
  throw badParameters([{ parameter: "from", rule }]);
}
