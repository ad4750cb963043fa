import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { isExchangeId } from "../../../domain/exchange.ts";
import { flatRows, type FlatTable } from "../../../lib/flat-table.ts";
import { inSteps } from "../../../lib/stepwise.ts";
import type { ForecastError } from "../../../services/history/forecast-error.ts";
import { type ForecastAnswer, slotsUntil } from "../../../services/history/forecast-table.ts";
import type { HistoryRange } from "../../../services/history/history-query.ts";
import type { HistoryReader } from "../../../services/history/history-reader.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { columnsOf } from "../../lists/columns.ts";
import { sendSourced } from "../../lists/paging.ts";
import { pastFilter } from "../../lists/past-filter.ts";
import { PastTables, tableSources } from "../../lists/past-tables.ts";
import { askPast } from "../../lists/past.ts";
import { withNames } from "../../lists/resolved-names.ts";
import { secondsOf } from "../../lists/row-fields.ts";
import { isoOf } from "../../lists/shown-fields.ts";
import { cachedFile, problems } from "../../openapi/document.ts";
import { badParameters } from "../../protocol/problem.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import {
  type ForecastErrorItem,
  ForecastErrorListSchema,
  ForecastErrorQuerySchema,
  ForecastErrorSchema,
} from "./schema.ts";

const forecastErrorRoute = createRoute({
  method: "get",
  path: "/api/funding/forecast-error",
  operationId: "listForecastErrors",
  tags: ["History"],
  summary: "Live rates against what was charged",
  description:
    "By exchange and interval, how far the live rate 1, 2 and 4 hours before a settlement was from the rate that was then charged. A live rate counts if it was sampled at most five minutes before that moment and was published for this settlement: horizons are shorter than the interval. Only settlements known from the exchange count, not estimates, which are live rates themselves. Continuous contracts are left out. Samples of each instrument are read: without `base`, `asset_id` and `exchange` those of BTC. Computed once an hour.",
  request: { query: ForecastErrorQuerySchema },
  responses: {
    ...cachedFile(ForecastErrorListSchema, "A row for each that has a settlement, possibly none."),
    ...problems("bad_parameter", "not_ready", "busy", "history_unavailable"),
  },
});

export function addForecastRoutes(
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
  app.openapi(forecastErrorRoute, async (c) => {
    const params = narrowed(c.req.valid("query"));
    const { params: found, names } = await withNames(answers, c, params);
    let shown: Compared | null = null;
    const sent = sendSourced(answers, c, params, {
      name: "funding-forecast-error",
      names,
      isOfListings: false,
      sources: tableSources(answers, async (asOfMs, snapshot, pauses) => {
        const range = slotsUntil(asOfMs, params.days);
        const { filter } = await inSteps(pastFilter(snapshot, found), pauses);
        const answer = compared(await tables.answer("forecast", { filter, range }));
        shown = { answer, range };
        return itemsOf(answer.table);
      }),
      toRow: (row: ForecastErrorItem) => row,
      columns: COLUMNS,
      parquet: (columns) => askPast(history, "parquet", columns, c.req.raw),
      head: () => {
        const head = headOf(shown);
        return params.time === "iso" ? (isoOf(head) as typeof head) : head;
      },
    });
    return documented(forecastErrorRoute, sent);
  });
}

/** Every instrument at once would be too much. */
const DEFAULT_BASE = ["BTC"];

function narrowed<
  Params extends Readonly<Record<"base" | "asset_id" | "exchange", readonly string[] | null>>,
>(params: Params): Params {
  const isNarrow = params.base !== null || params.asset_id !== null || params.exchange !== null;
  return isNarrow ? params : { ...params, base: DEFAULT_BASE };
}

const COLUMNS = columnsOf(ForecastErrorSchema);

type Table = Extract<ForecastAnswer, { readonly kind: "table" }>;

interface Compared {
  readonly answer: Table;
  readonly range: HistoryRange;
}

/** Throws the problem for too many samples. */
function compared(answer: ForecastAnswer): Table {
  if (answer.kind === "table") return answer;
  const rule = `covers too much: ${answer.seriesDays} days of all instruments together; choose fewer, or fewer exchanges or assets`;
  throw badParameters([{ parameter: "days", rule }]);
}

function headOf(shown: Compared | null) {
  if (shown === null) throw new Error("assertion failed: written before it was computed");
  const { answer, range } = shown;
  return {
    from_at: secondsOf(range.fromMs),
    to_at: secondsOf(range.toMs),
    instruments: answer.instruments,
    continuous_instruments: answer.continuous,
    unreadable_periods: answer.unreadable,
  };
}

/** At most a few hundred: a row for each exchange, interval and horizon. */
function itemsOf(table: FlatTable<ForecastError>): readonly ForecastErrorItem[] {
  const rowAt = flatRows(table);
  return Array.from({ length: table.length }, (_, index) => rowAt(index)).flatMap(
    ({ exchange, ...row }) => (isExchangeId(exchange) ? [{ exchange, ...figuresOf(row) }] : []),
  );
}

function figuresOf(row: Omit<ForecastError, "exchange">) {
  return {
    funding_interval_hours: row.intervalHours,
    horizon_hours: row.horizonHours,
    settlements: row.count,
    bias_pct: row.biasPct,
    p10_pct: row.p10Pct,
    p50_pct: row.p50Pct,
    p90_pct: row.p90Pct,
  };
}
