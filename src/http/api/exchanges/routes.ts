import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ExchangeId } from "../../../domain/exchange.ts";
import type { FeeTable } from "../../../domain/fees.ts";
import type { TakerFee } from "../../../domain/taker-fees.ts";
import type { ExchangeView } from "../../../domain/market.ts";
import type { Accrual } from "../../../domain/quote.ts";
import { lastErrorOf } from "../../../services/board/health.ts";
import { columnsOf } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import {
  ExchangeListSchema,
  ExchangeQuerySchema,
  type ExchangeRow,
  ExchangeSchema,
} from "./schema.ts";

/** Static facts about an exchange; the registry's entries have this shape. */
export interface ExchangeInfo {
  readonly id: ExchangeId;
  readonly name: string;
  readonly kind: "centralised" | "decentralised";
  readonly accrual: Accrual;
  readonly documentation: string;
  readonly unverifiedRate?: string;
}

const exchangesRoute = createRoute({
  method: "get",
  path: "/api/exchanges",
  operationId: "listExchanges",
  tags: ["Exchanges"],
  summary: "The exchanges and their status",
  description:
    "Every registered exchange, ordered by id, as of the same snapshot as the rates. An exchange that was never collected here is `off`.",
  request: { query: ExchangeQuerySchema },
  responses: {
    ...cachedList(ExchangeListSchema, "All exchanges."),
    ...problems("bad_parameter", "not_ready", "busy"),
  },
});

export function addExchangeRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    exchanges: infos,
    fees,
  }: {
    readonly answers: SnapshotAnswers;
    readonly exchanges: readonly ExchangeInfo[];
    readonly fees: FeeTable;
  },
): void {
  // Exchanges in the snapshot that this build does not know are left out.
  const ordered = infos.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  app.openapi(exchangesRoute, (c) => {
    const sent = sendList(answers, c, c.req.valid("query"), {
      name: "exchanges",
      isOfListings: false,
      select: (snapshot) => {
        const views = new Map(snapshot.exchanges.map((view) => [view.exchange, view]));
        return ordered.map((info) => ({
          info,
          view: views.get(info.id) ?? null,
          fee: fees.get(info.id) ?? null,
        }));
      },
      toRow: exchangeRow,
      columns: COLUMNS,
    });
    return documented(exchangesRoute, sent);
  });
}

const COLUMNS = columnsOf(ExchangeSchema);

/** One exchange with everything known about it. */
interface Known {
  readonly info: ExchangeInfo;
  readonly view: ExchangeView | null;
  readonly fee: TakerFee | null;
}

/** Facts and state of one exchange. Without a view it was never set up in this database, i.e. it is disabled. */
function exchangeRow({ info, view, fee }: Known): ExchangeRow {
  const ageSeconds = view?.ageSeconds ?? null;
  const state = view?.state ?? null;
  const lastOkAtMs = state?.lastOkAtMs ?? null;
  return {
    exchange: info.id,
    name: info.name,
    kind: info.kind,
    accrual: info.accrual,
    documentation: info.documentation,
    unverified_rate: info.unverifiedRate ?? null,
    status: view?.status ?? "off",
    instruments: view?.symbols ?? 0,
    expected: state?.expected ?? null,
    data_age_seconds: ageSeconds === null ? null : Math.max(0, Math.round(ageSeconds)),
    period_seconds: state === null ? null : state.periodMs / 1000,
    last_ok_at: lastOkAtMs === null ? null : Math.floor(lastOkAtMs / 1000),
    failure_kind: state?.failureKind ?? null,
    reason: state === null ? null : lastErrorOf(state),
    rejects: { ...state?.rejects },
    taker_fee_bps: fee?.takerBps ?? null,
    taker_fee_as_of: fee?.asOf ?? null,
    taker_fee_source: fee?.source ?? null,
    taker_fee_note: fee?.note ?? null,
  };
}
