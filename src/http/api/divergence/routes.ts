import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { withNames } from "../../lists/resolved-names.ts";
import { type FeeTable, takerFees } from "../../../domain/fees.ts";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import {
  DIVERGENCE_DEFAULTS,
  type Divergence,
  type DivergenceQuery,
  findDivergences,
} from "../../../services/finder/divergence.ts";
import { columnsOf } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { pairPart } from "../../lists/pair-row.ts";
import {
  DivergenceListSchema,
  type DivergenceParams,
  DivergenceQuerySchema,
  type DivergenceRow,
  DivergenceSchema,
} from "./schema.ts";

const divergenceRoute = createRoute({
  method: "get",
  path: "/api/funding/divergence",
  operationId: "listDivergences",
  tags: ["Pairs"],
  summary: "Divergence: assets with rates of opposite signs",
  description:
    "Assets whose longs pay on one exchange while shorts pay on another, for some time and with enough volume on both: per asset the widest straddle (long where shorts pay, short where longs pay), and the dispersion of the rates of all listings that pass the filters. Listings that cannot be trusted are left out. The widest straddle comes first.",
  request: { query: DivergenceQuerySchema },
  responses: {
    ...cachedList(DivergenceListSchema, "The matching assets, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

export function addDivergenceRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    groups,
    fees,
  }: {
    readonly answers: SnapshotAnswers;
    readonly groups: AssetGroups;
    readonly fees: FeeTable;
  },
): void {
  app.openapi(divergenceRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query = divergenceQuery(params, fees);
    const sent = sendList(answers, c, params, {
      name: "funding-divergence",

      names,
      variant: [...query.pairs.fees],
      select: (snapshot) => findDivergences(snapshot, groups, query),
      toRow: (divergence, fetchedAt, ofExchanges) => ({
        ...divergenceRow(divergence, fetchedAt),
        of_exchanges: ofExchanges,
      }),
      columns: COLUMNS,
    });
    return documented(divergenceRoute, sent);
  });
}

function divergenceQuery(params: DivergenceParams, table: FeeTable): DivergenceQuery {
  return {
    pairs: {
      ...DIVERGENCE_DEFAULTS.pairs,
      legs: listingQuery(params),
      exclude: params.exclude,
      fees: takerFees(table, new Map()),
      minYieldPct: params.min_yield,
      minAgeSeconds: params.min_lasted,
      maxPriceGapPct: params.max_price_gap_pct,
      minExchanges: params.min_exchanges,
    },
    minDeviationPct: params.min_deviation_pct,
  };
}

function divergenceRow(
  divergence: Divergence,
  fetchedAt: number,
): Omit<DivergenceRow, "of_exchanges"> {
  const { pair } = divergence;
  return {
    ...pairPart(pair, fetchedAt),
    exchanges: divergence.exchanges,
    instruments: divergence.listings,
    positive: divergence.positive,
    negative: divergence.negative,
    mean_annualized_pct: divergence.meanPct,
    standard_deviation_pct: divergence.deviationPct,
  };
}

const COLUMNS = columnsOf(DivergenceSchema);
