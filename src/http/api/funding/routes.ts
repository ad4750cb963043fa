import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { canonicalBase } from "../../../domain/symbol.ts";
import { baseMatcher } from "../../../services/finder/base-filter.ts";
import { selectRows } from "../../../services/finder/funding-query.ts";
import type { BoardView } from "../../../services/board/board-view.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { sendList } from "../../lists/paging.ts";
import { ApiError } from "../../protocol/problem.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { FUNDING_COLUMNS, fundingRow, queryOf } from "../../lists/funding-row.ts";
import {
  FundingListSchema,
  FundingQuerySchema,
  SymbolQuerySchema,
  type ListParams,
} from "../../lists/funding-schema.ts";
import { SymbolPathSchema } from "./schema.ts";

const currentRoute = createRoute({
  method: "get",
  path: "/api/funding/current",
  operationId: "listFundingRates",
  tags: ["Rates"],
  summary: "Live funding rates",
  description:
    "All instruments of all exchanges, filtered, ordered and paged. Positive rates: longs pay shorts. annualized_pct is simple interest.",
  request: { query: FundingQuerySchema },
  responses: {
    ...cachedList(FundingListSchema, "The matching rows, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

const symbolRoute = createRoute({
  method: "get",
  path: "/api/funding/symbol/{base}",
  operationId: "listFundingRatesOfAsset",
  tags: ["Rates"],
  summary: "Live funding rates of one asset",
  description: "Every listing of one asset, on all exchanges and in all quote currencies.",
  request: { params: SymbolPathSchema, query: SymbolQuerySchema },
  responses: {
    ...cachedList(FundingListSchema, "The listings; none when the asset has left all exchanges."),
    ...problems(
      "bad_parameter",
      "bad_cursor",
      "unknown_base",
      "cursor_expired",
      "not_ready",
      "no_data",
      "busy",
    ),
  },
});

export function addFundingRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    board,
  }: {
    readonly answers: SnapshotAnswers;
    readonly board: BoardView;
  },
): void {
  const listed = (
    c: Context<AppEnv>,
    params: ListParams,
    bases: readonly string[] | null,
    list: { readonly name: string; readonly path?: string; readonly besides?: string },
  ) => {
    const query = queryOf(params, bases);
    return sendList(
      answers,
      c,
      { ...params, order: query.order },
      {
        ...list,
        select: (snapshot) => selectRows(snapshot, query),
        toRow: fundingRow,
        columns: FUNDING_COLUMNS,
      },
    );
  };
  app.openapi(currentRoute, (c) => {
    const params = c.req.valid("query");
    return documented(currentRoute, listed(c, params, params.base, { name: "funding-current" }));
  });
  app.openapi(symbolRoute, (c) => {
    // Before the first snapshot nothing can be said, not even that an asset is unknown.
    const { rows } = answers.current();
    const base = canonicalBase(c.req.valid("param").base);
    const isMeant = baseMatcher([base]);
    // A new name is found by listings under the old ones, and the other way round.
    if (!board.knowsBase(base) && !rows.some(({ record }) => isMeant(record)))
      throw new ApiError("unknown_base", `${JSON.stringify(base)} was never seen on any exchange.`);
    const list = {
      name: "funding-symbol",
      path: `/api/funding/symbol/${encodeURIComponent(base)}`,
      besides: base,
    };
    return documented(symbolRoute, listed(c, c.req.valid("query"), [base], list));
  });
}
