import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { MarketRecord } from "../../../domain/market.ts";
import { NO_FILTER, selectRows } from "../../../services/funding-query.ts";
import { hashQuery } from "../../cursor.ts";
import { cachedJson, problems } from "../../openapi.ts";
import { listContent, pageKey, pageOf } from "../../paging.ts";
import type { AppEnv } from "../../request-context.ts";
import { documented } from "../../routing.ts";
import { instrumentPart, knownSeconds, secondsOf } from "../../row-fields.ts";
import type { SnapshotAnswers } from "../../snapshot-answers.ts";
import {
  InstrumentListSchema,
  type InstrumentParams,
  InstrumentQuerySchema,
  type InstrumentRow,
  type MULTIPLIER_SOURCES,
} from "./schema.ts";

const instrumentsRoute = createRoute({
  method: "get",
  path: "/api/instruments",
  operationId: "listInstruments",
  tags: ["Market"],
  summary: "The instruments and how they are known",
  description:
    "Every listed instrument in the order of exchange, then exchange_symbol: which asset it is, what its multiplier and interval are and how each is known.",
  request: { query: InstrumentQuerySchema },
  responses: {
    ...cachedJson(InstrumentListSchema, "The matching instruments, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready"),
  },
});

export function addInstrumentRoutes(app: OpenAPIHono<AppEnv>, answers: SnapshotAnswers): void {
  app.openapi(instrumentsRoute, (c) => {
    const params = c.req.valid("query");
    const canonical = canonicalText(params);
    const { snapshot, page } = pageOf(answers, params, hashQuery(canonical));
    const make = () => {
      const rows = selectRows(snapshot, {
        ...NO_FILTER,
        exchanges: params.exchange,
        bases: params.base,
        quotes: params.quote,
        assetClasses: params.asset_class,
      });
      const { identity } = params;
      const wanted = rows.filter(({ record }) => identity?.includes(record.identity) ?? true);
      return listContent(snapshot, wanted, page, ({ record }) => instrumentRow(record));
    };
    const query = `${canonical} ${pageKey(page)}`;
    return documented(answers.respond(c.req.raw, c.env, { snapshot, query, make }));
  });
}

function canonicalText({ exchange, base, quote, asset_class, identity }: InstrumentParams): string {
  return JSON.stringify(["instruments", exchange, base, quote, asset_class, identity]);
}

function instrumentRow(record: MarketRecord): InstrumentRow {
  return {
    ...instrumentPart(record),
    settle: record.settle,
    asset_class: record.assetClass,
    accrual: record.accrual,
    identity: record.identity,
    multiplier: record.multiplier,
    multiplier_source: multiplierSourceOf(record),
    listed_at: knownSeconds(record.listedAtMs),
    first_seen: secondsOf(record.firstSeenMs),
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
