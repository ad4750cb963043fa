import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ExchangeId } from "../../../domain/exchange.ts";
import type { ExchangeView, Snapshot } from "../../../domain/market.ts";
import type { Accrual } from "../../../domain/quote.ts";
import { jsonContent } from "../../content.ts";
import { cachedJson, problems } from "../../openapi.ts";
import { NO_PARAMS } from "../../params.ts";
import type { AppEnv } from "../../request-context.ts";
import { documented } from "../../routing.ts";
import type { SnapshotAnswers } from "../../snapshot-answers.ts";
import { ExchangeListSchema, type ExchangeList, type ExchangeRow } from "./schema.ts";

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
  description:
    "Every registered exchange in the order of its id, as of the same snapshot as the rates. One that was never collected here is `off`.",
  request: { query: NO_PARAMS },
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

/** The registered exchanges in the order of their ids. What the snapshot knows of others is left out. */
function exchangeList(snapshot: Snapshot, infos: readonly ExchangeInfo[]): ExchangeList {
  const views = new Map(snapshot.exchanges.map((view) => [view.exchange, view]));
  const rows = infos
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
    .map((info) => exchangeRow(info, views.get(info.id) ?? null));
  return {
    fetched_at: Math.floor(snapshot.asOfMs / 1000),
    snapshot: snapshot.id,
    count: rows.length,
    total: rows.length,
    rows,
    next_cursor: null,
  };
}

/** Facts and state of one exchange. Without a view it was never set up in this database: it is off. */
function exchangeRow(info: ExchangeInfo, view: ExchangeView | null): ExchangeRow {
  const ageSeconds = view?.ageSeconds ?? null;
  const state = view?.state ?? null;
  const lastOkAtMs = state?.lastOkAtMs ?? null;
  return {
    exchange: info.id,
    name: info.name,
    kind: info.kind,
    accrual: info.accrual,
    documentation: info.documentation,
    status: view?.status ?? "off",
    symbols: view?.symbols ?? 0,
    expected: state?.expected ?? null,
    age_seconds: ageSeconds === null ? null : Math.max(0, Math.round(ageSeconds)),
    period_seconds: state === null ? null : state.periodMs / 1000,
    last_ok_at: lastOkAtMs === null ? null : Math.floor(lastOkAtMs / 1000),
    failure_kind: state?.failureKind ?? null,
    last_error: state?.failure ?? state?.degradedBy ?? null,
    rejects: { ...state?.rejects },
  };
}
