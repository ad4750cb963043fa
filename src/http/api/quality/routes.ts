import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { FLAGS } from "../../../domain/flags.ts";
import { type ExchangeQuality, qualityOf } from "../../../services/finder/quality.ts";
import { columnsOf } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { knownSeconds } from "../../lists/row-fields.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { QualityListSchema, QualityQuerySchema, type QualityRow, QualitySchema } from "./schema.ts";

const qualityRoute = createRoute({
  method: "get",
  path: "/api/quality",
  operationId: "listQuality",
  tags: ["Exchanges"],
  summary: "Data quality of each exchange",
  description:
    "For each exchange ever collected here: instruments expected and received, rejected and flagged rows, fields that the rest of the market contradicts, and the last refused batch. As of the same snapshot as the rates.",
  request: { query: QualityQuerySchema },
  responses: {
    ...cachedList(QualityListSchema, "The matching exchanges."),
    ...problems("bad_parameter", "not_ready", "busy"),
  },
});

export function addQualityRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
  }: {
    readonly answers: SnapshotAnswers;
  },
): void {
  app.openapi(qualityRoute, (c) => {
    const params = c.req.valid("query");
    const { exchange, flag } = params;
    const sent = sendList(answers, c, params, {
      name: "quality",
      isOfListings: false,
      select: function* (snapshot) {
        const all = yield* qualityOf(snapshot);
        return all.filter(
          ({ view, flagged }) =>
            (exchange?.includes(view.exchange) ?? true) &&
            (flag?.some((name) => (flagged[name] ?? 0) > 0) ?? true),
        );
      },
      toRow: qualityRow,
      columns: COLUMNS,
    });
    return documented(qualityRoute, sent);
  });
}

const COLUMNS = columnsOf(QualitySchema);

function qualityRow({ view, flagged, identities, implausible }: ExchangeQuality): QualityRow {
  const { state } = view;
  return {
    exchange: view.exchange,
    status: view.status,
    instruments: view.symbols,
    expected: state.expected,
    rejects: { ...state.rejects },
    flagged: Object.fromEntries(
      FLAGS.map((flag) => [flag, flagged[flag] ?? 0]),
    ) as QualityRow["flagged"],
    identities: { ...identities },
    implausible: {
      volume: implausible.volume,
      open_interest: implausible.openInterest,
      rate: implausible.rate,
    },
    rate_scale: state.rateScale,
    open_interest_even_share: state.evenShare,
    last_refused_at: knownSeconds(state.refusedAtMs),
    last_refusal_reason: state.refusal,
  };
}
