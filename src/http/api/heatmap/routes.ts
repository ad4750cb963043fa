import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { withNames } from "../../lists/resolved-names.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../../domain/exchange.ts";
import type { Snapshot } from "../../../domain/market.ts";
import { atOnce, type Stepwise } from "../../../lib/stepwise.ts";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import {
  type Heatmap,
  type HeatmapLine,
  heatmapOf,
  type HeatmapQuery,
  type HeatmapValue,
} from "../../../services/finder/heatmap.ts";
import type { Column } from "../../lists/columns.ts";
import type { Selectable } from "../../lists/shown-fields.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import { acceptedFormat } from "../../protocol/list-format.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented, untypedFormat } from "../../protocol/routing.ts";
import { ASKED_AT_PROBLEMS, type PastSnapshots } from "../../lists/past-snapshots.ts";
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
    "One row per asset, one cell per exchange: the numbers of `/api/funding/current` of the same snapshot. If an exchange has several listings of an asset (USDT, USDC), the most traded one that can be trusted is shown. Positive: longs pay shorts. The columns are the exchanges of `exchange`, in the requested order, with or without values; by default every exchange with a value or a mark. CSV has one column per exchange, named after it and `value`, and at the end `marks`, such as `bybit=stale edgex=unverified_rate`. NDJSON has no envelope to name the columns, so `values` is an object of the known values by exchange.",
  request: { query: HeatmapQuerySchema },
  responses: {
    ...cachedList(HeatmapSchema, "The matching assets, possibly none."),
    ...problems(...ASKED_AT_PROBLEMS),
  },
});

export function addHeatmapRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    groups: live,
    past,
  }: {
    readonly answers: SnapshotAnswers;
    readonly groups: AssetGroups;
    readonly past: PastSnapshots;
  },
): void {
  app.openapi(heatmapRoute, async (c) => {
    const valid = c.req.valid("query");
    const asked = await past.byAsset({ req: c.req, env: c.env }, valid);
    const groups = asked.groups ?? live;
    const { params, names } = await withNames(answers, asked, valid);
    const query = heatmapQuery(params);
    const made = new WeakMap<Snapshot, Heatmap>();
    /** Rows, columns and head all need it; the rows are selected first. */
    const matrixOf = (snapshot: Snapshot): Heatmap =>
      made.get(snapshot) ?? atOnce(heatmapOf(groups.of(snapshot), query));
    const list = {
      name: "funding-heatmap",

      names,
      select: function* (snapshot: Snapshot): Stepwise<Heatmap["lines"]> {
        const matrix = yield* heatmapOf(groups.of(snapshot), query);
        made.set(snapshot, matrix);
        return matrix.lines;
      },
      head: (snapshot: Snapshot, ofExchanges: number) => ({
        exchanges: [...matrixOf(snapshot).exchanges],
        of_exchanges: ofExchanges,
        value: query.value,
      }),
    };
    const columns = <Row extends Pick<HeatmapRow, "base" | "asset_id" | "marks">>(
      valueOf: Parameters<typeof columnsOf<Row>>[2],
    ) => ({
      columns: (snapshot: Snapshot) => columnsOf(matrixOf(snapshot), query.value, valueOf).columns,
      selectable: (snapshot: Snapshot) =>
        columnsOf(matrixOf(snapshot), query.value, valueOf).selectable,
    });
    if ((params.format ?? acceptedFormat(c.env.accepts)) !== "ndjson") {
      const placed = columns<HeatmapRow>(({ values }, _exchange, column) => values[column]);
      const sent = sendList(answers, asked, params, { ...list, ...placed, toRow: heatmapRow });
      return documented(heatmapRoute, sent);
    }
    const named = columns<NamedRow>(({ values }, exchange) => values[exchange]);
    const lines = sendList(answers, asked, params, { ...list, ...named, toRow: namedRow });
    return documented(heatmapRoute, untypedFormat(lines));
  });
}

function heatmapQuery(params: HeatmapParams): HeatmapQuery {
  return {
    listings: listingQuery(params),
    value: params.value,
    sort: params.sort,
    minExchanges: params.min_exchanges,
    columns: params.exchange,
  };
}

function heatmapRow({ base, assetId, values, marks }: HeatmapLine): HeatmapRow {
  return { base, asset_id: assetId, values, marks };
}

type NamedRow = Omit<HeatmapRow, "values"> & {
  readonly values: { readonly [Id in ExchangeId]?: number };
};

/** A row that is readable without the list of columns: the known values by exchange. */
function namedRow({ exchanges, ...line }: HeatmapLine): NamedRow {
  const { base, assetId, marks } = line;
  const values: NamedRow["values"] = Object.fromEntries(
    line.values.flatMap((value, column) => {
      const exchange = exchanges[column];
      return value === null || exchange === undefined ? [] : [[exchange, value]];
    }),
  );
  return { base, asset_id: assetId, values, marks };
}

/** The columns of the matrix; and those selectable by name, which cover every exchange. */
function columnsOf<Row extends Pick<HeatmapRow, "base" | "asset_id" | "marks">>(
  { exchanges }: Pick<Heatmap, "exchanges">,
  value: HeatmapValue,
  valueOf: (row: Row, exchange: ExchangeId, column: number) => number | null | undefined,
): { readonly columns: readonly Column<Row>[]; readonly selectable: Selectable<Row> } {
  const columnOf = (exchange: ExchangeId, column: number): Column<Row> => ({
    name: `${exchange}_${value}`,
    cell: (row) => valueOf(row, exchange, column) ?? null,
  });
  const columns: readonly Column<Row>[] = [
    { name: "base", cell: ({ base }) => base },
    { name: "asset_id", cell: ({ asset_id: id }) => id },
    ...exchanges.map((one, column) => ({ ...columnOf(one, column), field: "values" })),
    {
      name: "marks",
      cell: ({ marks }) => marks.map(({ exchange, flag }) => `${exchange}=${flag}`).join(" "),
      value: ({ marks }) => marks,
    },
  ];
  const others = EXCHANGE_IDS.filter((id) => !exchanges.includes(id));
  const all = [...columns, ...others.map((one) => columnOf(one, NO_COLUMN))];
  return { columns, selectable: { columns: all, objects: ["values"] } };
}

/** Index of an exchange that is not in the matrix. */
const NO_COLUMN = -1;
