import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { FlatColumn } from "../../../lib/flat-table.ts";
import { inSteps } from "../../../lib/stepwise.ts";
import type { BoardView } from "../../../services/board/board-view.ts";
import {
  historyRange,
  isShortEnough,
  MAX_POINTS,
  MAX_RAW_DAYS,
  type PointsQuery,
} from "../../../services/history/history-query.ts";
import type { HistoryReader } from "../../../services/history/history-reader.ts";
import type { Resolution } from "../../../services/history/series.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { BasePathSchema } from "../../lists/base-path.ts";
import { type Column, columnsOf } from "../../lists/columns.ts";
import { knownBase } from "../../lists/known-base.ts";
import { sendSourced } from "../../lists/paging.ts";
import { pastFilter } from "../../lists/past-filter.ts";
import { askPast } from "../../lists/past.ts";
import { pointSources } from "../../lists/point-source.ts";
import { isoOf } from "../../lists/shown-fields.ts";
import { cachedFile, problems } from "../../openapi/document.ts";
import { badParameters } from "../../protocol/problem.ts";
import type { FixedHeaders } from "../../protocol/headers.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { LinePointSchema } from "./line-schema.ts";
import { LiveBucketSchema, LivePointSchema } from "./live-schema.ts";
import { type PageHead, type ReadPage, readings } from "./readings.ts";
import {
  HistoryListSchema,
  HistoryQuerySchema,
  resolutionOf,
  SettledBucketSchema,
  SettledPointSchema,
} from "./schema.ts";
import type { AssetIds } from "./series-part.ts";

const historyRoute = createRoute({
  method: "get",
  path: "/api/funding/history/{base}",
  operationId: "listFundingHistory",
  tags: ["History"],
  summary: "What was charged, and live rates as they were",
  description:
    "The payments of every listing of one asset, past listings included, in the order of time: what was charged at each slot, and what accrued in each hour of continuous funding. With a resolution, their sum, mean and number per length of time. `series` names the instruments and what is not known of them. With kind=live their live rates as they were sampled instead, and how many there are of each; a time without samples stays empty. The range is half-open: [from, to).",
  request: { params: BasePathSchema, query: HistoryQuerySchema },
  responses: {
    ...cachedFile(HistoryListSchema, "The points, possibly none."),
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
    const valid = c.req.valid("query");
    const resolution = resolutionOf(valid);
    const params = { ...valid, resolution };
    const { base } = c.req.valid("param");
    const { asked, bases, names } = await knownBase({ answers, board }, c, base, params.cursor);
    const request = c.req.raw;
    const reading = readings(history, request);
    const list = <Row extends object, Head extends PageHead>(
      columns: readonly Column<Row>[],
      read: (query: PointsQuery, assetIds: AssetIds) => Promise<ReadPage<Row, Head>>,
    ) => {
      let page: ReadPage<Row, Head> | null = null;
      return {
        name: "funding-history",
        names,
        isOfListings: false,
        path: `/api/funding/history/${encodeURIComponent(asked)}`,
        variant: asked,
        sources: pointSources(answers, async ({ limit, pauses, ...part }, snapshot) => {
          const range = rangeOf(params, part.asOfMs);
          const known = await inSteps(pastFilter(snapshot, { ...params, base: bases }), pauses);
          const query = { ...part, filter: known.filter, range, limit: limit ?? MAX_POINTS };
          page = await read(query, known.assetIds);
          return page.found;
        }),
        toRow: (index: number): Row => readOf(page).row(index),
        columns,
        parquet: (flat: FlatColumn[]) => askPast(history, "parquet", flat, request),
        head: () => {
          const head = { resolution, ...readOf(page).head };
          return params.time === "iso" ? (isoOf(head) as typeof head) : head;
        },
        headers: () => headersOf(readOf(page).head),
      } as const;
    };
    const shown = <Row extends object, Head extends PageHead>(
      ...of: Parameters<typeof list<Row, Head>>
    ) => sendSourced(answers, c, params, list(...of));
    const { kind, weighting } = params;
    if (resolution === "raw")
      return kind === "live"
        ? documented(historyRoute, shown(LIVE_COLUMNS, reading.samples))
        : documented(historyRoute, shown(COLUMNS, reading.payments));
    if (weighting !== null) {
      const line = reading.line({ kind, resolution, weighting, asked });
      return documented(historyRoute, shown(LINE_COLUMNS, line));
    }
    return kind === "live"
      ? documented(historyRoute, shown(LIVE_BUCKET_COLUMNS, reading.liveBuckets(resolution)))
      : documented(historyRoute, shown(BUCKET_COLUMNS, reading.settledBuckets(resolution)));
  });
}

const COLUMNS = columnsOf(SettledPointSchema);
const BUCKET_COLUMNS = columnsOf(SettledBucketSchema);

const LINE_COLUMNS = columnsOf(LinePointSchema);

const LIVE_COLUMNS = columnsOf(LivePointSchema);
const LIVE_BUCKET_COLUMNS = columnsOf(LiveBucketSchema);

/** Rows and head are written after the page was read. */
function readOf<Page>(page: Page | null): Page {
  if (page === null) throw new Error("assertion failed: written before it was read");
  return page;
}

/** Samples are never due: a page of them has nothing to be complete of. */
function headersOf(head: PageHead): FixedHeaders {
  return head.kind === "settled" ? { "x-complete": String(head.complete) } : {};
}

/** The range of the parameters. Throws the problem for one that is too long. */
function rangeOf(
  {
    from,
    to,
    resolution,
  }: {
    readonly from: number | null;
    readonly to: number | null;
    readonly resolution: Resolution;
  },
  asOfMs: number,
) {
  const millisecondsOf = (seconds: number | null) => (seconds === null ? null : seconds * 1000);
  const range = historyRange({ fromMs: millisecondsOf(from), toMs: millisecondsOf(to) }, asOfMs);
  if (resolution !== "raw" || isShortEnough(range)) return range;
  const rule = `must not be more than ${MAX_RAW_DAYS} days before to; choose a resolution for more`;
  throw badParameters([{ parameter: "from", rule }]);
}
