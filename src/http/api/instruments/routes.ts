import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { withNames } from "../../lists/resolved-names.ts";
import type { MarketRecord } from "../../../domain/market.ts";
import { filterEach } from "../../../lib/stepwise.ts";
import { selectRows } from "../../../services/finder/funding-query.ts";
import { columnsOf } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { instrumentPart, knownSeconds, secondsOf } from "../../lists/row-fields.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import {
  InstrumentListSchema,
  InstrumentQuerySchema,
  type InstrumentRow,
  type MULTIPLIER_SOURCES,
  InstrumentSchema,
} from "./schema.ts";

const instrumentsRoute = createRoute({
  method: "get",
  path: "/api/instruments",
  operationId: "listInstruments",
  tags: ["Assets"],
  summary: "Instruments, and how each is identified",
  description:
    "Every listed instrument, ordered by exchange, then exchange_symbol: its asset, multiplier and interval, and how each is known.",
  request: { query: InstrumentQuerySchema },
  responses: {
    ...cachedList(InstrumentListSchema, "The matching instruments, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

export function addInstrumentRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
  }: {
    readonly answers: SnapshotAnswers;
  },
): void {
  app.openapi(instrumentsRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const { identity } = params;
    const sent = sendList(answers, c, params, {
      name: "instruments",

      names,
      select: function* (snapshot) {
        const rows = yield* selectRows(snapshot, listingQuery(params));
        if (identity === null) return rows;
        return yield* filterEach(rows, ({ record }) => identity.includes(record.identity));
      },
      toRow: ({ record }) => instrumentRow(record),
      columns: COLUMNS,
    });
    return documented(instrumentsRoute, sent);
  });
}

const COLUMNS = columnsOf(InstrumentSchema);

function instrumentRow(record: MarketRecord): InstrumentRow {
  return {
    ...instrumentPart(record),
    settle: record.settle,
    asset_class: record.assetClass,
    accrual: record.accrual,
    identity: record.identity,
    multiplier: record.multiplier ?? record.tickerMultiplier,
    multiplier_source: multiplierSourceOf(record),
    listed_at: knownSeconds(record.listedAtMs),
    first_seen_at: secondsOf(record.firstSeenMs),
    funding_interval_hours: record.fundingIntervalHours,
    interval_source: record.intervalSource,
    interval_changed_at: knownSeconds(record.intervalChangedAtMs),
    observed_at: secondsOf(record.observedAtMs),
  };
}

function multiplierSourceOf(record: MarketRecord): (typeof MULTIPLIER_SOURCES)[number] {
  if (record.multiplier !== record.tickerMultiplier) return "contradicted_by_price";
  if (record.multiplier === 1) return "plain";
  return record.identity === "confirmed" ? "confirmed_by_price" : "documented";
}
