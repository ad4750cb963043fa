import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Snapshot } from "../../../domain/market.ts";
import { canonicalBase } from "../../../domain/symbol.ts";
import type { BoardView } from "../../../services/board-view.ts";
import type { FundingQuery } from "../../../services/funding-query.ts";
import { jsonContent } from "../../content.ts";
import { decodeCursor, hashQuery } from "../../cursor.ts";
import { cachedJson, problems } from "../../openapi.ts";
import { ApiError } from "../../problem.ts";
import type { AppEnv } from "../../request-context.ts";
import { documented } from "../../routing.ts";
import type { SnapshotAnswers } from "../../snapshot-answers.ts";
import { canonicalText, fundingList, queryOf, type Page } from "./list.ts";
import {
  FundingListSchema,
  FundingQuerySchema,
  SymbolPathSchema,
  SymbolQuerySchema,
  type ListParams,
} from "./schema.ts";

const currentRoute = createRoute({
  method: "get",
  path: "/api/funding/current",
  operationId: "listFundingRates",
  tags: ["Market"],
  summary: "Live funding rates",
  description:
    "All instruments of all exchanges, filtered, ordered and paged. Positive rates: longs pay shorts. annualized_pct is simple interest.",
  request: { query: FundingQuerySchema },
  responses: {
    ...cachedJson(FundingListSchema, "The matching rows, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready"),
  },
});

const symbolRoute = createRoute({
  method: "get",
  path: "/api/funding/symbol/{base}",
  operationId: "listFundingRatesOfAsset",
  tags: ["Market"],
  summary: "Live funding rates of one asset",
  description: "Every listing of one asset, on all exchanges and in all quote currencies.",
  request: { params: SymbolPathSchema, query: SymbolQuerySchema },
  responses: {
    ...cachedJson(FundingListSchema, "The listings; none when the asset has left all exchanges."),
    ...problems("bad_parameter", "bad_cursor", "unknown_base", "cursor_expired", "not_ready"),
  },
});

export function addFundingRoutes(
  app: OpenAPIHono<AppEnv>,
  answers: SnapshotAnswers,
  board: BoardView,
): void {
  const listed = (
    request: Request,
    context: AppEnv["Bindings"],
    params: ListParams,
    bases: readonly string[] | null,
  ): Response | Promise<Response> => {
    const query = queryOf(params, bases);
    const canonical = canonicalText(query);
    const { snapshot, page } = pageOf(answers, params, hashQuery(canonical));
    return answers.respond(request, context, {
      snapshot,
      query: `${canonical} ${page.offset} ${page.limit ?? "all"}`,
      make: () => contentOf(snapshot, query, page),
    });
  };
  app.openapi(currentRoute, (c) => {
    const params = c.req.valid("query");
    return documented(listed(c.req.raw, c.env, params, params.base));
  });
  app.openapi(symbolRoute, (c) => {
    // Before the first snapshot nothing can be said, not even that an asset is unknown.
    answers.current();
    const base = canonicalBase(c.req.valid("param").base);
    if (!board.knowsBase(base))
      throw new ApiError("unknown_base", `${JSON.stringify(base)} was never seen on any exchange.`);
    return documented(listed(c.req.raw, c.env, c.req.valid("query"), [base]));
  });
}

/** The page that is asked for and the snapshot it belongs to: the cursor's own, else the current one. */
function pageOf(
  answers: SnapshotAnswers,
  params: ListParams,
  queryHash: string,
): { snapshot: Snapshot; page: Page } {
  const current = answers.current();
  const { limit } = params;
  if (params.cursor === null) return { snapshot: current, page: { offset: 0, limit, queryHash } };
  const cursor = decodeCursor(params.cursor);
  if (cursor === null) throw badCursor("is not a cursor of this service");
  if (cursor.queryHash !== queryHash)
    throw badCursor("belongs to another query: send it with the parameters of its first page");
  const snapshot = answers.byId(cursor.snapshotId);
  if (snapshot === null)
    throw new ApiError("cursor_expired", "Start again without a cursor: its snapshot is gone.");
  return { snapshot, page: { offset: cursor.offset, limit, queryHash } };
}

function contentOf(snapshot: Snapshot, query: FundingQuery, page: Page) {
  const list = fundingList(snapshot, query, page);
  // A cursor of ours always points before the end; one that does not was made up.
  if (page.offset > 0 && page.offset >= list.total) throw badCursor("points behind the last row");
  return jsonContent(list);
}

function badCursor(rule: string): ApiError {
  return new ApiError("bad_cursor", `The cursor ${rule}.`, {
    errors: [{ parameter: "cursor", rule }],
  });
}
