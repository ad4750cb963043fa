import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { ExchangeId } from "../../../domain/exchange.ts";
import type { Snapshot } from "../../../domain/market.ts";
import type { Accrual } from "../../../domain/quote.ts";
import { jsonContent } from "../../content.ts";
import { cachedJson, problems } from "../../openapi.ts";
import type { AppEnv } from "../../request-context.ts";
import { documented } from "../../routing.ts";
import type { SnapshotAnswers } from "../../snapshot-answers.ts";
import { ExchangeListSchema, type ExchangeList } from "./schema.ts";

/** What is known of an exchange apart from its data; the registry's facts have this shape. */
export interface ExchangeInfo {
  readonly id: ExchangeId;
  readonly name: string;
  readonly kind: "centralised" | "decentralised";
  readonly accrual: Accrual;
  readonly documentation: string;
}

const exchangesRoute = createRoute({
  method: "get",
  path: "/api/exchanges",
  operationId: "listExchanges",
  tags: ["Market"],
  summary: "The exchanges and how they are",
  description: "Every registered exchange, as of the same snapshot as the rates.",
  request: { query: z.strictObject({}) },
  responses: {
    ...cachedJson(ExchangeListSchema, "All exchanges."),
    ...problems("bad_parameter", "not_ready"),
  },
});

export function addExchangeRoutes(
  app: OpenAPIHono<AppEnv>,
  answers: SnapshotAnswers,
  infos: readonly ExchangeInfo[],
): void {
  app.openapi(exchangesRoute, (c) => {
    const snapshot = answers.current();
    return documented(
      answers.respond(c.req.raw, c.env, {
        snapshot,
        query: "",
        make: () => jsonContent(exchangeList(snapshot, infos)),
      }),
    );
  });
}

/** Exchanges of the snapshot in its order, with their facts. One without facts is a bug of the caller. */
function exchangeList(snapshot: Snapshot, infos: readonly ExchangeInfo[]): ExchangeList {
  const byId = new Map(infos.map((info) => [info.id, info]));
  const rows = snapshot.exchanges.map(({ exchange, status, symbols, ageSeconds, state }) => {
    const info = byId.get(exchange);
    if (info === undefined) throw new Error(`assertion failed: no facts of exchange ${exchange}`);
    return {
      exchange,
      name: info.name,
      kind: info.kind,
      accrual: info.accrual,
      documentation: info.documentation,
      status,
      symbols,
      expected: state.expected,
      age_seconds: ageSeconds === null ? null : Math.max(0, Math.round(ageSeconds)),
      period_seconds: state.periodMs / 1000,
      last_ok_at: state.lastOkAtMs === null ? null : Math.floor(state.lastOkAtMs / 1000),
      failure_kind: state.failureKind,
      last_error: state.failure ?? state.degradedBy,
      rejects: { ...state.rejects },
    };
  });
  return {
    fetched_at: Math.floor(snapshot.asOfMs / 1000),
    snapshot: snapshot.id,
    count: rows.length,
    total: rows.length,
    rows,
    next_cursor: null,
  };
}
