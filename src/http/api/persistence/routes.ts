import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { isExchangeId, type ExchangeId } from "../../../domain/exchange.ts";
import { type FeeTable, takerFees, type TakerFees } from "../../../domain/fees.ts";
import { flatRows } from "../../../lib/flat-table.ts";
import { inSteps, mapEach } from "../../../lib/stepwise.ts";
import type { HistoryReader } from "../../../services/history/history-reader.ts";
import {
  hoursUntil,
  type PersistenceAnswer,
  type PersistenceRow,
} from "../../../services/history/persistence-table.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { columnsOf } from "../../lists/columns.ts";
import { sendSourced } from "../../lists/paging.ts";
import { PastTables, tableSources } from "../../lists/past-tables.ts";
import { askPast } from "../../lists/past.ts";
import { isoOf } from "../../lists/shown-fields.ts";
import { cachedFile, problems } from "../../openapi/document.ts";
import { badParameters } from "../../protocol/problem.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import {
  type PersistenceItem,
  PersistenceListSchema,
  PersistenceQuerySchema,
  PersistenceSchema,
} from "./schema.ts";

const persistenceRoute = createRoute({
  method: "get",
  path: "/api/funding/persistence",
  operationId: "listSpreadPersistence",
  tags: ["History"],
  summary: "How long spreads have lasted",
  description:
    "Of the spreads between two exchanges that had lasted for a while, the share that lasted 1, 3, 8 and 24 hours more: for all pairs of exchanges together, then for each, those with the most spreads first. Spreads are counted as they were seen at the full hours: at most once at each age, and if their net yield was high enough at that moment; nothing that came later decides whether one counts. The net yield is the recorded one (in steps of 9 %, rounded down) minus four taker fills by the fee of each exchange, as in `fees` and /api/exchanges, without fees of single listings; exchanges of unknown fee are left out. A spread has ended at the first full hour without it. One that still lasts, or lasted when observation was interrupted (an hour that is not stored), counts as observed until then. Counted once an hour.",
  request: { query: PersistenceQuerySchema },
  responses: {
    ...cachedFile(
      PersistenceListSchema,
      "A row for each pair of exchanges, age and horizon; those about all pairs are always there.",
    ),
    ...problems("bad_parameter", "bad_cursor", "not_ready", "busy", "history_unavailable"),
  },
});

export function addPersistenceRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    history,
    fees,
  }: {
    readonly answers: SnapshotAnswers;
    readonly history: HistoryReader;
    readonly fees: FeeTable;
  },
): void {
  const tables = new PastTables(history);
  app.openapi(persistenceRoute, (c) => {
    const params = c.req.valid("query");
    const takerBps = knownFees(takerFees(fees, params.fees));
    let shown: Counted | null = null;
    const sent = sendSourced(answers, c, params, {
      name: "funding-persistence",
      variant: takerBps,
      isOfListings: false,
      sources: tableSources(answers, async (asOfMs, _snapshot, pauses) => {
        const answer = await tables.answer("persistence", {
          ...hoursUntil(asOfMs, params.days),
          days: params.days,
          minNetPct: params.min_net,
          holdHours: params.hold_hours,
          longExchanges: params.long_exchange,
          shortExchanges: params.short_exchange,
          takerBps,
        });
        const { table } = (shown = counted(answer));
        const rowAt = flatRows(table);
        const rows = Array.from({ length: table.length }, (_, index) => index);
        return inSteps(
          mapEach(rows, (index) => itemOf(rowAt(index))),
          pauses,
        );
      }),
      toRow: (row: PersistenceItem) => row,
      columns: COLUMNS,
      parquet: (columns) => askPast(history, "parquet", columns, c.req.raw),
      head: () => {
        const head = headOf(shown);
        return params.time === "iso" ? (isoOf(head) as typeof head) : head;
      },
    });
    return documented(persistenceRoute, sent);
  });
}

const COLUMNS = columnsOf(PersistenceSchema);

type Counted = Extract<PersistenceAnswer, { readonly kind: "table" }>;

/** Throws the problem for too many spreads. */
function counted(answer: PersistenceAnswer): Counted {
  if (answer.kind === "table") return answer;
  const rule = "covers too many spreads: choose fewer";
  throw badParameters([{ parameter: "days", rule }]);
}

function headOf(shown: Counted | null) {
  if (shown === null) throw new Error("assertion failed: written before it was computed");
  return {
    from_at: shown.fromS,
    to_at: shown.toS,
    hours: shown.hours,
    unreadable_hours: shown.unreadableHours,
    sightings: shown.spreads,
    open: shown.open,
  };
}

function knownFees(fees: TakerFees): (readonly [ExchangeId, number])[] {
  return [...fees].flatMap(([exchange, fee]) => (fee === null ? [] : [[exchange, fee.bps]]));
}

function itemOf(row: PersistenceRow): PersistenceItem {
  const { longExchange, shortExchange } = row;
  return {
    long_exchange: exchangeOrNull(longExchange),
    short_exchange: exchangeOrNull(shortExchange),
    age_hours: row.ageHours,
    horizon_hours: row.horizonHours,
    spreads: row.atRisk,
    ended: row.ended,
    lasted_share: row.share,
    low_share: row.low,
    high_share: row.high,
  };
}

function exchangeOrNull(name: string | null): ExchangeId | null {
  return name !== null && isExchangeId(name) ? name : null;
}
