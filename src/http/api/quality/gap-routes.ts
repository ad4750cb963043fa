import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Snapshot } from "../../../domain/market.ts";
import { flatRows } from "../../../lib/flat-table.ts";
import type { Pauses } from "../../../lib/pauses.ts";
import { inSteps, mapEach } from "../../../lib/stepwise.ts";
import { visibleFromMs } from "../../../services/history/history-depth.ts";
import type { HistoryReader } from "../../../services/history/history-reader.ts";
import { spanStartMs } from "../../../services/history/ledger-table.ts";
import { MAX_LACKING_RANGES } from "../../../services/history/settled-page.ts";
import type { SeriesFilter } from "../../../services/history/series-filter.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { columnsOf } from "../../lists/columns.ts";
import { sendSourced } from "../../lists/paging.ts";
import { pastFilter } from "../../lists/past-filter.ts";
import { PastTables, tableSources } from "../../lists/past-tables.ts";
import { secondsOf } from "../../lists/row-fields.ts";
import { isoOf } from "../../lists/shown-fields.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { exchangeGaps, instrumentGaps, type LedgerItem } from "./gap-rows.ts";
import {
  type ExchangeGaps,
  ExchangeGapsSchema,
  GapListSchema,
  GapQuerySchema,
  type InstrumentGaps,
  InstrumentGapsSchema,
} from "./gap-schema.ts";

const gapsRoute = createRoute({
  method: "get",
  path: "/api/quality/gaps",
  operationId: "listGaps",
  tags: ["History"],
  summary: "What is known of the past, and what is not",
  description:
    "Payments that were due against those that are stored, with the intervals that held then, and how far the past has been read from the exchanges. One row per exchange; with `exchange` or `uid` one per instrument. Computed up to the last full minute.",
  request: { query: GapQuerySchema },
  responses: {
    ...cachedList(GapListSchema, "The exchanges or instruments with a past, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "not_ready", "busy", "history_unavailable"),
  },
});

export function addGapRoutes(
  app: OpenAPIHono<AppEnv>,
  { answers, history }: { readonly answers: SnapshotAnswers; readonly history: HistoryReader },
): void {
  const tables = new PastTables(history);
  app.openapi(gapsRoute, async (c) => {
    const params = c.req.valid("query");
    const { range: span, exchange, uid } = params;
    let shown = { fromMs: 0, toMs: 0 };
    const head = () => {
      const members = {
        range: span,
        from_at: shown.fromMs === 0 ? null : secondsOf(shown.fromMs),
        to_at: secondsOf(shown.toMs),
      };
      return params.time === "iso" ? (isoOf(members) as typeof members) : members;
    };
    const read = async (
      asOfMs: number,
      filter: SeriesFilter,
      maxRanges: number,
      pauses: Pauses,
    ) => {
      const fromMs = visibleFromMs(spanStartMs(span, asOfMs));
      shown = { fromMs, toMs: asOfMs };
      const range = { fromMs, toMs: asOfMs };
      const query = { filter, range, asOfMs, maxRanges };
      return ledgerItems(await tables.of("ledger", query, "range"), pauses);
    };
    const common = { isOfListings: false, head } as const;
    if (exchange === null && uid === null)
      return documented(
        gapsRoute,
        sendSourced(answers, c, params, {
          ...common,
          name: "quality-gaps",
          sources: tableSources(answers, async (asOfMs, _, pauses) =>
            exchangeGaps(await read(asOfMs, EVERYTHING, 0, pauses)),
          ),
          toRow: (row: ExchangeGaps) => row,
          columns: EXCHANGE_COLUMNS,
        }),
      );
    const sources = tableSources(answers, async (asOfMs, snapshot: Snapshot, pauses) => {
      const { filter, assetIds } = await inSteps(pastFilter(snapshot, params), pauses);
      const names = uid === null ? null : { bases: [], exceptUids: [], uids: uid };
      const items = await read(asOfMs, { ...filter, names }, MAX_LACKING_RANGES, pauses);
      return inSteps(
        mapEach(items, (item) => instrumentGaps(item, assetIds)),
        pauses,
      );
    });
    return documented(
      gapsRoute,
      sendSourced(answers, c, params, {
        ...common,
        name: "quality-gaps-instruments",
        sources,
        toRow: (row: InstrumentGaps) => row,
        columns: INSTRUMENT_COLUMNS,
      }),
    );
  });
}

const EXCHANGE_COLUMNS = columnsOf(ExchangeGapsSchema);
const INSTRUMENT_COLUMNS = columnsOf(InstrumentGapsSchema);

const EVERYTHING: SeriesFilter = {
  names: null,
  exchanges: null,
  quotes: null,
  assetClasses: null,
};

type Ledger = Awaited<ReturnType<typeof PastTables.prototype.of<"ledger">>>;

/** The rows of the tables, each with the ranges of its series. */
async function ledgerItems({ table, lacking }: Ledger, pauses: Pauses): Promise<LedgerItem[]> {
  const every = (length: number) => Array.from({ length }, (_, index) => index);
  const ranges = await inSteps(mapEach(every(lacking.length), flatRows(lacking)), pauses);
  const rowAt = flatRows(table);
  const bySeries = Map.groupBy(ranges, ({ series }) => series);
  return inSteps(
    mapEach(every(table.length), (index) => ({
      row: rowAt(index),
      lacking: bySeries.get(index) ?? [],
    })),
    pauses,
  );
}
