import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { FLAGS } from "../../../domain/flags.ts";
import { type ExchangeQuality, qualityOf } from "../../../services/quality.ts";
import { cachedJson, problems } from "../../openapi.ts";
import { listContent } from "../../paging.ts";
import type { AppEnv } from "../../request-context.ts";
import { documented } from "../../routing.ts";
import { knownSeconds } from "../../row-fields.ts";
import type { SnapshotAnswers } from "../../snapshot-answers.ts";
import { QualityListSchema, QualityQuerySchema, type QualityRow } from "./schema.ts";

const qualityRoute = createRoute({
  method: "get",
  path: "/api/quality",
  operationId: "listQuality",
  tags: ["Service"],
  summary: "How good the data of each exchange is",
  description:
    "Per exchange that was ever collected here: instruments expected and seen, rejected and flagged rows, fields that the rest of the market contradicts, and the last batch that was refused. As of the same snapshot as the rates.",
  request: { query: QualityQuerySchema },
  responses: {
    ...cachedJson(QualityListSchema, "The matching exchanges."),
    ...problems("bad_parameter", "not_ready"),
  },
});

const WHOLE = { offset: 0, limit: null, queryHash: "" };

export function addQualityRoutes(app: OpenAPIHono<AppEnv>, answers: SnapshotAnswers): void {
  app.openapi(qualityRoute, (c) => {
    const { exchange, flag } = c.req.valid("query");
    const snapshot = answers.current();
    const make = () => {
      const wanted = qualityOf(snapshot).filter(
        ({ view, flagged }) =>
          (exchange?.includes(view.exchange) ?? true) &&
          (flag?.some((name) => (flagged[name] ?? 0) > 0) ?? true),
      );
      return listContent(snapshot, wanted, WHOLE, qualityRow);
    };
    const query = JSON.stringify(["quality", exchange, flag]);
    return documented(answers.respond(c.req.raw, c.env, { snapshot, query, make }));
  });
}

function qualityRow({ view, flagged, identities, doubted }: ExchangeQuality): QualityRow {
  const { state } = view;
  return {
    exchange: view.exchange,
    status: view.status,
    seen: view.symbols,
    expected: state.expected,
    rejects: { ...state.rejects },
    flagged: Object.fromEntries(
      FLAGS.map((flag) => [flag, flagged[flag] ?? 0]),
    ) as QualityRow["flagged"],
    identities: { ...identities },
    doubted: {
      volume: doubted.volume,
      open_interest: doubted.openInterest,
      rate: doubted.rate,
    },
    rate_scale: state.rateScale,
    last_refused_at: knownSeconds(state.refusedAtMs),
    last_refusal: state.refusal,
  };
}
