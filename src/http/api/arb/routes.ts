import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { withNames } from "../../lists/resolved-names.ts";
import { type FeeTable, takerFees } from "../../../domain/fees.ts";
import { findPairs } from "../../../services/finder/arbitrage.ts";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import { ARBITRAGE_DEFAULTS, type ArbitrageQuery } from "../../../services/finder/pair.ts";
import { type PositionSize, positionSize } from "../../../services/finder/position-size.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { ARB_COLUMNS, arbRow } from "../../lists/pair-row.ts";
import { arbLimit, type ArbParams, ArbQuerySchema } from "../../lists/pair-query.ts";
import { ArbListSchema } from "../../lists/pair-schema.ts";

import { pairCoverage } from "./coverage.ts";

const arbRoute = createRoute({
  method: "get",
  path: "/api/funding/arb",
  operationId: "listArbitragePairs",
  tags: ["Pairs"],
  summary: "Arbitrage: long/short pairs across exchanges",
  description:
    "Per asset the best pair of listings on different exchanges: long the lower, short the higher annualized rate. Legs are filtered first, then paired, then filtered by decision. Only listings that prices show to be the same asset are paired; pairs with a number that cannot be trusted are returned only for `decision=refuse`. Net is always gross minus four taker fills at the fees shown, spread over hold_hours; the payments actually due in that time are in expected_cash.",
  request: { query: ArbQuerySchema },
  responses: {
    ...cachedList(ArbListSchema, "The matching pairs, best first, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

export function addArbRoutes(
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
  app.openapi(arbRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query = arbitrageQuery(params, fees);
    const sent = sendList(answers, c, filledParams(params), {
      name: "funding-arb",

      names,
      // All fees: pages of one cursor chain and what browsers cache share one fee table, even if the operator changes
      // it.
      variant: [...query.fees],
      coverage: (snapshot) => pairCoverage(snapshot, params),
      select: (snapshot, part) => findPairs(snapshot, groups, query, part),
      toRow: (pair, fetchedAt) => arbRow(pair, fetchedAt, params.schedule === "1"),
      columns: ARB_COLUMNS,
    });
    return documented(arbRoute, sent);
  });
}

/** The requested size: by capital or by notional, never both. */
function sizeOf({ capital, notional, leverage }: ArbParams): PositionSize {
  return capital === null
    ? positionSize({ notionalUsd: notional ?? ARBITRAGE_DEFAULTS.notionalUsd, leverage })
    : positionSize({ capitalUsd: capital, leverage });
}

/** Fills in the defaults of size and limit, so that equivalent requests share one answer. */
function filledParams(params: ArbParams): ArbParams {
  const { capital, notional } = params;
  return {
    ...params,
    limit: arbLimit(params),
    notional: capital === null ? (notional ?? ARBITRAGE_DEFAULTS.notionalUsd) : null,
  };
}

function arbitrageQuery(params: ArbParams, table: FeeTable): ArbitrageQuery {
  return {
    ...ARBITRAGE_DEFAULTS,
    legs: listingQuery(params),
    exclude: params.exclude,
    fees: takerFees(table, params.fees),
    longExchanges: params.long_exchange,
    shortExchanges: params.short_exchange,
    sameExchange: params.same_exchange,
    holdHours: params.hold_hours,
    ...sizeOf(params),
    minYieldPct: params.min_yield,
    minNetPct: params.min_net,
    minNetUsd: params.min_net_usd,
    minAgeSeconds: params.min_lasted,
    maxPriceGapPct: params.max_price_gap_pct,
    decisions: params.decision,
    sort: params.sort,
    pairs: params.pairs,
  };
}
