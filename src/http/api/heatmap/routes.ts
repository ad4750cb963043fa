import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ExchangeId } from "../../../domain/exchange.ts";
import type { Snapshot } from "../../../domain/market.ts";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import {
  type Heatmap,
  type HeatmapLine,
  heatmapOf,
  type HeatmapQuery,
  type HeatmapValue,
} from "../../../services/finder/heatmap.ts";
import type { Column } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented, otherForm } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import {
  type HeatmapParams,
  HeatmapQuerySchema,
  type HeatmapRow,
  HeatmapSchema,
} from "./schema.ts";

const heatmapRoute = createRoute({
  method: "get",
  path: "/api/funding/heatmap",
  operationId: "getFundingHeatmap",
  tags: ["Rates"],
  summary: "Funding rates as a matrix of assets and exchanges",
  description:
    "One row per asset, one cell per exchange: the numbers of `/api/funding/current` of the same snapshot, not rounded. Of several listings of an asset on one exchange (USDT, USDC) the most traded one that can be relied on counts. Positive: longs pay shorts. CSV has one column per exchange, named after it and `value`, and at the end `marks`, as `bybit=stale edgex=unverified_rate`. A line of NDJSON has no envelope to name the columns, so that its `values` is an object that holds the known ones by exchange.",
  request: { query: HeatmapQuerySchema },
  responses: {
    ...cachedList(HeatmapSchema, "The matching assets, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

export function addHeatmapRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    groups,
  }: {
    readonly answers: SnapshotAnswers;
    readonly groups: AssetGroups;
  },
): void {
  app.openapi(heatmapRoute, (c) => {
    const params = c.req.valid("query");
    const query = heatmapQuery(params);
    const matrixOf = madeOnce((snapshot) => heatmapOf(groups.of(snapshot), query));
    const list = {
      name: "funding-heatmap",
      select: (snapshot: Snapshot) => matrixOf(snapshot).lines,
      columns: (snapshot: Snapshot) => columnsOf(matrixOf(snapshot).exchanges, query.value),
      head: (snapshot: Snapshot, ofExchanges: number) => ({
        exchanges: [...matrixOf(snapshot).exchanges],
        of_exchanges: ofExchanges,
        value: query.value,
      }),
    };
    if ((params.format ?? c.env.accepts) !== "ndjson")
      return documented(heatmapRoute, sendList(answers, c, params, { ...list, toRow: heatmapRow }));
    const lines = sendList(answers, c, params, { ...list, toRow: namedRow, columns: [] });
    return documented(heatmapRoute, otherForm(lines));
  });
}

function heatmapQuery(params: HeatmapParams): HeatmapQuery {
  return {
    listings: listingQuery(params),
    value: params.value,
    sort: params.sort,
    minExchanges: params.min_exchanges,
  };
}

/** The matrix is asked for its rows, its columns and its head, all of one snapshot. */
function madeOnce(make: (snapshot: Snapshot) => Heatmap): (snapshot: Snapshot) => Heatmap {
  const made = new WeakMap<Snapshot, Heatmap>();
  return (snapshot) => {
    const matrix = made.get(snapshot) ?? make(snapshot);
    made.set(snapshot, matrix);
    return matrix;
  };
}

function heatmapRow({ base, assetId, values, marks }: HeatmapLine): HeatmapRow {
  return { base, asset_id: assetId, values, marks };
}

/** A row that can be read without the names of the columns: the known values by exchange. */
function namedRow({ exchanges, ...line }: HeatmapLine) {
  const { base, assetId, marks } = line;
  const values = Object.fromEntries(
    line.values.flatMap((value, column) => {
      const exchange = exchanges[column];
      return value === null || exchange === undefined ? [] : [[exchange, value]];
    }),
  );
  return { base, asset_id: assetId, values, marks };
}

function columnsOf(
  exchanges: readonly ExchangeId[],
  value: HeatmapValue,
): readonly Column<HeatmapRow>[] {
  return [
    { name: "base", cell: ({ base }) => base },
    { name: "asset_id", cell: ({ asset_id: id }) => id },
    ...exchanges.map((exchange, column) => ({
      name: `${exchange}_${value}`,
      cell: ({ values }: HeatmapRow) => values[column] ?? null,
    })),
    {
      name: "marks",
      cell: ({ marks }) => marks.map(({ exchange, flag }) => `${exchange}=${flag}`).join(" "),
    },
  ];
}
