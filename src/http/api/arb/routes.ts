import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { withNames } from "../../lists/resolved-names.ts";
import { type FeeTable, feesKnownOn, type TakerFees, takerFees } from "../../../domain/fees.ts";
import type { Snapshot } from "../../../domain/market.ts";
import { findPairs } from "../../../services/finder/arbitrage.ts";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import { ARBITRAGE_DEFAULTS, type ArbitrageQuery } from "../../../services/finder/pair.ts";
import { type PositionSize, positionSize } from "../../../services/finder/position-size.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { ASKED_AT_PROBLEMS, type PastSnapshots } from "../../lists/past-snapshots.ts";
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
    ...problems(...ASKED_AT_PROBLEMS),
  },
});

export function addArbRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    groups: live,
    past,
    fees: table,
  }: {
    readonly answers: SnapshotAnswers;
    readonly groups: AssetGroups;
    readonly past: PastSnapshots;
    readonly fees: FeeTable;
  },
): void {
  app.openapi(arbRoute, async (c) => {
    const valid = c.req.valid("query");
    const asked = await past.byAsset({ req: c.req, env: c.env }, valid);
    const groups = asked.groups ?? live;
    const { params, names } = await withNames(answers, asked, valid);
    const fees = feesIn(asked.env.snapshot, table);
    const query = arbitrageQuery(params, fees);
    const sent = sendList(answers, asked, filledParams(params), {
      name: "funding-arb",
      names,
      // All fees: pages of one cursor chain and what browsers cache share one fee table, even if the operator changes
      // it.
      variant: [...query.fees],
      coverage: (snapshot) => pairCoverage(snapshot, params),
      select: (snapshot, part) => findPairs(snapshot, groups, query, part),
      toRow: (pair, fetchedAt) => arbRow(pair, fetchedAt, params.schedule === "1"),
      columns: ARB_COLUMNS,
      missingFields: ({ past: then }) => [
        ...missingFields(lacksFees(query.fees, takerFees(table, params.fees))),
        ...(then?.isWithoutTerms === true ? TERM_FIELDS : []),
      ],
    });
    return documented(arbRoute, sent);
  });
}

/** The fees to use for a snapshot; of the past, those that were known then. */
function feesIn(snapshot: Snapshot | undefined, table: FeeTable): FeeTable {
  if (snapshot?.past === undefined) return table;
  const date = new Date(snapshot.asOfMs).toISOString().slice(0, DATE_LENGTH);
  return feesKnownOn(table, date, snapshot.past.withoutFees);
}

/** 2026-11-02 */
const DATE_LENGTH = 10;

/** Whether a fee is unknown that is known today. */
function lacksFees(then: TakerFees, now: TakerFees): boolean {
  return [...now].some(([exchange, fee]) => fee !== null && then.get(exchange) === null);
}

/** What pairs lack in a snapshot of the past: ages, which are not kept, and what needs fees or prices not kept. */
function missingFields(areFeesMissing: boolean): readonly string[] {
  return [...AGE_FIELDS, ...PRICE_FIELDS, ...SETTLED_FIELDS, ...(areFeesMissing ? FEE_FIELDS : [])];
}

const SETTLED_FIELDS = ["long_settled_7d_apr_pct", "short_settled_7d_apr_pct", "inflation"];

const AGE_FIELDS = ["first_seen_at", "lasted_seconds", "unobserved_seconds", "peak_gross_apr_pct"];

/** Where an exchange publishes the last trade alone, prices are unknown. */
const PRICE_FIELDS = [
  "long_last_price",
  "short_last_price",
  "long_price_source",
  "short_price_source",
  "price_gap_pct",
];

const TERM_FIELDS = ["asset_class", "long_multiplier", "short_multiplier"];

const FEE_FIELDS = [
  "long_taker_fee_bps",
  "short_taker_fee_bps",
  "long_taker_fee_source",
  "short_taker_fee_source",
  "fees_pct",
  "net_apr_pct",
  "net_on_capital_apr_pct",
  "breakeven_hours",
  "breakeven_hours_smooth",
  "expected_cash_fees_usd",
  "expected_cash_net_usd",
];

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
