import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { flatRows } from "../../../lib/flat-table.ts";
import { sortByNumber, sortStepwise } from "../../../lib/sort-in-parts.ts";
import { inSteps, mapEach, type Stepwise } from "../../../lib/stepwise.ts";
import { rangeUntil } from "../../../services/history/cumulative.ts";
import type { CumulativeSort } from "../../../services/history/cumulative-query.ts";
import type { CumulativeRow } from "../../../services/history/cumulative-table.ts";
import { visibleFromMs } from "../../../services/history/history-depth.ts";
import type { HistoryReader } from "../../../services/history/history-reader.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { columnsOf } from "../../lists/columns.ts";
import { sendSourced } from "../../lists/paging.ts";
import { pastFilter } from "../../lists/past-filter.ts";
import { PastTables, tableSources } from "../../lists/past-tables.ts";
import { askPast } from "../../lists/past.ts";
import { withNames } from "../../lists/resolved-names.ts";
import { instrumentPart, knownSeconds, secondsOf } from "../../lists/row-fields.ts";
import { isoOf } from "../../lists/shown-fields.ts";
import { cachedFile, problems } from "../../openapi/document.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import {
  type CumulativeItem,
  CumulativeListSchema,
  CumulativeQuerySchema,
  CumulativeSchema,
} from "./schema.ts";

const cumulativeRoute = createRoute({
  method: "get",
  path: "/api/funding/cumulative",
  operationId: "listCumulativeFunding",
  tags: ["History"],
  summary: "What was charged over a range, added up",
  description:
    "For each instrument the sum of its payments over the last days, annualized over the time that they really cover, how steady they were and how complete they are known. Computed up to the last full minute.",
  request: { query: CumulativeQuerySchema },
  responses: {
    ...cachedFile(CumulativeListSchema, "The matching instruments, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "not_ready", "busy", "history_unavailable"),
  },
});

export function addCumulativeRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    history,
  }: {
    readonly answers: SnapshotAnswers;
    readonly history: HistoryReader;
  },
): void {
  const tables = new PastTables(history);
  app.openapi(cumulativeRoute, async (c) => {
    const params = c.req.valid("query");
    const { params: found, names } = await withNames(answers, c, params);
    let shown = { fromMs: 0, toMs: 0 };
    const sent = sendSourced(answers, c, params, {
      name: "funding-cumulative",
      names,
      isOfListings: false,
      sources: tableSources(answers, async (asOfMs, snapshot, pauses) => {
        const { fromMs, toMs } = rangeUntil(asOfMs, params.range);
        const range = { fromMs: visibleFromMs(fromMs), toMs };
        shown = range;
        const { filter, assetIds } = await inSteps(pastFilter(snapshot, found), pauses);
        const { table } = await tables.of("cumulative", { filter, range, asOfMs }, "range");
        const rows = Array.from({ length: table.length }, (_, index) => index);
        return inSteps(sorted(yieldRows(rows, flatRows(table), assetIds), params), pauses);
      }),
      toRow: (row: CumulativeItem) => row,
      columns: COLUMNS,
      parquet: (columns) => askPast(history, "parquet", columns, c.req.raw),
      head: () => {
        const head = {
          range: params.range,
          from_at: secondsOf(shown.fromMs),
          to_at: secondsOf(shown.toMs),
        };
        return params.time === "iso" ? (isoOf(head) as typeof head) : head;
      },
    });
    return documented(cumulativeRoute, sent);
  });
}

const COLUMNS = columnsOf(CumulativeSchema);

function* yieldRows(
  rows: readonly number[],
  rowAt: (index: number) => CumulativeRow,
  assetIds: ReadonlyMap<string, string | null>,
): Stepwise<CumulativeItem[]> {
  return yield* mapEach(rows, (index) => itemOf(rowAt(index), assetIds));
}

function* sorted(
  made: Stepwise<CumulativeItem[]>,
  { sort, order }: { readonly sort: CumulativeSort; readonly order: "asc" | "desc" },
): Stepwise<readonly CumulativeItem[]> {
  const items = yield* made;
  const named = yield* sortStepwise(items, byExchange);
  const sign = order === "asc" ? 1 : -1;
  return yield* sortByNumber(named, (item) => {
    const value = item[sort];
    return value === null ? Number.POSITIVE_INFINITY : sign * value;
  });
}

function byExchange(left: CumulativeItem, right: CumulativeItem): number {
  const nameOf = (item: CumulativeItem) => `${item.exchange} ${item.exchange_symbol} ${item.uid}`;
  const [one, other] = [nameOf(left), nameOf(right)];
  return one < other ? -1 : Number(one > other);
}

function itemOf(row: CumulativeRow, assetIds: ReadonlyMap<string, string | null>): CumulativeItem {
  return {
    ...instrumentPart({ ...row, assetId: assetIds.get(row.uid) ?? null }),
    asset_class: row.assetClass,
    accrual: row.accrual,
    settlements: row.count,
    estimated_settlements: row.estimated,
    unpriced_hours: row.unpriced,
    sum_pct: row.sumPct,
    sum_fraction: row.sum === null ? null : Number(row.sum),
    sum_text: row.sum,
    annualized_pct: row.annualizedPct,
    covered_hours: row.coveredHours,
    positive_share: row.positiveShare,
    sign_flips: row.signFlips,
    longest_run: runOf(row),
    expected_settlements: row.expected,
    completeness_share: row.completeness,
    complete: row.isComplete,
    reason: row.noSum,
  };
}

function runOf(row: CumulativeRow): CumulativeItem["longest_run"] {
  const { runSign, runCount, runHours, runFirstSlotMs, runLastSlotMs } = row;
  if (runSign === null || runCount === null || runHours === null) return null;
  return {
    sign: runSign,
    settlements: runCount,
    hours: runHours,
    first_slot_at: knownSeconds(runFirstSlotMs) ?? 0,
    last_slot_at: knownSeconds(runLastSlotMs) ?? 0,
  };
}
